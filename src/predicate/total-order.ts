import type { CheckedSortKey } from "./checked-query.ts"

/**
 * The keys of a total order: those that were asked for, then `id` in the direction of the last one. What stands behind
 * `id` decides nothing.
 *
 * @example
 * totalOrder([]) // [{ path: { column: 'id' }, direction: 'asc', nulls: undefined }]
 */
export function totalOrder(keys: readonly CheckedSortKey[]): readonly CheckedSortKey[] {
  const untilId = keys.findIndex((key) => key.path.column === "id")
  if (untilId !== -1) return keys.slice(0, untilId + 1)
  return [...keys, { path: { column: "id" }, direction: keys.at(-1)?.direction ?? "asc", nulls: undefined }]
}

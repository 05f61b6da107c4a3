import { type RawBuilder, sql } from "kysely"
import { isJsonPath } from "../path/json-path.ts"
import type { CheckedSortKey } from "../predicate/checked-query.ts"
import { totalOrder } from "../predicate/total-order.ts"
import { columnAccessor, valueAccessor } from "./accessor.ts"

/**
 * The terms of a total order: the keys, then `id` in the direction of the last one.
 *
 * @example
 * orderTerms([{ path: age, direction: "desc", nulls: undefined }])
 * // coalesce("fields"->'age', 'null') desc, "id" desc
 */
export function orderTerms(keys: readonly CheckedSortKey[]): RawBuilder<unknown>[] {
  return totalOrder(keys).flatMap(terms)
}

function terms({ path, direction, nulls }: CheckedSortKey): RawBuilder<unknown>[] {
  const way = sql.raw(direction)
  if (!isJsonPath(path)) return [sql`${sql.raw(columnAccessor(path.column))} ${way}`]
  const value = sql.raw(valueAccessor(path))
  const key = sql`${value} ${way}`
  if (nulls === undefined) return [key]
  return [sql`${value} = 'null' ${sql.raw(nulls === "first" ? "desc" : "asc")}`, key]
}

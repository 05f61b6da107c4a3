import type { IndexOptions } from "../definition/index-options.ts"
import type { IndexKey, RecordIndex } from "../definition/record-index.ts"
import { dottedStep, type FieldPath, isJsonPath } from "../path/json-path.ts"

/**
 * An index as it stands in the list `indexes` of a definition.
 *
 * @example
 * indexEntry({ kind: "path", keys: [{ path: age, direction: "desc", nulls: undefined }], unique: false, where: [] })
 * // { field: 'fields.age', order: 'desc' }
 */
export function indexEntry({ kind, keys }: RecordIndex): IndexOptions<never> {
  const entries = keys.map(keyEntry)
  const entry = kind === "path" ? (entries.length === 1 ? entries[0] : { fields: entries.map(short) }) : { kind, ...entries[0] }
  // What it is follows from the index, which was checked.
  return entry as IndexOptions<never>
}

/** A field as a query spells it: with dots where that names it, else as a list. */
export function spelled(path: FieldPath): string | readonly (string | number)[] {
  if (!isJsonPath(path)) return path.column
  const isDotted = path.steps.every((step) => (typeof step === "number" ? step >= 0 : step !== "" && !step.includes(".") && dottedStep(step) === step))
  return isDotted ? [path.column, ...path.steps].join(".") : [path.column, ...path.steps]
}

function keyEntry({ path, direction, nulls }: IndexKey) {
  return { field: spelled(path), ...(direction === "desc" ? { order: direction } : {}), ...(nulls === undefined ? {} : { nulls }) }
}

function short(entry: ReturnType<typeof keyEntry>) {
  return Object.keys(entry).length === 1 ? entry.field : entry
}

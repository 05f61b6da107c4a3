import { pathText } from "../definition/record-index.ts"
import { isJsonPath, type PlainColumnName } from "../path/json-path.ts"
import type { CheckedSortKey } from "../predicate/checked-query.ts"
import { totalOrder } from "../predicate/total-order.ts"
import { type AccessorScope, columnAccessor, valueAccessor } from "./accessor.ts"
import { hasIndex } from "./place.ts"
import { outermost, type Scope } from "./scope.ts"

/** What an order, or an index that serves it, compares, and in which direction: `asc`, `desc nulls last`. */
export interface KeyTerm {
  readonly term: string
  readonly way: string
}

/**
 * The terms of a total order: the keys, then `id` in the direction of the last one.
 *
 * @example
 * orderTerms([{ path: age, direction: "desc", nulls: undefined }]).join(", ")
 * // coalesce("fields"->'age', 'null') desc, "id" desc
 */
export function orderTerms(keys: readonly CheckedSortKey[], scope: Scope = outermost()): string[] {
  const terms: string[] = []
  for (const key of totalOrder(keys)) {
    for (const { term, way } of keyTerms(areNullsSettled(key, scope) ? { ...key, nulls: undefined } : key, scope)) terms.push(`${term} ${way}`)
  }
  return terms
}

/** The terms of one key of an order, or of an index that serves it. */
export function keyTerms({ path, direction, nulls }: CheckedSortKey, scope: AccessorScope): readonly KeyTerm[] {
  if (!isJsonPath(path)) return [{ term: columnAccessor(path.column, scope), way: `${direction}${noValues(path.column, direction, nulls, scope)}` }]
  const term = valueAccessor(path, scope)
  const key = { term, way: direction }
  return nulls === undefined ? [key] : [{ term: `${term} = 'null'`, way: nulls === "first" ? "desc" : "asc" }, key]
}

// Where every record that is found has a value, an index on the path alone serves the order.
function areNullsSettled({ path, nulls }: CheckedSortKey, scope: Scope): boolean {
  if (nulls === undefined || !isJsonPath(path) || !scope.given.valued.has(pathText(path))) return false
  return scope.lookup.isUnique(path) || hasIndex({ path, scope, negated: false }, "path")
}

// A column that `migrate` made always has a value; in one of another table SQL NULL stands lowest, as it does in documents.
function noValues(column: PlainColumnName, direction: "asc" | "desc", nulls: CheckedSortKey["nulls"], { columns }: AccessorScope): string {
  if (column === "id" || columns[column]?.isOurs === true) return ""
  return ` nulls ${nulls ?? (direction === "asc" ? "first" : "last")}`
}

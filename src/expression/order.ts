import { type RawBuilder, sql } from "kysely"
import { isJsonPath, type PlainColumnName } from "../path/json-path.ts"
import type { CheckedSortKey } from "../predicate/checked-query.ts"
import { totalOrder } from "../predicate/total-order.ts"
import { type AccessorScope, columnAccessor, PLAIN_SCOPE, valueAccessor } from "./accessor.ts"

/**
 * The terms of a total order: the keys, then `id` in the direction of the last one.
 *
 * @example
 * orderTerms([{ path: age, direction: "desc", nulls: undefined }])
 * // coalesce("fields"->'age', 'null') desc, "id" desc
 */
export function orderTerms(keys: readonly CheckedSortKey[], scope: AccessorScope = PLAIN_SCOPE): RawBuilder<unknown>[] {
  return totalOrder(keys).flatMap((key) => terms(key, scope))
}

function terms({ path, direction, nulls }: CheckedSortKey, scope: AccessorScope): RawBuilder<unknown>[] {
  const way = sql.raw(direction)
  if (!isJsonPath(path)) return [sql`${sql.raw(columnAccessor(path.column, scope))} ${way}${noValues(path.column, direction, nulls, scope)}`]
  const value = sql.raw(valueAccessor(path, scope))
  const key = sql`${value} ${way}`
  if (nulls === undefined) return [key]
  return [sql`${value} = 'null' ${sql.raw(nulls === "first" ? "desc" : "asc")}`, key]
}

// A column that `migrate` made always has a value; in one of another table SQL NULL stands lowest, as it does in documents.
function noValues(column: PlainColumnName, direction: "asc" | "desc", nulls: CheckedSortKey["nulls"], { columns }: AccessorScope): RawBuilder<unknown> {
  if (column === "id" || columns[column]?.isOurs === true) return sql``
  return sql.raw(` nulls ${nulls ?? (direction === "asc" ? "first" : "last")}`)
}

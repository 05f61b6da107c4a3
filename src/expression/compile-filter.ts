import type { Expression, SqlBool } from "kysely"
import type { DefinitionOf } from "../definition/records-definition.ts"
import { checkedCondition } from "../predicate/checked-condition.ts"
import type { Predicate } from "../predicate/predicate.ts"
import type { Condition, LooseCondition } from "../query/condition.ts"
import { PLAIN_SCOPE, type Scope } from "./accessor.ts"
import { columnTest } from "./column-test.ts"
import { documentTest } from "./document-test.ts"
import { conditionOf, type Fragment, fragment, isEnclosed, joined, text } from "./fragment.ts"

/** How a condition is put into a query of the caller's own. */
export interface CompileFilterOptions {
  /** The alias of the table of records in that query; without it columns are named without a table. */
  alias?: string
}

/**
 * The condition as a Kysely expression, for a `where` of the caller's own query.
 * It is true or false, never NULL, on every row of a table of records.
 *
 * @example
 * db.kysely.selectFrom("people as p").select("p.id").where(compileFilter(filter("fields.age", ">", 30), people, { alias: "p" }))
 * // where (coalesce("p"."fields"->'age', 'null') > $1::jsonb and coalesce("p"."fields"->'age', 'null') < 'false')
 * @throws InvalidQueryError whose pointer counts from the condition.
 */
export function compileFilter(condition: LooseCondition, definition?: undefined, options?: CompileFilterOptions): Expression<SqlBool>
export function compileFilter<T>(condition: NoInfer<Condition<T>>, definition: DefinitionOf<T>, options?: CompileFilterOptions): Expression<SqlBool>
export function compileFilter(condition: unknown, _definition?: unknown, options: CompileFilterOptions = {}): Expression<SqlBool> {
  const test = predicateSql(checkedCondition(condition, ""), { ...PLAIN_SCOPE, table: options.alias })
  // Kysely puts no parentheses around an operand: `a <> b` before `= true` would be no SQL.
  return conditionOf(isEnclosed(test) ? test : fragment`(${test})`)
}

/** All of the predicates at once. */
export function allOf(predicates: readonly Predicate[]): Expression<SqlBool> {
  return conditionOf(predicateSql({ kind: "and", of: predicates }, PLAIN_SCOPE))
}

function predicateSql(predicate: Predicate, scope: Scope): Fragment {
  if (predicate.kind === "document") return documentTest(predicate, scope, predicateSql)
  if (predicate.kind === "column") return columnTest(predicate, scope)
  if (predicate.kind === "not") return fragment`(not ${predicateSql(predicate.of, scope)})`
  if (predicate.of.length === 0) return text(predicate.kind === "and" ? "true" : "false")
  const [first, ...others] = predicate.of.map((part) => predicateSql(part, scope))
  if (first === undefined || others.length === 0) return first ?? text("true")
  return fragment`(${joined([first, ...others], ` ${predicate.kind} `)})`
}

import type { Expression, SqlBool } from "kysely"
import type { DefinitionOf, TableDefinition } from "../definition/records-definition.ts"
import { checkedCondition, onRecords } from "../predicate/checked-condition.ts"
import type { Predicate } from "../predicate/predicate.ts"
import type { Condition, LooseCondition, Typed } from "../query/condition.ts"
import { conditionOf, type Fragment, fragment, isEnclosed } from "./fragment.ts"
import { conditionSql } from "./predicate-sql.ts"
import { outermost } from "./scope.ts"

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
export function compileFilter<T = never>(
  condition: NoInfer<[T] extends [never] ? Loose : Condition<T>>,
  definition?: DefinitionOf<T>,
  options?: CompileFilterOptions,
): Expression<SqlBool>
export function compileFilter(condition: unknown, definition?: TableDefinition, options: CompileFilterOptions = {}): Expression<SqlBool> {
  const test = conditionSql(checkedCondition(condition, "", onRecords(definition)), outermost(definition, options.alias))
  // Kysely puts no parentheses around an operand: `a <> b` before `= true` would be no SQL.
  return conditionOf(isEnclosed(test) ? test : fragment`(${test})`)
}

// Says that it is of `never`: else the compiler infers `unknown` for the groups in it, before it looks at the definition.
type Loose = LooseCondition & Typed<never>

/** All of the predicates at once, in the form that the indexes of the table serve. */
export function allOf(predicates: readonly Predicate[], definition: TableDefinition): Expression<SqlBool> {
  return conditionOf(allSql(predicates, definition))
}

/** The SQL of all of the predicates at once. */
export function allSql(predicates: readonly Predicate[], definition: TableDefinition): Fragment {
  return conditionSql({ kind: "and", of: predicates }, outermost(definition))
}

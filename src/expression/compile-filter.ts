import { type Expression, type RawBuilder, RawNode, type SqlBool, sql } from "kysely"
import type { DefinitionOf } from "../definition/records-definition.ts"
import { checkedCondition } from "../predicate/checked-condition.ts"
import type { Predicate } from "../predicate/predicate.ts"
import type { Condition, LooseCondition } from "../query/condition.ts"
import { PLAIN_SCOPE, type Scope } from "./accessor.ts"
import { columnTest } from "./column-test.ts"
import { documentTest } from "./document-test.ts"

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
  return enclosed(predicateSql(checkedCondition(condition, ""), { ...PLAIN_SCOPE, table: options.alias }))
}

// Kysely puts no parentheses around an operand: `a <> b` before `= true` would be no SQL.
function enclosed(test: RawBuilder<SqlBool>): RawBuilder<SqlBool> {
  const node = test.toOperationNode()
  return RawNode.is(node) && node.sqlFragments[0]?.startsWith("(") ? test : sql`(${test})`
}

/** All of the predicates at once. */
export function allOf(predicates: readonly Predicate[]): Expression<SqlBool> {
  return predicateSql({ kind: "and", of: predicates }, PLAIN_SCOPE)
}

function predicateSql(predicate: Predicate, scope: Scope): RawBuilder<SqlBool> {
  if (predicate.kind === "document") return documentTest(predicate, scope, predicateSql)
  if (predicate.kind === "column") return columnTest(predicate, scope)
  if (predicate.kind === "not") return sql`(not ${predicateSql(predicate.of, scope)})`
  if (predicate.of.length === 0) return predicate.kind === "and" ? sql`true` : sql`false`
  const parts = predicate.of.map((part) => predicateSql(part, scope))
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : sql`(${sql.join(parts, predicate.kind === "and" ? AND : OR)})`
}

const AND = sql` and `
const OR = sql` or `

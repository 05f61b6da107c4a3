import { type Expression, type RawBuilder, sql } from "kysely"
import type { DefinitionOf, TableDefinition } from "../definition/records-definition.ts"
import { type FieldPath, isJsonPath } from "../path/json-path.ts"
import { isTextPath } from "../path/sql-path.ts"
import { checkedSelection, onRecords } from "../predicate/checked-condition.ts"
import type { CheckedField, Field, PlainColumn, Stored, ValueAt } from "../query/field.ts"
import { type AccessorScope, jsonAccessor, textAccessor } from "./accessor.ts"
import { columnValue } from "./column-value.ts"
import type { CompileFilterOptions } from "./compile-filter.ts"
import { outermost } from "./scope.ts"

/** The type of a field in a query of the caller's own: text where the path ends with `->>` or `#>>`. */
export type FieldValue<T, F> = F extends PlainColumn
  ? ValueAt<T, F>
  : F extends `${string}->>${string}` | `${string}#>>${string}`
    ? string | null
    : Stored<ValueAt<T, F>> | null

/**
 * A field of a record as a Kysely expression, for `select`, `groupBy` and `orderBy` of the caller's own query.
 *
 * A JSON value comes back as the driver reads it: a number as a number, a string as that string. A path that ends with
 * `->>` or `#>>` is text, whatever is there. No value (missing, JSON null, SQL NULL) is SQL NULL. For conditions use
 * `compileFilter`: an operator of Kysely's on a `jsonb` expression knows nothing of JSON types.
 *
 * @example
 * db.kysely.selectFrom("people as p").select(field("fields.age", people, { alias: "p" }).as("age"))
 * // select nullif("p"."fields"->'age', 'null') as "age" from "people" as "p"
 * @throws InvalidQueryError when the field names nothing.
 */
export function field<T, const F extends Field<T>>(
  path: F & CheckedField<T, F>,
  definition: DefinitionOf<T>,
  options?: CompileFilterOptions,
): FieldExpression<FieldValue<T, F>>
export function field(path: string | readonly (string | number)[], definition?: undefined, options?: CompileFilterOptions): FieldExpression<unknown>
export function field(path: unknown, definition?: TableDefinition, options: CompileFilterOptions = {}): FieldExpression<never> {
  const scope = outermost(definition, options.alias)
  return sql`${sql.raw(accessor(checkedSelection(path, "", onRecords(definition)), path, scope))}`
}

/** An expression that can be given a name with `as`. */
export type FieldExpression<V> = RawBuilder<V> & Expression<V>

function accessor(path: FieldPath, spelled: unknown, scope: AccessorScope): string {
  // A bigint is a string to some drivers; a double holds every revision there will be.
  if (!isJsonPath(path)) return `${columnValue(path.column, scope)}${path.column === "revision" ? "::float8" : ""}`
  return isTextPath(spelled) ? textAccessor(path, scope) : `nullif(${jsonAccessor(path, scope)}, 'null')`
}

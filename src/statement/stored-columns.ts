import { type RawBuilder, sql } from "kysely"
import { isMapped, type RecordColumns } from "../definition/record-columns.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { jsonAccessor } from "../expression/accessor.ts"
import { columnValue } from "../expression/column-value.ts"
import { outermost, type Scope } from "../expression/scope.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { JsonPath } from "../path/json-path.ts"
import type { Given } from "./compiled-statements.ts"

/** The columns of a row that a stored record is read from. */
export const storedColumns = ["id", "fields", "metadata", "revision", "created_at", "updated_at"] as const

/** What a statement names of a table: its own columns, under the names by which the generated row types know them. */
export interface ColumnNames {
  readonly id: "id"
  readonly fields: "fields"
  readonly metadata: "metadata" | undefined
  readonly revision: "revision" | undefined
  readonly createdAt: "created_at"
  readonly updatedAt: "updated_at"
}

/**
 * The names of the columns of a table.
 *
 * @example
 * columnNames(defineRecords({ columns: { fields: "data" } })).fields // data
 */
export function columnNames({ columns }: { readonly columns: RecordColumns }): ColumnNames {
  const names = Object.fromEntries(Object.entries(columns).map(([column, one]: [string, { readonly name: string } | undefined]) => [column, one?.name]))
  // The row types are those of the table that the migration makes; another one has the same columns under other names.
  return names as unknown as ColumnNames
}

/**
 * What `select` and `returning` name, so that a row has `storedColumns`; `alias` is that of the table. With exact numbers
 * the documents come as text, because drivers read numbers as JavaScript numbers.
 */
export function recordSelection(definition: TableDefinition, alias?: string, numbers?: NumberForm): typeof storedColumns {
  if (!isMapped(definition.columns) && alias === undefined && numbers === undefined) return storedColumns
  const scope = outermost(definition, alias)
  const { metadata } = definition.columns
  const selection = [
    named("id", scope),
    document("fields", scope, numbers),
    metadata === undefined ? sql`null::jsonb`.as("metadata") : document("metadata", scope, numbers),
    sql.raw(columnValue("revision", scope)).as("revision"),
    sql.raw(columnValue("createdAt", scope)).as("created_at"),
    sql.raw(columnValue("updatedAt", scope)).as("updated_at"),
  ]
  // Kysely takes names and aliased expressions alike; the rows are the same.
  return selection as unknown as typeof storedColumns
}

function named(column: "id", scope: Scope) {
  return sql.raw(columnValue(column, scope)).as(column)
}

function document(column: "fields" | "metadata", scope: Scope, numbers: NumberForm) {
  return sql.raw(readAccessor({ column, steps: [] }, scope, numbers)).as(column)
}

/** The SQL that brings a JSON value: as the driver reads it, or as text for exact numbers. */
export function readAccessor(path: JsonPath, scope: Scope, numbers: NumberForm): string {
  const accessor = jsonAccessor(path, scope)
  return numbers === "exact" ? `(${accessor})::text` : accessor
}

/** An id as an operand of the column `id`. */
export function idOperand({ columns }: TableDefinition, id: Given<string>): RawBuilder<string> {
  return sql<string>`${id}::${sql.raw(columns.id.type)}`
}

/** Several ids, as one operand: a list, or the text of an array of PostgreSQL. */
export function idsOperand({ columns }: TableDefinition, ids: Given<readonly string[] | string>): RawBuilder<string[]> {
  return sql<string[]>`${ids}::${sql.raw(columns.id.type)}[]`
}

/** The moment of the transaction, as a column that holds a time takes it. */
export function transactionTime(column: RecordColumns["createdAt"]): RawBuilder<Date> {
  return column.type === "timestamp" ? sql<Date>`now() at time zone 'UTC'` : sql<Date>`now()`
}

/** What every change of a record sets besides its documents: one more revision, and the time; `alias` is that of the table. */
export function touched(definition: TableDefinition, alias?: string): Record<string, RawBuilder<unknown>> {
  const { updatedAt } = definition.columns
  return { ...nextRevision(definition, alias === undefined ? "" : `${alias}.`), [updatedAt.name]: transactionTime(updatedAt) }
}

/** What an insert sets in the record that it replaces. The time is the one that it would have created it at: Citus refuses now() there. */
export function replacing(definition: TableDefinition): Record<string, RawBuilder<unknown>> {
  const { fields, metadata, updatedAt } = definition.columns
  const taken = [fields, metadata, updatedAt].flatMap((column) => (column === undefined ? [] : [[column.name, sql.ref(`excluded.${column.name}`)] as const]))
  return { ...Object.fromEntries(taken), ...nextRevision(definition, `${definition.table}.`) }
}

function nextRevision({ columns }: TableDefinition, prefix: string): Record<string, RawBuilder<unknown>> {
  const { revision } = columns
  if (revision === undefined) return {}
  const column = sql.ref(prefix + revision.name)
  return { [revision.name]: revision.isOurs ? sql`${column} + 1` : sql`coalesce(${column}, 0) + 1` }
}

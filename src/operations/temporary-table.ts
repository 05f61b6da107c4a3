import { type Kysely, type RawBuilder, sql } from "kysely"
import { indexLookup } from "../definition/index-lookup.ts"
import type { RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { createIndexSql, extensionOf, type IndexStatement, indexStatements } from "../statement/index-statement.ts"
import { type RecordsTables, tableOf } from "../statement/records-tables.ts"

/** The definition with further indexes. */
export function withIndexes(definition: TableDefinition, more: readonly RecordIndex[]): TableDefinition {
  const indexes = [...definition.indexes, ...more]
  return { ...definition, indexes, lookup: indexLookup(definition.gin, indexes) }
}

/** Indexes that a definition has not, as they would be if it had. */
export function newStatements(definition: TableDefinition, indexes: readonly RecordIndex[]): readonly IndexStatement[] {
  return indexes.length === 0 ? [] : indexStatements(withIndexes(definition, indexes)).slice(-indexes.length)
}

/** Makes an empty temporary table with the columns and the indexes of another one. */
export async function temporaryTable(
  trx: Kysely<RecordsTables>,
  original: TableDefinition,
  copy: TableDefinition,
  options: RawBuilder<unknown> = sql``,
): Promise<void> {
  const like = sql`like ${sql.table(tableOf(original))} including defaults including storage including indexes`
  // Without what it generates or counts up itself: those columns are copied like any other.
  await sql`create temporary table ${sql.id(copy.table)} (${like}) ${options}`.execute(trx)
}

/** Builds an index of a temporary table, and makes the extension that it needs. */
export async function builtIndex(trx: Kysely<RecordsTables>, statement: IndexStatement, table: TableDefinition): Promise<void> {
  const extension = extensionOf(statement.index)
  if (extension !== undefined) await sql`create extension if not exists ${sql.id(extension)}`.execute(trx)
  await sql.raw(createIndexSql(statement, table, "at once")).execute(trx)
}

import { type Kysely, type RawBuilder, sql } from "kysely"
import { indexLookup } from "../definition/index-lookup.ts"
import type { RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { createIndexSql, extensionOf, type IndexStatement, indexStatements, quoted, quotedIn, type TableIndex } from "../statement/index-statement.ts"
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

/** Makes an empty temporary table with the columns and the valid indexes of another one. */
export async function temporaryTable(
  trx: Kysely<RecordsTables>,
  original: TableDefinition,
  copy: TableDefinition,
  options: RawBuilder<unknown> = sql``,
): Promise<void> {
  const like = sql`like ${sql.table(tableOf(original))} including defaults including storage including indexes`
  // Without what it generates or counts up itself: those columns are copied like any other.
  await sql`create temporary table ${sql.id(copy.table)} (${like}) ${options}`.execute(trx)
  await withoutInvalid(trx, original, copy)
}

// What a failed build has left behind is copied as a valid index: a unique one would refuse the very records that made it fail.
async function withoutInvalid(trx: Kysely<RecordsTables>, original: TableDefinition, copy: TableDefinition): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    with held as (
      select i.indrelid, c.relname as name, i.indisvalid, i.indisunique, substring(pg_get_indexdef(i.indexrelid) from ' USING .*') as holds
      from pg_index i join pg_class c on c.oid = i.indexrelid
    ), numbered as (
      select *, row_number() over (partition by holds, indisunique order by name) as position from held
      where indrelid = to_regclass(${`pg_temp.${quoted(copy.table)}`})
    )
    select name from numbered copied where position <= (
      select count(*) from held where held.indrelid = to_regclass(${quotedIn(original.schema, original.table)})
        and not held.indisvalid and held.holds = copied.holds and held.indisunique = copied.indisunique
    )`.execute(trx)
  for (const { name } of rows) await sql`drop index ${sql.id("pg_temp", name)}`.execute(trx)
}

/** Builds an index of a temporary table, and makes the extension that it needs. */
export async function builtIndex(trx: Kysely<RecordsTables>, statement: TableIndex | IndexStatement, table: TableDefinition): Promise<void> {
  const extension = "index" in statement ? extensionOf(statement.index) : undefined
  if (extension !== undefined) await sql`create extension if not exists ${sql.id(extension)}`.execute(trx)
  await sql.raw(createIndexSql(statement, table, "at once")).execute(trx)
}

import { type RecordsTable, recordsStatements } from "../../schema/migrations/0001_records.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { textLiteral } from "../expression/accessor.ts"
import { createIndexSql, extensionOf, indexStatements, markIndexSql, quotedIn } from "../statement/index-statement.ts"
import { unconnected } from "../statement/records-tables.ts"

/** What the first migration has to make: the table with everything that its definition declares. */
export function recordsTable(definition: TableDefinition): RecordsTable {
  const { table, schema, gin, partitions, distribute } = definition
  const indexes = indexStatements(definition).flatMap((statement) => [
    createIndexSql(statement, definition, "at once"),
    markIndexSql(statement.name, definition),
  ])
  const before = neededExtensions(definition).map((extension) => `create extension if not exists ${extension}`)
  return { table, schema, gin, partitions, before, after: [...indexes, ...(distribute ? [distributeSql(definition)] : [])] }
}

/** The statements that make the table of a definition, in order. */
export function tableStatements(definition: TableDefinition): readonly string[] {
  return recordsStatements(unconnected, recordsTable(definition)).map(({ sql }) => sql)
}

/** The extensions that the indexes of a definition need. */
export function neededExtensions({ indexes }: TableDefinition): readonly string[] {
  return [...new Set(indexes.flatMap((index) => extensionOf(index) ?? []))]
}

/** The SQL that has Citus distribute a table by its ids. */
export function distributeSql({ schema, table, columns }: TableDefinition): string {
  return `select create_distributed_table(${textLiteral(quotedIn(schema, table))}, ${textLiteral(columns.id.name)})`
}

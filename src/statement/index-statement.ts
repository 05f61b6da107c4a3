import { createHash } from "node:crypto"
import type { RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition, TableName } from "../definition/records-definition.ts"
import { indexSql } from "../expression/index-sql.ts"
import { isJsonPath } from "../path/json-path.ts"

/** An index of a definition, as the database knows it. */
export interface IndexStatement {
  /** The name says what the index holds, and ends with a digest of it: an index of the name is that index. */
  readonly name: string
  readonly index: RecordIndex
  /** What stands behind `create [unique] index <name> on <table>`. */
  readonly holds: string
}

/** How an index is built: `concurrently` lets others write meanwhile, and cannot stand in a transaction. */
export type IndexBuild = "at once" | "concurrently"

/**
 * The indexes of a definition, besides the primary key and the GIN on each document.
 *
 * @example
 * indexStatements(defineRecords({ table: "people", indexes: [{ field: "fields.age" }] }))[0]?.holds
 * // using btree ((coalesce("fields"->'age', 'null')), ("id"))
 */
export function indexStatements(definition: TableDefinition): readonly IndexStatement[] {
  return definition.indexes.map((index) => {
    const holds = indexSql(index, definition)
    return { name: indexName(definition.table, index, holds), index, holds }
  })
}

/** The SQL that makes an index. */
export function createIndexSql({ name, index, holds }: IndexStatement, table: TableName, build: IndexBuild): string {
  const how = build === "concurrently" ? "concurrently " : ""
  return `create ${index.unique ? "unique " : ""}index ${how}${quoted(name)} on ${qualified(table)} ${holds}`
}

/** The SQL that drops an index. */
export function dropIndexSql(name: string, { schema }: TableName, build: IndexBuild): string {
  return `drop index ${build === "concurrently" ? "concurrently " : ""}if exists ${quoted(schema)}.${quoted(name)}`
}

/** Whether a name is one that `indexStatements` gives: any other index of the table is somebody else's. */
export function isIndexName(name: string, { table }: TableName): boolean {
  return name.startsWith(`${table}_`) && /_[0-9a-f]{8}$/.test(name)
}

/** The extension that an index needs, which only some roles may create. */
export function extensionOf({ kind }: RecordIndex): "pg_trgm" | undefined {
  return kind === "trigram" ? "pg_trgm" : undefined
}

// PostgreSQL cuts names at 63 bytes.
const LONGEST_NAME = 63
const DIGEST = 8

function indexName(table: string, index: RecordIndex, holds: string): string {
  const digest = createHash("sha256")
    .update(`${index.unique ? "unique " : ""}${holds}`)
    .digest("hex")
    .slice(0, DIGEST)
  const words = index.keys.map(({ path }) => (isJsonPath(path) ? path.steps.join("_") || path.column : path.column)).join("_")
  const readable = words.replaceAll(/[^A-Za-z0-9_]+/g, "_").toLowerCase()
  const room = LONGEST_NAME - Buffer.byteLength(table) - DIGEST - 2
  return [table, readable.slice(0, room), digest].filter((part) => part !== "").join("_")
}

function qualified({ schema, table }: TableName): string {
  return `${quoted(schema)}.${quoted(table)}`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

import { createHash } from "node:crypto"
import type { RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition, TableName } from "../definition/records-definition.ts"
import { jsonAccessor, textLiteral } from "../expression/accessor.ts"
import { indexSql } from "../expression/index-sql.ts"
import { outermost } from "../expression/scope.ts"
import { type DocumentColumn, isJsonPath } from "../path/json-path.ts"

/** An index of a definition, as the database knows it. */
export interface TableIndex {
  readonly name: string
  readonly unique: boolean
  /** What stands behind `create [unique] index <name> on <table>`. */
  readonly holds: string
}

/** An index that a definition declares. Its name says what it holds, and ends with a digest of it: an index of the name is that index. */
export interface IndexStatement extends TableIndex {
  readonly index: RecordIndex
}

/**
 * How an index is built: `concurrently` lets others write meanwhile, and cannot stand in a transaction. `on no partition`
 * makes that of a partitioned table alone, which takes those of the partitions in later.
 */
export type IndexBuild = "at once" | "concurrently" | "on no partition"

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
    return { name: indexName(definition.table, index, holds), unique: index.unique, index, holds }
  })
}

/** The GIN on each document of a definition, under the names that the first migration gives them. */
export function ginIndexes(definition: TableDefinition, documents: readonly DocumentColumn[] = definition.gin): readonly TableIndex[] {
  return documents.map((column) => ({
    name: ginName(definition.table, column),
    unique: false,
    holds: `using gin (${jsonAccessor({ column, steps: [] }, outermost(definition))} jsonb_path_ops)`,
  }))
}

/** All indexes of a definition, besides the primary key. */
export function declaredIndexes(definition: TableDefinition): readonly TableIndex[] {
  return [...ginIndexes(definition), ...indexStatements(definition)]
}

/** The SQL that makes an index; but at once, it makes none where one of the name is. */
export function createIndexSql({ name, unique, holds }: TableIndex, table: TableName, build: IndexBuild): string {
  const only = build === "on no partition" ? "only " : ""
  return `create ${unique ? "unique " : ""}index ${creation[build]}${quoted(name)} on ${only}${quotedIn(table.schema, table.table)} ${holds}`
}

const creation = { "at once": "", concurrently: "concurrently if not exists ", "on no partition": "if not exists " } as const

/** The SQL that drops an index. */
export function dropIndexSql(name: string, { schema }: TableName, build: IndexBuild): string {
  return `drop index ${build === "concurrently" ? "concurrently " : ""}if exists ${quotedIn(schema, name)}`
}

/** The SQL that names a table or an index in a query of the catalog; NULL where there is none. */
export function regclassSql(schema: string, name: string): string {
  return `to_regclass(${textLiteral(quotedIn(schema, name))})`
}

/** The SQL that fails, with SQLSTATE 42P07, unless all of these are indexes of the table: their names may be those of something else. */
export function ownIndexesSql(names: readonly string[], { schema, table }: TableName): string {
  const wanted = names.map((name) => regclassSql(schema, name)).join(", ")
  const own = `select count(*) from pg_index where indrelid = ${regclassSql(schema, table)} and indexrelid in (${wanted})`
  return `do $check$ begin if (${own}) < ${names.length} then raise duplicate_table using message = 'an index of the table has the name of something else in the schema'; end if; end $check$`
}

/** The comment of an index that was made from a definition, by which it is known again: any other one is somebody else's. */
export const INDEX_MARK = "made by kysely-records from a definition"

/** The SQL that marks an index as one that was made from a definition. */
export function markIndexSql(name: string, { schema }: TableName): string {
  return `comment on index ${quotedIn(schema, name)} is ${textLiteral(INDEX_MARK)}`
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

function ginName(table: string, column: string): string {
  return `${table}_${column}_gin`
}

/** The name of a table or an index, with its schema. */
export function quotedIn(schema: string, name: string): string {
  return `${quoted(schema)}.${quoted(name)}`
}

/** A name as SQL has it, whatever is in it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

import { createHash } from "node:crypto"
import type { TableDefinition, TableName } from "../definition/records-definition.ts"
import { textLiteral } from "../expression/accessor.ts"
import { duplicatesSql } from "../expression/index-sql.ts"
import {
  createIndexSql,
  dropIndexSql,
  extensionOf,
  ginIndexes,
  indexStatements,
  markIndexSql,
  quotedIn,
  regclassSql,
  type TableIndex,
} from "../statement/index-statement.ts"
import type { TablePart } from "./change-table.ts"
import type { LiveIndex } from "./live-table.ts"
import { distributeSql, tableStatements } from "./table-migration.ts"

/** An index that a definition asks for, as a part of its table, and the extension that it needs. */
export interface WantedIndex {
  readonly name: string
  readonly part: TablePart
  readonly extension: string | undefined
  /** What the index holds: one that holds the same serves as well, whatever its name is. */
  readonly holds: string
}

/** The whole table of a definition: one that is not there yet. */
export function tablePart(definition: TableDefinition): TablePart {
  const { schema, table } = definition
  const name = quotedIn(schema, table)
  return {
    name: `table ${table}`,
    state: `select true as is_valid from pg_class where oid = ${regclassSql(schema, table)}`,
    create: tableStatements(definition),
    drop: [`drop table if exists ${name}`],
  }
}

/** The indexes that a definition asks for, the GIN included, on a table that has these partitions. */
export function wantedIndexes(definition: TableDefinition, partitions: readonly string[] | undefined): readonly WantedIndex[] {
  const gin = ginIndexes(definition).map((index) => ({ ...index, part: indexPart(index, definition, partitions), extension: undefined }))
  const declared = indexStatements(definition).map((statement) => {
    const { name, unique, index, holds } = statement
    const extension = extensionOf(index)
    const reasons = {
      ...(unique ? duplicateReason(duplicatesSql(index, definition, quotedIn(definition.schema, definition.table))) : {}),
      ...(extension === undefined ? {} : { "42704": OUT_OF_SIGHT }),
    }
    return { name, holds, part: { ...indexPart(statement, definition, partitions), reasons }, extension }
  })
  return [...gin, ...declared]
}

/** An index that the table has, as a part that can be dropped, and made again. */
export function livePart({ name, definition }: LiveIndex, table: TableName, partitions: readonly string[] | undefined): TablePart {
  const [, holds = ""] = /^CREATE (?:UNIQUE )?INDEX (?:"(?:[^"]|"")+"|\S+) ON (?:ONLY )?(?:(?:"(?:[^"]|"")+"|[^\s."]+)\.?)+ (USING .+)$/s.exec(definition) ?? []
  return indexPart({ name, unique: definition.startsWith("CREATE UNIQUE"), holds }, table, partitions)
}

/** An extension of the database. It can be dropped only as long as nothing uses it. */
export function extensionPart(extension: string): TablePart {
  return {
    name: `extension ${extension}`,
    state: `select true as is_valid from pg_extension where extname = ${textLiteral(extension)}`,
    create: [`create extension if not exists ${extension}`],
    drop: [`drop extension if exists ${extension}`],
    reasons: extensionReasons(extension),
  }
}

/** That Citus distributes the table by its ids. */
export function distributionPart(table: TableDefinition): TablePart {
  const name = textLiteral(quotedIn(table.schema, table.table))
  return {
    name: `distribution of ${table.table}`,
    state: `select true as is_valid from pg_dist_partition where logicalrelid = to_regclass(${name})`,
    // Citus copies the records to the shards, and leaves them where they were as well.
    create: [distributeSql(table), `select truncate_local_data_after_distributing_table(${name})`],
    drop: [`select undistribute_table(logicalrelid) from pg_dist_partition where logicalrelid = to_regclass(${name})`],
    reasons: { "42P01": NO_CITUS, "42883": NO_CITUS },
  }
}

/** What to say where `distribute` was asked for and Citus is not there. */
export const NO_CITUS = "the extension citus is not in this database: have its owner run `create extension citus`, or leave `distribute` out of the definition"

/** What to say where the operators of an extension are not found though it is there. */
export const OUT_OF_SIGHT =
  "pg_trgm is in a schema that search_path does not name, so that its operators are not found: add that schema to it, or run `alter extension pg_trgm set schema public`"

/** What to say, by SQLSTATE, where an extension cannot be made. */
export function extensionReasons(extension: string): Readonly<Record<string, string>> {
  const missing = `the server has no extension ${extension}: install the package of PostgreSQL's contrib modules`
  return {
    "42501": `this role may not create the extension ${extension}: have the owner of the database run \`create extension ${extension}\``,
    "0A000": missing,
    "58P01": missing,
    "22023": missing,
  }
}

function duplicateReason(query: string): Readonly<Record<string, string>> {
  return { "23505": `several records have one value where the index allows it once: find them with \`${query}\`` }
}

function indexPart(index: TableIndex, table: TableName, partitions: readonly string[] | undefined): TablePart {
  const { name } = index
  const statements =
    partitions === undefined
      ? { create: [createIndexSql(index, table, "concurrently"), markIndexSql(name, table)], drop: [dropIndexSql(name, table, "concurrently")] }
      : partitionedIndex(index, table, partitions)
  return {
    name: `index ${name}`,
    state: indexState(name, table),
    ...statements,
  }
}

function indexState(name: string, { schema, table }: TableName): string {
  return `select coalesce(indisvalid, false) as is_valid, indrelid is distinct from ${regclassSql(schema, table)} as is_taken from pg_class left join pg_index on indexrelid = oid where oid = ${regclassSql(schema, name)}`
}

// No index of a partitioned table can be built concurrently, but those of its partitions can: it is valid once it has them all.
function partitionedIndex(index: TableIndex, table: TableName, partitions: readonly string[]): Pick<TablePart, "create" | "drop"> {
  const { schema } = table
  const parts = partitions.map((partition) => ({ partition, name: partitionIndexName(partition, index.name) }))
  return {
    create: [
      createIndexSql(index, table, "on no partition"),
      ...parts.flatMap(({ partition, name }) => [
        createIndexSql({ ...index, name }, { schema, table: partition }, "concurrently"),
        `alter index ${quotedIn(schema, index.name)} attach partition ${quotedIn(schema, name)}`,
      ]),
      markIndexSql(index.name, table),
    ],
    // With it go the indexes that are attached to it.
    drop: [dropIndexSql(index.name, table, "at once"), ...parts.map(({ name }) => dropIndexSql(name, table, "concurrently"))],
  }
}

// PostgreSQL cuts names at 63 bytes, and two partitions would share one.
function partitionIndexName(partition: string, index: string): string {
  const start = Buffer.byteLength(partition) <= 49 ? partition : createHash("sha256").update(partition).digest("hex").slice(0, 16)
  return `${start}_${/(?:fields_gin|metadata_gin|[0-9a-f]{8})$/.exec(index)?.[0] ?? index.slice(0, 13)}`
}

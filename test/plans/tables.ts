import { sql } from "kysely"
import pg from "pg"
import { defineRecords, type LooseCondition, type LooseQuery, type RecordsDefinition } from "../../src/index.ts"
import { createIndexSql, declaredIndexes } from "../../src/statement/index-statement.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { type Column, columns } from "./claims.ts"
import { loadRecords } from "./records.ts"

const FIELDS = ["name", "born", "score", "tags", "spec"]
// One for each field: an index on another field must not serve the query by its condition alone.
const onTopic = (field: string): LooseCondition => ({ field: "fields.topic", operator: "=", value: field })
const IN_CITY: LooseCondition = { field: "fields.address.city", operator: "=", value: "city 7" }

const indexOf: Record<Exclude<Column, "gin">, (name: string) => object> = {
  path: (name) => ({ field: `fields.${name}` }),
  unique: (name) => ({ field: `fields.${name}`, unique: true }),
  compound: (name) => ({ fields: ["fields.address.city", `fields.${name}`] }),
  partial: (name) => ({ field: `fields.${name}`, where: onTopic(name) }),
  text: (name) => ({ kind: "text", field: `fields.${name}` }),
  trigram: (name) => ({ kind: "trigram", field: `fields.${name}` }),
  array: (name) => ({ kind: "array", field: `fields.${name}` }),
}

/** One table for each kind of index, so that no other one can be chosen. */
export const definitions: Readonly<Record<Column, RecordsDefinition>> = {
  gin: definition("gin", []),
  path: definition("path", FIELDS.map(indexOf.path)),
  unique: definition("unique", FIELDS.map(indexOf.unique)),
  compound: definition("compound", FIELDS.map(indexOf.compound)),
  partial: definition("partial", FIELDS.map(indexOf.partial)),
  text: definition("text", FIELDS.map(indexOf.text)),
  trigram: definition("trigram", FIELDS.map(indexOf.trigram)),
  array: definition("array", FIELDS.map(indexOf.array)),
}

/** A table of several indexes, for the queries that need more than one of them. */
export const several: RecordsDefinition = definition("several", [
  { field: "fields.score" },
  { kind: "text", field: "fields.name" },
  { fields: ["fields.topic", { field: "fields.born", order: "desc" }, "fields.score"] },
  { field: "fields.born", nulls: "last" },
  { field: "fields.address.zip", order: "desc", nulls: "first" },
  { field: "createdAt", order: "desc" },
  { field: "revision" },
])

function definition(name: string, indexes: readonly object[]): RecordsDefinition {
  // By way of JSON: which fields there are is not known to the compiler.
  return defineRecords(JSON.parse(JSON.stringify({ table: `by_${name}`, gin: name === "gin", indexes })))
}

/** The query that asks the same of one of the tables: with what its index on the field needs beside it. */
export function besides(query: LooseQuery, column: Column, field: string): LooseQuery {
  const given = column === "compound" ? [IN_CITY] : column === "partial" ? [onTopic(field)] : []
  return { ...query, filters: [...given, ...(query.filters ?? [])] }
}

/** A connection to a database that has all of the tables, and the end of both. */
export async function indexedTables(): Promise<{ client: pg.Client; drop: () => Promise<void> }> {
  const server = databases.find(({ name }) => name === "PostgreSQL")
  if (server === undefined) throw new Error("there is no server")
  const { db, options, drop } = await migratedDatabase(server)
  const client = new pg.Client("connectionString" in options ? options.connectionString : undefined)
  await client.connect()
  await sql.raw("create extension if not exists pg_trgm; drop index records_fields_gin; drop index records_metadata_gin").execute(db.kysely)
  await loadRecords(db, "records")
  for (const table of [...columns.map((column) => definitions[column]), several]) await makeTable(client, table)
  return { client, drop: () => client.end().then(drop) }
}

async function makeTable(client: pg.Client, definition: RecordsDefinition): Promise<void> {
  const { table } = definition
  await client.query(`create table ${table} as select * from records; alter table ${table} add primary key (id)`)
  for (const index of declaredIndexes(definition)) await client.query(createIndexSql(index, definition, "at once"))
  await client.query(`vacuum analyze ${table}`)
}

import { type Kysely, sql } from "kysely"
import type { TableName } from "../definition/records-definition.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { recordColumns } from "./search.ts"

/** JSON texts of the documents that an update replaces; what is left out stays. */
export interface Replacement {
  readonly fields?: string
  readonly metadata?: string
}

/** The statement that stores records from one JSON array; one row a record. */
export function createStatement(db: Kysely<RecordsTables>, definition: TableName, records: string) {
  const given = sql<{ id: string; fields: unknown; metadata: unknown }>`jsonb_to_recordset(${records}::jsonb)`
  return db
    .insertInto(tableOf(definition))
    .columns(["id", "fields", "metadata"])
    .expression(db.selectFrom(given.as<"given">(sql`given(id uuid, fields jsonb, metadata jsonb)`)).select(["given.id", "given.fields", "given.metadata"]))
}

/** The statement that brings the record with an id. */
export function readStatement(db: Kysely<RecordsTables>, definition: TableName, id: string) {
  return db.selectFrom(tableOf(definition)).select(recordColumns).where("id", "=", uuid(id))
}

/** The statement that replaces the documents of a record, and brings it as it is then. */
export function updateStatement(db: Kysely<RecordsTables>, definition: TableName, id: string, { fields, metadata }: Replacement) {
  return db
    .updateTable(tableOf(definition))
    .set({
      ...(fields === undefined ? {} : { fields: sql`${fields}::jsonb` }),
      // nullif keeps the column free of JSON null: without metadata it is SQL NULL.
      ...(metadata === undefined ? {} : { metadata: sql`nullif(${metadata}::jsonb, 'null')` }),
      revision: sql`revision + 1`,
      updated_at: sql`now()`,
    })
    .where("id", "=", uuid(id))
    .returning(recordColumns)
}

/** The statement that deletes the record with an id; one row when it was there. */
export function deleteStatement(db: Kysely<RecordsTables>, definition: TableName, id: string) {
  return db.deleteFrom(tableOf(definition)).where("id", "=", uuid(id)).returning("id")
}

/** The statement that asks for a record with an id; one row when it is there. */
export function existsStatement(db: Kysely<RecordsTables>, definition: TableName, id: string) {
  return db.selectFrom(tableOf(definition)).select("id").where("id", "=", uuid(id))
}

function uuid(id: string) {
  return sql<string>`${id}::uuid`
}

import { type Kysely, sql } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { columnNames, idOperand, recordSelection, touched, transactionTime } from "./stored-columns.ts"

/** JSON texts of the documents that an update replaces; what is left out stays. */
export interface Replacement {
  readonly fields?: string
  readonly metadata?: string
}

/** The statement that stores records from one JSON array; one row a record. */
export function createStatement(db: Kysely<RecordsTables>, definition: TableDefinition, records: string) {
  const { id, fields, metadata, revision, createdAt, updatedAt } = columnNames(definition)
  const { columns } = definition
  const given = sql<{ id: string; fields: unknown; metadata: unknown }>`jsonb_to_recordset(${records}::jsonb)`
  const row = given.as<"given">(sql`given(id ${sql.raw(columns.id.type)}, fields jsonb, metadata jsonb)`)
  // Tables that were there before have defaults of their own, or none.
  const ours = [
    ...(revision === undefined || columns.revision?.isOurs === true ? [] : [[revision, sql`1`.as("revision")] as const]),
    ...(columns.createdAt.isOurs ? [] : [[createdAt, transactionTime(columns.createdAt).as("created")] as const]),
    ...(columns.updatedAt.isOurs ? [] : [[updatedAt, transactionTime(columns.updatedAt).as("updated")] as const]),
  ]
  return db
    .insertInto(tableOf(definition))
    .columns([id, fields, ...(metadata === undefined ? [] : [metadata]), ...ours.map(([column]) => column)])
    .expression(
      db
        .selectFrom(row)
        .select(["given.id", "given.fields", ...(metadata === undefined ? [] : ["given.metadata" as const])])
        .select(ours.map(([, value]) => value)),
    )
}

/** The statement that brings the record with an id. */
export function readStatement(db: Kysely<RecordsTables>, definition: TableDefinition, id: string) {
  return db.selectFrom(tableOf(definition)).select(recordSelection(definition)).where(columnNames(definition).id, "=", idOperand(definition, id))
}

/** The statement that replaces the documents of a record, and brings it as it is then. */
export function updateStatement(db: Kysely<RecordsTables>, definition: TableDefinition, id: string, { fields, metadata }: Replacement) {
  const columns = columnNames(definition)
  return db
    .updateTable(tableOf(definition))
    .set({
      ...(fields === undefined ? {} : { [columns.fields]: sql`${fields}::jsonb` }),
      // nullif keeps the column free of JSON null: without metadata it is SQL NULL.
      ...(metadata === undefined || columns.metadata === undefined ? {} : { [columns.metadata]: sql`nullif(${metadata}::jsonb, 'null')` }),
      ...touched(definition),
    })
    .where(columns.id, "=", idOperand(definition, id))
    .returning(recordSelection(definition))
}

/** The statement that deletes the record with an id; one row when it was there. */
export function deleteStatement(db: Kysely<RecordsTables>, definition: TableDefinition, id: string) {
  const columns = columnNames(definition)
  return db.deleteFrom(tableOf(definition)).where(columns.id, "=", idOperand(definition, id)).returning(columns.id)
}

/** The statement that asks for a record with an id; one row when it is there. */
export function existsStatement(db: Kysely<RecordsTables>, definition: TableDefinition, id: string) {
  const columns = columnNames(definition)
  return db.selectFrom(tableOf(definition)).select(columns.id).where(columns.id, "=", idOperand(definition, id))
}

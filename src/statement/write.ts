import { type Kysely, type RawBuilder, sql } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { Given, Givens } from "./compiled-statements.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { columnNames, idOperand, recordSelection, replacing, touched, transactionTime } from "./stored-columns.ts"
import { conditionalWrite, hasExpectedRevision, type WriteTarget } from "./write-target.ts"
import type { Replacement } from "./written-record.ts"

/** The statement that stores records from one JSON array; one row a record. */
export function createStatement(db: Kysely<RecordsTables>, definition: TableDefinition, records: Given<string>) {
  return insertion(db, definition, records, "first")
}

/** The same, but each record gets the revision that comes after the one it has. */
export function nextRevisionStatement(db: Kysely<RecordsTables>, definition: TableDefinition, records: Given<string>) {
  return insertion(db, definition, records, "next")
}

function insertion(db: Kysely<RecordsTables>, definition: TableDefinition, records: Given<string>, revisions: "first" | "next") {
  const { id, fields, metadata, revision, createdAt, updatedAt } = columnNames(definition)
  const { columns } = definition
  const given = sql<{ id: string; fields: unknown; metadata: unknown }>`jsonb_to_recordset(${records}::jsonb)`
  const row = given.as<"given">(
    sql`given(id ${sql.raw(columns.id.type)}, fields jsonb, metadata jsonb${revisions === "next" ? sql`, revision bigint` : sql``})`,
  )
  const value = revisions === "next" ? sql`given.revision + 1` : sql`1`
  // Tables that were there before have defaults of their own, or none.
  const ours = [
    ...(revision === undefined || (revisions === "first" && columns.revision?.isOurs === true) ? [] : [[revision, value.as("revision")] as const]),
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
export function readStatement(db: Kysely<RecordsTables>, definition: TableDefinition, id: Given<string>, numbers?: NumberForm) {
  const selected = db.selectFrom(tableOf(definition)).select(recordSelection(definition, undefined, numbers))
  return selected.where(columnNames(definition).id, "=", idOperand(definition, id))
}

/** The statement that replaces the documents of a record, and brings it as it is then. */
export function updateStatement(db: Kysely<RecordsTables>, definition: TableDefinition, target: Givens<WriteTarget>, replacement: Givens<Replacement>) {
  const update = db
    .updateTable(tableOf(definition))
    .set(replaced(definition, replacement))
    .where(columnNames(definition).id, "=", idOperand(definition, target.id))
    .returning(recordSelection(definition))
  return target.expectedRevision === undefined ? update : conditionalWrite(db, definition, target, update.where(hasExpectedRevision(target)))
}

/** What an update sets in the record whose documents it replaces. */
export function replaced(definition: TableDefinition, { fields, metadata }: Givens<Replacement>): Record<string, RawBuilder<unknown>> {
  const columns = columnNames(definition)
  return {
    ...(fields === undefined ? {} : { [columns.fields]: sql`${fields}::jsonb` }),
    // nullif keeps the column free of JSON null: without metadata it is SQL NULL.
    ...(metadata === undefined || columns.metadata === undefined ? {} : { [columns.metadata]: sql`nullif(${metadata}::jsonb, 'null')` }),
    ...touched(definition),
  }
}

/** The statement that stores the record of a list of one or replaces the one with its id, and brings it as it is then. */
export function upsertStatement(db: Kysely<RecordsTables>, definition: TableDefinition, records: Given<string>) {
  return createStatement(db, definition, records)
    .onConflict((conflict) => conflict.column(columnNames(definition).id).doUpdateSet(replacing(definition)))
    .returning(recordSelection(definition))
}

/** The statement that deletes a record; one row when it was there. */
export function deleteStatement(db: Kysely<RecordsTables>, definition: TableDefinition, target: Givens<WriteTarget>) {
  const { id } = columnNames(definition)
  const deletion = db.deleteFrom(tableOf(definition)).where(id, "=", idOperand(definition, target.id)).returning(id)
  return target.expectedRevision === undefined ? deletion : conditionalWrite(db, definition, target, deletion.where(hasExpectedRevision(target)))
}

/** The statement that asks for a record with an id; one row when it is there. */
export function existsStatement(db: Kysely<RecordsTables>, definition: TableDefinition, id: Given<string>) {
  const columns = columnNames(definition)
  return db.selectFrom(tableOf(definition)).select(columns.id).where(columns.id, "=", idOperand(definition, id))
}

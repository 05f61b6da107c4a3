import { type Insertable, type Kysely, type RawBuilder, sql } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { Given, Givens } from "./compiled-statements.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { columnNames, idOperand, recordSelection, replacing, touched, transactionTime } from "./stored-columns.ts"
import { conditionalWrite, hasExpectedRevision, type WriteTarget } from "./write-target.ts"
import type { Replacement, WrittenRecord } from "./written-record.ts"

/** The statement that stores a record. */
export function createStatement(db: Kysely<RecordsTables>, definition: TableDefinition, { id, fields, metadata }: Givens<WrittenRecord>) {
  const values = { id: idOperand(definition, id), fields: sql`${fields}::jsonb`, metadata: sql`${metadata}::jsonb` }
  return db.insertInto(tableOf(definition)).values(insertable(newRow(definition, values)))
}

/** What a new record is made of: SQL for its id and its documents, and for its revision where that is not the first. */
export interface NewRowValues {
  readonly id: RawBuilder<unknown>
  readonly fields: RawBuilder<unknown>
  readonly metadata: RawBuilder<unknown>
  readonly revision?: RawBuilder<unknown>
}

/** What an insert puts into the columns of a table. */
export function newRow(definition: TableDefinition, { id, fields, metadata, revision }: NewRowValues): Record<string, RawBuilder<unknown>> {
  const { columns } = definition
  const names = columnNames(definition)
  return {
    [names.id]: id,
    [names.fields]: fields,
    // nullif keeps the column free of JSON null: without metadata it is SQL NULL.
    ...(names.metadata === undefined ? {} : { [names.metadata]: sql`nullif(${metadata}, 'null')` }),
    // Tables that were there before have defaults of their own, or none.
    ...(names.revision === undefined || (revision === undefined && columns.revision?.isOurs === true) ? {} : { [names.revision]: revision ?? sql`1` }),
    ...(columns.createdAt.isOurs ? {} : { [names.createdAt]: transactionTime(columns.createdAt) }),
    ...(columns.updatedAt.isOurs ? {} : { [names.updatedAt]: transactionTime(columns.updatedAt) }),
  }
}

// The columns of a table that was there before have other names than the row types know.
function insertable(row: Record<string, RawBuilder<unknown>>): Insertable<RecordsTables["records"]> {
  return row as unknown as Insertable<RecordsTables["records"]>
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
  return target.expectedRevision === undefined ? update : conditionalWrite(db, definition, target, "update", update.where(hasExpectedRevision(target)))
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

/** The statement that stores a record or replaces the one with its id, and brings it as it is then. */
export function upsertStatement(db: Kysely<RecordsTables>, definition: TableDefinition, record: Givens<WrittenRecord>) {
  return createStatement(db, definition, record)
    .onConflict((conflict) => conflict.column(columnNames(definition).id).doUpdateSet(replacing(definition)))
    .returning(recordSelection(definition))
}

/** The statement that deletes a record; one row when it was there. */
export function deleteStatement(db: Kysely<RecordsTables>, definition: TableDefinition, target: Givens<WriteTarget>) {
  const { id } = columnNames(definition)
  const deletion = db.deleteFrom(tableOf(definition)).where(id, "=", idOperand(definition, target.id)).returning(id)
  return target.expectedRevision === undefined ? deletion : conditionalWrite(db, definition, target, "delete", deletion.where(hasExpectedRevision(target)))
}

/** The statement that asks for a record with an id; one row when it is there. */
export function existsStatement(db: Kysely<RecordsTables>, definition: TableDefinition, id: Given<string>) {
  const columns = columnNames(definition)
  return db.selectFrom(tableOf(definition)).select(columns.id).where(columns.id, "=", idOperand(definition, id))
}

import { type Kysely, sql } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { columnValue } from "../expression/column-value.ts"
import { outermost } from "../expression/scope.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { columnNames, idsOperand, recordSelection, replacing, touched } from "./stored-columns.ts"
import { createStatement, nextRevisionStatement } from "./write.ts"

/*
 * The statements of batches. Each has one text, whatever the size of the batch: the records are one parameter.
 */

/** Stores records, and fails when an id is taken. */
export function createBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, records: string) {
  return createStatement(db, definition, records).$castTo<{ id: string }>()
}

/** Stores the records whose ids are free; one row each. */
export function skipBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, records: string) {
  const { id } = columnNames(definition)
  return createStatement(db, definition, records)
    .onConflict((conflict) => conflict.column(id).doNothing())
    .returning(`${id} as id`)
}

/** Stores records, each in the place of the one with its id. */
export function replaceBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, records: string) {
  return createStatement(db, definition, records)
    .onConflict((conflict) => conflict.column(columnNames(definition).id).doUpdateSet(replacing(definition)))
    .$castTo<{ id: string }>()
}

/** Stores records with the revision after their own, in the place of one with their own only; one row for each that is stored. */
export function replaceIfRevisionStatement(db: Kysely<RecordsTables>, definition: TableDefinition, records: string) {
  const { id, revision = "revision" } = columnNames(definition)
  const stored = sql.ref(`${definition.table}.${revision}`)
  return nextRevisionStatement(db, definition, records)
    .onConflict((conflict) =>
      conflict
        .column(id)
        .doUpdateSet(replacing(definition))
        .where(sql<boolean>`coalesce(${stored}, 0) = ${sql.ref(`excluded.${revision}`)} - 1`),
    )
    .returning(`${id} as id`)
}

/** Replaces documents of records that are there, and have the revision where one is expected; one row for each. */
export function updateBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, changes: string) {
  const { id, fields, metadata, revision } = columnNames(definition)
  const own = (column: string) => sql.ref(`${definition.table}.${column}`)
  const given = sql`jsonb_to_recordset(${changes}::jsonb)`.as<"given">(
    sql`given(id ${sql.raw(definition.columns.id.type)}, fields jsonb, metadata jsonb, has_metadata boolean, expected_revision bigint)`,
  )
  return db
    .updateTable(tableOf(definition))
    .from(given)
    .set({
      [fields]: sql`coalesce(given.fields, ${own(fields)})`,
      ...(metadata === undefined ? {} : { [metadata]: sql`case when given.has_metadata then given.metadata else ${own(metadata)} end` }),
      ...touched(definition),
    })
    .where(sql<boolean>`${own(id)} = given.id`)
    .$if(revision !== undefined, (update) => update.where(sql<boolean>`coalesce(given.expected_revision = coalesce(${own(revision ?? id)}, 0), true)`))
    .returning(sql<string>`${own(id)}`.as("id"))
}

/** Deletes the records with these ids; one row for each that was there. */
export function deleteBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, ids: readonly string[]) {
  const { id } = columnNames(definition)
  return db
    .deleteFrom(tableOf(definition))
    .where(id, "=", sql<string>`any(${idsOperand(definition, ids)})`)
    .returning(`${id} as id`)
}

/** The records with these ids, in any order. */
export function readBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, ids: readonly string[], numbers?: NumberForm) {
  return db
    .selectFrom(tableOf(definition))
    .select(recordSelection(definition, undefined, numbers))
    .where(columnNames(definition).id, "=", sql<string>`any(${idsOperand(definition, ids)})`)
}

/** The revisions of the records with these ids. */
export function revisionsStatement(db: Kysely<RecordsTables>, definition: TableDefinition, ids: readonly string[]) {
  const { id } = columnNames(definition)
  return db
    .selectFrom(tableOf(definition))
    .select([`${id} as id`, sql<string>`${sql.raw(columnValue("revision", outermost(definition)))}`.as("revision")])
    .where(id, "=", sql<string>`any(${idsOperand(definition, ids)})`)
}

import { type Compilable, type Kysely, sql } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { columnValue } from "../expression/column-value.ts"
import { outermost } from "../expression/scope.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { columnNames, idsOperand, recordSelection, replacing, touched } from "./stored-columns.ts"
import { newRow } from "./write.ts"
import type { RecordRows, RevisedRows } from "./written-record.ts"

/*
 * The statements of batches. Each has one text, whatever the size of the batch: what many records have is one parameter.
 */

/** Stores records, and fails when an id is taken. */
export function createBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, rows: RecordRows) {
  return insertion(db, definition, rows).$castTo<{ id: string }>()
}

/** Stores the records whose ids are free; one row each. */
export function skipBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, rows: RecordRows) {
  const { id } = columnNames(definition)
  return insertion(db, definition, rows)
    .onConflict((conflict) => conflict.column(id).doNothing())
    .returning(`${id} as id`)
}

/** Stores records, each in the place of the one with its id. */
export function replaceBatchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, rows: RecordRows) {
  return insertion(db, definition, rows)
    .onConflict((conflict) => conflict.column(columnNames(definition).id).doUpdateSet(replacing(definition)))
    .$castTo<{ id: string }>()
}

/** Stores records with the revision after their own, in the place of one with their own only; one row for each that is stored. */
export function replaceIfRevisionStatement(db: Kysely<RecordsTables>, definition: TableDefinition, rows: RevisedRows) {
  const { id, revision = "revision" } = columnNames(definition)
  const stored = sql.ref(`${definition.table}.${revision}`)
  return insertion(db, definition, rows, rows.revisions)
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
  const own = (column: string) => sql.ref(`kept.${column}`)
  const given = sql`jsonb_to_recordset(${changes}::jsonb)`.as<"given">(
    sql`given(id ${sql.raw(definition.columns.id.type)}, fields jsonb, metadata jsonb, has_metadata boolean, expected_revision bigint)`,
  )
  return db
    .updateTable(`${tableOf(definition)} as kept`)
    .from(given)
    .set({
      [fields]: sql`coalesce(given.fields, ${own(fields)})`,
      ...(metadata === undefined ? {} : { [metadata]: sql`case when given.has_metadata then given.metadata else ${own(metadata)} end` }),
      ...touched(definition, "kept"),
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

function insertion(db: Kysely<RecordsTables>, definition: TableDefinition, rows: RecordRows, revisions?: readonly number[]) {
  const given = { id: sql`given.id`, fields: sql`given.fields`, metadata: sql`given.metadata` }
  const row = newRow(definition, revisions === undefined ? given : { ...given, revision: sql`given.revision + 1` })
  return db
    .insertInto(tableOf(definition))
    .columns(columnsOf(row))
    .expression(db.selectFrom(givenRows(definition, rows, revisions)).select(Object.entries(row).map(([column, value]) => value.as(column))))
}

// The columns of a table that was there before have other names than the row types know.
function columnsOf(row: object): (keyof RecordsTables["records"])[] {
  return Object.keys(row) as (keyof RecordsTables["records"])[]
}

// A driver looks at each element of a list for what it would have to quote, and a UUID has nothing of the kind.
function idList({ columns }: TableDefinition, ids: readonly string[]): string | readonly string[] {
  return columns.id.type === "uuid" ? `{${ids.join(",")}}` : ids
}

// Documents in arrays of their own, which PostgreSQL takes apart in two thirds of the time that records of three members
// take it. The shorter list is filled with NULL.
function givenRows(definition: TableDefinition, { ids, fields, metadata }: RecordRows, revisions: readonly number[] | undefined) {
  const lists = [
    sql`unnest(${idsOperand(definition, idList(definition, ids))})`,
    sql`jsonb_array_elements(${fields}::jsonb)`,
    sql`jsonb_array_elements(${metadata}::jsonb)`,
    ...(revisions === undefined ? [] : [sql`unnest(${revisions}::bigint[])`]),
  ]
  const names = sql.raw(`given(id, fields, metadata${revisions === undefined ? "" : ", revision"})`)
  return sql`rows from (${sql.join(lists)})`.as<"given">(names)
}

/** Lets deferred constraints look at each statement of a transaction, and not at its end. */
export function immediateConstraintsStatement(db: Kysely<RecordsTables>): Compilable {
  return { compile: () => sql`set constraints all immediate`.compile(db) }
}

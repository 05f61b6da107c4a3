import { type DeleteQueryBuilder, type Expression, type Kysely, type SqlBool, sql, type UpdateQueryBuilder } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { columnValue } from "../expression/column-value.ts"
import { outermost } from "../expression/scope.ts"
import type { Givens } from "./compiled-statements.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { columnNames, idOperand } from "./stored-columns.ts"

/** The record that a write is for. */
export interface WriteTarget {
  readonly id: string
  /** The revision that it must have, `undefined` when any will do. */
  readonly expectedRevision: number | undefined
}

/** A write to one record, with what it brings back. */
export type ConditionalWrite = UpdateQueryBuilder<RecordsTables, "records", "records", object> | DeleteQueryBuilder<RecordsTables, "records", object>

/** What holds where the record that `conditionalWrite` met has the expected revision. */
export function hasExpectedRevision({ expectedRevision }: Givens<WriteTarget>): Expression<SqlBool> {
  return sql<SqlBool>`exists (select from met where met_revision = ${expectedRevision}::bigint)`
}

/**
 * One statement that runs a write with the condition `hasExpectedRevision`, and says what it met: no row where there is no
 * record; else one with `met_revision` and the columns of the write, which are NULL where nothing was written.
 *
 * The record is locked before it is looked at. Without the lock, `met` would be what the snapshot of the statement holds,
 * and under READ COMMITTED the write may meet a newer row, or none, once another transaction has let go of it.
 */
export function conditionalWrite(
  db: Kysely<RecordsTables>,
  definition: TableDefinition,
  { id }: Givens<WriteTarget>,
  kind: "update" | "delete",
  write: ConditionalWrite,
) {
  const met = db
    .selectFrom(tableOf(definition))
    .select(sql<string>`coalesce(${sql.raw(columnValue("revision", outermost(definition)))}, 0)`.as("met_revision"))
    .where(columnNames(definition).id, "=", idOperand(definition, id))
  return (
    db
      // An update leaves the id as it is: who refers to it from another table goes on.
      .with("met", () => (kind === "update" ? met.forNoKeyUpdate() : met.forUpdate()))
      .with("written", () => write)
      .selectFrom("met")
      .leftJoin("written", (join) => join.onTrue())
      .select("met.met_revision")
      .selectAll("written")
  )
}

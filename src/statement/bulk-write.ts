import { type Kysely, sql } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { allOf } from "../expression/compile-filter.ts"
import type { Predicate } from "../predicate/predicate.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { columnNames } from "./stored-columns.ts"
import { replaced } from "./write.ts"
import type { Replacement } from "./written-record.ts"

/** The statement that replaces the documents of all records that the filters find; one row with `count`. */
export function updateWhereStatement(db: Kysely<RecordsTables>, definition: TableDefinition, filters: readonly Predicate[], replacement: Replacement) {
  const { id } = columnNames(definition)
  return db
    .with("written", (cte) => cte.updateTable(tableOf(definition)).set(replaced(definition, replacement)).where(allOf(filters, definition)).returning(id))
    .selectFrom("written")
    .select(COUNT)
}

/** The statement that deletes all records that the filters find; one row with `count`. */
export function deleteWhereStatement(db: Kysely<RecordsTables>, definition: TableDefinition, filters: readonly Predicate[]) {
  const { id } = columnNames(definition)
  return db
    .with("written", (cte) => cte.deleteFrom(tableOf(definition)).where(allOf(filters, definition)).returning(id))
    .selectFrom("written")
    .select(COUNT)
}

const COUNT = sql<string>`count(*)`.as("count")

import type { Kysely } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { allOf } from "../expression/compile-filter.ts"
import type { Predicate } from "../predicate/predicate.ts"
import { type RecordsTables, tableOf } from "./records-tables.ts"
import { replaced } from "./write.ts"
import type { Replacement } from "./written-record.ts"

/** The statement that replaces the documents of all records that the filters find. */
export function updateWhereStatement(db: Kysely<RecordsTables>, definition: TableDefinition, filters: readonly Predicate[], replacement: Replacement) {
  return db.updateTable(tableOf(definition)).set(replaced(definition, replacement)).where(allOf(filters, definition))
}

/** The statement that deletes all records that the filters find. */
export function deleteWhereStatement(db: Kysely<RecordsTables>, definition: TableDefinition, filters: readonly Predicate[]) {
  return db.deleteFrom(tableOf(definition)).where(allOf(filters, definition))
}

import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely"
import type { DB } from "../../codegen/database.ts"
import type { TableName } from "../definition/records-definition.ts"

/** What the statements are built on: the tables as the migrations leave them. */
export type RecordsTables = DB

/** The table of a definition, under the name by which the generated row types know it. */
export function tableOf(definition: TableName): "records" {
  // The row types are those of every table that the migration makes, whatever its name is.
  return `${definition.schema}.${definition.table}` as "records"
}

/** A Kysely that builds SQL for PostgreSQL and is connected to nothing. */
export const unconnected: Kysely<RecordsTables> = new Kysely<RecordsTables>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

import { type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"

/** Where a table of records is made. */
export interface RecordsTable {
  /** At most 41 bytes, so that the names made from it fit PostgreSQL's 63. */
  table: string
  schema: string
  /** The documents with a GIN of their own: both, when left out. */
  gin?: readonly string[]
  /** Further statements, such as those of the indexes that a definition declares. */
  then?: readonly string[]
}

/** The migration that makes one table of records, with GIN indexes that serve containment (`@>`). */
export function recordsMigration({ table, schema, gin = ["fields", "metadata"], then = [] }: RecordsTable): Required<Migration> {
  return {
    async up(db: Kysely<any>): Promise<void> {
      const inSchema = db.schema.withSchema(schema)
      await inSchema
        .createTable(table)
        .addColumn("id", "uuid", (column) => column.primaryKey())
        .addColumn("fields", "jsonb", (column) => column.notNull())
        .addColumn("metadata", "jsonb")
        .addColumn("revision", "bigint", (column) => column.notNull().defaultTo(1))
        .addColumn("created_at", "timestamptz(3)", (column) => column.notNull().defaultTo(sql`now()`))
        .addColumn("updated_at", "timestamptz(3)", (column) => column.notNull().defaultTo(sql`now()`))
        .execute()
      for (const column of gin) {
        await inSchema
          .createIndex(`${table}_${column}_gin`)
          .on(table)
          .using("gin")
          .expression(sql`${sql.ref(column)} jsonb_path_ops`)
          .execute()
      }
      for (const statement of then) await sql.raw(statement).execute(db)
    },
    async down(db: Kysely<any>): Promise<void> {
      await db.schema.withSchema(schema).dropTable(table).execute()
    },
  }
}

const seed = recordsMigration({ table: "records", schema: "public" })

export const up = (db: Kysely<any>): Promise<void> => seed.up(db)
export const down = (db: Kysely<any>): Promise<void> => seed.down(db)

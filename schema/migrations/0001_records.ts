import { type CompiledQuery, type Kysely, sql } from "kysely"
import type { Migration } from "kysely/migration"

/** Where a table of records is made. */
export interface RecordsTable {
  /** At most 41 bytes, so that the names made from it fit PostgreSQL's 63. */
  table: string
  schema: string
  /** The documents with a GIN of their own: both, when left out. */
  gin?: readonly string[]
  /** How many partitions the table has, by a hash of `id`; one table, when left out. */
  partitions?: number | undefined
  /** Statements before it, such as those of the extensions that an index needs. */
  before?: readonly string[]
  /** Further statements, such as those of the indexes that a definition declares. */
  after?: readonly string[]
}

/** The migration that makes one table of records, with GIN indexes that serve containment (`@>`). */
export function recordsMigration(options: RecordsTable): Required<Migration> {
  return {
    // Also a run without transactions makes all of it or nothing.
    up: (db: Kysely<any>) => (db.isTransaction ? made(db, options) : db.transaction().execute((trx) => made(trx, options))),
    async down(db: Kysely<any>): Promise<void> {
      await db.schema.withSchema(options.schema).dropTable(options.table).execute()
    },
  }
}

/** The statements of the migration, in their order. */
export function recordsStatements(db: Kysely<any>, options: RecordsTable): readonly CompiledQuery[] {
  const { table, schema, gin = ["fields", "metadata"], partitions, before = [], after = [] } = options
  const inSchema = db.schema.withSchema(schema)
  const columns = inSchema
    .createTable(table)
    .addColumn("id", "uuid", (column) => column.primaryKey())
    .addColumn("fields", "jsonb", (column) => column.notNull())
    .addColumn("metadata", "jsonb")
    .addColumn("revision", "bigint", (column) => column.notNull().defaultTo(1))
    .addColumn("created_at", "timestamptz(3)", (column) => column.notNull().defaultTo(sql`now()`))
    .addColumn("updated_at", "timestamptz(3)", (column) => column.notNull().defaultTo(sql`now()`))
  const whole = partitions === undefined ? columns : columns.modifyEnd(sql`partition by hash (id)`)
  const parts = Array.from({ length: partitions ?? 0 }, (_, remainder) => {
    const values = sql`(modulus ${sql.lit(partitions)}, remainder ${sql.lit(remainder)})`
    return sql`create table ${sql.id(schema, `${table}_p${remainder}`)} partition of ${sql.id(schema, table)} for values with ${values}`
  })
  const indexes = gin.map((column) =>
    inSchema
      .createIndex(`${table}_${column}_gin`)
      .on(table)
      .using("gin")
      .expression(sql`${sql.ref(column)} jsonb_path_ops`),
  )
  return [...before.map((statement) => sql.raw(statement)), whole, ...parts, ...indexes, ...after.map((statement) => sql.raw(statement))].map((statement) =>
    statement.compile(db),
  )
}

async function made(db: Kysely<any>, options: RecordsTable): Promise<void> {
  for (const statement of recordsStatements(db, options)) await db.executeQuery(statement)
}

const seed = recordsMigration({ table: "records", schema: "public" })

export const up = (db: Kysely<any>): Promise<void> => seed.up(db)
export const down = (db: Kysely<any>): Promise<void> => seed.down(db)

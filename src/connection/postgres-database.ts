import type { Kysely } from "kysely"
import { defineRecords, type RecordsDefinition } from "../definition/records-definition.ts"
import { type MigrateOptions, migrate } from "../migration/migrate.ts"
import type { JsonObject } from "../query/field.ts"
import type { QueryObserver } from "../store/query-observer.ts"
import type { KyselyTables } from "../store/record-reader.ts"
import { RecordStore } from "../store/record-store.ts"
import { type Connection, type ConnectionOptions, connection } from "./connection.ts"

/** Where the database is, and which table of it holds the records. */
export type PostgresDatabaseOptions<F, M, FIn = F, MIn = M> = ConnectionOptions & {
  /** The table and the types of its records; without it, the table `records` with any JSON. */
  readonly records?: RecordsDefinition<F, M, FIn, MIn> | undefined
  /** Told of every query that is run, such as a `QueryRecorder` of `kysely-records/operations`; those of transactions too. */
  readonly recorder?: QueryObserver | undefined
}

/**
 * A table of typed records in a PostgreSQL database: on a server, or embedded in this process.
 * Opening one does nothing; the first statement connects. Nothing creates the table but `migrate()`.
 *
 * @example
 * const db = new PostgresDatabase({ embedded: true })
 * await db.migrate()
 * const ada = await db.create({ fields: { name: "Ada" } })
 * @throws ConfigurationError for options that contradict each other or name no database.
 */
export class PostgresDatabase<F = JsonObject, M = JsonObject, FIn = F, MIn = M> extends RecordStore<F, M, FIn, MIn> {
  readonly #connection: Connection

  constructor(options: PostgresDatabaseOptions<F, M, FIn, MIn>) {
    const { records = defineRecords<F, M, FIn, MIn>(), recorder, ...way } = options
    const opened = connection(way)
    super(asTables<F, M>(opened.kysely), records, recorder)
    this.#connection = opened
  }

  /**
   * Makes the table and its indexes where there is no table, as a Kysely migration in one transaction. Where there is
   * one, builds the indexes that the definition declares and the table lacks, while others read and write; nothing is
   * dropped. With `folder` or `provider` runs the migrations there that have not run yet, and builds nothing else.
   * Gives the names of what was done, none when everything was there. A second runner waits for the first.
   *
   * @example
   * await db.migrate() // ["0001_records"]
   * await db.migrate() // []
   * @throws ConfigurationError that says which step failed; the schema is as it was then.
   */
  async migrate(options: MigrateOptions = {}): Promise<string[]> {
    return migrate(this.#connection.kysely, this.definition, options)
  }

  /** Closes what this database opened: not a pool or a Kysely that it was given. Further statements fail. */
  async close(): Promise<void> {
    await this.#connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

// The tables of a Kysely are a matter of types alone.
function asTables<F, M>(kysely: Kysely<never>): Kysely<KyselyTables<F, M>> {
  return kysely as unknown as Kysely<KyselyTables<F, M>>
}

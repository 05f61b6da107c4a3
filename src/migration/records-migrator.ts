import { type MigrateOptions, type MigrationResultSet, Migrator, type MigratorProps, type NoMigrations } from "kysely/migration"
import { underMigrationLock } from "./migration-lock.ts"

/**
 * Kysely's Migrator for lists in which an index is built concurrently, such as files of `kysely-records generate`: a
 * second runner waits until the first has ended, where two of Kysely's own would end in a deadlock.
 */
export class RecordsMigrator extends Migrator {
  readonly #props: MigratorProps

  constructor(props: MigratorProps) {
    super(props)
    this.#props = props
  }

  override async migrateToLatest(options?: MigrateOptions): Promise<MigrationResultSet> {
    return this.#locked((migrator) => migrator.migrateToLatest(options))
  }

  override async migrateTo(target: string | NoMigrations, options?: MigrateOptions): Promise<MigrationResultSet> {
    return this.#locked((migrator) => migrator.migrateTo(target, options))
  }

  override async migrateUp(options?: MigrateOptions): Promise<MigrationResultSet> {
    return this.#locked((migrator) => migrator.migrateUp(options))
  }

  override async migrateDown(options?: MigrateOptions): Promise<MigrationResultSet> {
    return this.#locked((migrator) => migrator.migrateDown(options))
  }

  async #locked(run: (migrator: Migrator) => Promise<MigrationResultSet>): Promise<MigrationResultSet> {
    try {
      return await underMigrationLock(this.#props.db, (db) => run(new Migrator({ ...this.#props, db })))
    } catch (error) {
      // As Kysely's own does, it tells an error and never throws one.
      return { error }
    }
  }
}

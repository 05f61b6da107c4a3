import { type Kysely, sql } from "kysely"
import { type Migration, type MigrationProvider, type MigrationResultSet, Migrator } from "kysely/migration"
import { migrationTables, recordsMigrationProvider } from "../../schema/migration-provider.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { ConfigurationError } from "../errors.ts"
import { markIndexSql } from "../statement/index-statement.ts"
import { changeTable } from "./change-table.ts"
import { checkOptions } from "./known-options.ts"
import { type LiveTable, liveTable } from "./live-table.ts"
import { differsTooMuch, type FailedMigration, migrationError, partError } from "./migration-error.ts"
import { migrationsWithFiles } from "./migration-files.ts"
import { underMigrationLock } from "./migration-lock.ts"
import { type TableDifference, tableDifference, unmarkedIndexes } from "./table-difference.ts"
import { recordsTable } from "./table-migration.ts"

/** What `migrate` runs, and how long it waits. */
export interface MigrateOptions {
  /** A folder of migration files, such as those that `kysely-records generate` writes: they are run, and nothing else is built. */
  readonly folder?: string | undefined
  /** The same, for a program that cannot read a folder: the migrations by name. */
  readonly provider?: MigrationProvider | undefined
  /** How long an index that is built here waits for the locks and the transactions of others: 30,000 when left out. */
  readonly lockTimeoutMs?: number | undefined
}

/**
 * Makes the table of a definition where there is none, in one transaction; where there is one, builds the indexes that
 * it lacks while others read and write. With files, runs those that have not run. Gives the names of what was done.
 * Other runners wait, those of kysely-ctl included.
 *
 * @throws ConfigurationError that says which step failed; the schema is as it was then.
 */
export async function migrate(kysely: Kysely<never>, definition: TableDefinition, options: MigrateOptions = {}): Promise<string[]> {
  const { folder, provider, lockTimeoutMs } = checkedOptions(options)
  const db = kysely.withoutPlugins()
  if (folder !== undefined || provider !== undefined) {
    return underMigrationLock(db, async (connection) =>
      runMigrations(connection, definition, await migrationsWithFiles(connection, definition, provider ?? folder ?? ""), "each alone"),
    )
  }
  // A role that may only read and write rows gets no further than this, where there is nothing to do.
  const live = await liveTable(db, definition, lockTimeoutMs)
  if (live !== undefined && !db.isTransaction) await markIndexes(db, definition, live)
  if (toBuild(checkedDifference(definition, live)).length === 0) return []
  return underMigrationLock(db, (connection) => migrateTable(connection, definition, lockTimeoutMs))
}

async function migrateTable(db: Kysely<never>, definition: TableDefinition, lockTimeoutMs: number): Promise<string[]> {
  const live = await liveTable(db, definition, lockTimeoutMs)
  if (live === undefined) return madeTable(db, definition)
  if (db.isTransaction) {
    throw new ConfigurationError(
      "in_transaction",
      "migrate: an index is built while others write, which PostgreSQL does in no transaction: call it outside of one",
    )
  }
  try {
    return await changeTable(db, toBuild(checkedDifference(definition, live)), `${lockTimeoutMs}ms`)
  } catch (error) {
    throw partError(error, "migrate", definition)
  }
}

// A runner that was killed may have left an index that the server finished without it. Only the owner can mark it.
async function markIndexes(db: Kysely<never>, definition: TableDefinition, live: LiveTable): Promise<void> {
  for (const name of unmarkedIndexes(definition, live)) await sql.raw(markIndexSql(name, definition)).execute(db).catch(ignore)
}

function ignore(): void {}

async function madeTable(db: Kysely<never>, definition: TableDefinition): Promise<string[]> {
  const names = await runMigrations(db, definition, recordsMigrationProvider(recordsTable(definition)), "in one transaction")
  if (names.length > 0) return names
  const { schema, table } = definition
  const { migrationTableName } = migrationTables(definition)
  throw new ConfigurationError(
    "missing_table",
    `migrate: there is no table "${schema}"."${table}", but ${migrationTableName} says that it was made: if it was dropped by hand, delete the row of 0001_records there`,
  )
}

/** Runs what has not run yet of a list, and gives the names. */
async function runMigrations(
  db: Kysely<never>,
  definition: TableDefinition,
  provider: MigrationProvider,
  transactions: "in one transaction" | "each alone",
): Promise<string[]> {
  let failed: FailedMigration | undefined
  const noting = noted(provider, (one) => {
    failed = one
  })
  const migrator = new Migrator({ db, provider: noting, ...migrationTables(definition) })
  const { error, results = [] }: MigrationResultSet = await migrator.migrateToLatest({ disableTransactions: transactions === "each alone" })
  if (error !== undefined) throw await migrationError(failed ?? { error, name: undefined }, db, definition)
  return results.map(({ migrationName }) => migrationName)
}

// Where the connection is lost, Kysely's Migrator tells that its lock could not be given back, and not what failed before.
function noted(provider: MigrationProvider, note: (failed: FailedMigration) => void): MigrationProvider {
  const followed = (name: string, migration: Migration): Migration => ({
    up: async (db) => {
      try {
        await migration.up(db)
      } catch (error) {
        note({ name, error })
        throw error
      }
    },
  })
  const getMigrations = async () =>
    Object.fromEntries(Object.entries(await provider.getMigrations()).map(([name, migration]) => [name, followed(name, migration)]))
  return { getMigrations }
}

function toBuild({ changes }: TableDifference) {
  return changes.filter(({ isWanted }) => isWanted)
}

function checkedDifference(definition: TableDefinition, live: LiveTable | undefined): TableDifference {
  const found = tableDifference(definition, live)
  if (found.faults.length > 0) throw differsTooMuch("migrate", definition, found)
  if (live !== undefined && definition.distribute && !live.isDistributed) {
    // It moves every record, and writers wait: not something to happen by itself when a program starts.
    throw differsTooMuch("migrate", definition, {
      isMissing: false,
      faults: ["is not distributed: `kysely-records generate` writes the migration that does it"],
    })
  }
  return found
}

function checkedOptions(options: MigrateOptions): MigrateOptions & { readonly lockTimeoutMs: number } {
  const { folder, provider, lockTimeoutMs = 30_000 } = options
  checkOptions("migrate", options, ["folder", "provider", "lockTimeoutMs"])
  if (folder !== undefined && provider !== undefined) throw new ConfigurationError("invalid_option", "migrate takes a folder or a provider, not both")
  if (folder !== undefined && (typeof folder !== "string" || folder === ""))
    throw new ConfigurationError("invalid_option", "migrate: folder is the path of a directory")
  if (provider !== undefined && typeof provider.getMigrations !== "function")
    throw new ConfigurationError("invalid_option", "migrate: provider is no MigrationProvider")
  if (!Number.isSafeInteger(lockTimeoutMs) || lockTimeoutMs < 1 || lockTimeoutMs > 2_147_483_647) {
    throw new ConfigurationError("invalid_option", "migrate: lockTimeoutMs is a whole number of at least 1")
  }
  return { folder, provider, lockTimeoutMs }
}

import type { Kysely } from "kysely"
import { type MigrationResult, Migrator } from "kysely/migration"
import { migrationTables, recordsMigrationProvider } from "../../schema/migration-provider.ts"
import type { TableName } from "../definition/records-definition.ts"
import { ConfigurationError } from "../errors.ts"
import { databaseError, sqlState } from "../store/database-error.ts"

/**
 * Runs the migrations of a table that have not run yet, all of them in one transaction, and gives their names.
 * A second runner waits for the first: Kysely holds a lock of the session meanwhile.
 *
 * @throws ConfigurationError that says which migration failed; the schema is as it was then.
 */
export async function migrate(kysely: Kysely<never>, definition: TableName): Promise<string[]> {
  const migrator = new Migrator({
    db: kysely.withoutPlugins(),
    provider: recordsMigrationProvider(definition),
    ...migrationTables(definition),
  })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined) throw migrationError(error, results, definition)
  return results.map(({ migrationName }) => migrationName)
}

function migrationError(error: unknown, results: readonly MigrationResult[], definition: TableName): Error {
  const failed = results.find(({ status }) => status === "Error")?.migrationName
  // 42P07: a relation of that name is there.
  if (failed !== undefined && sqlState(error) === "42P07") {
    return new ConfigurationError(
      "table_exists",
      `migrate: "${definition.schema}"."${definition.table}" exists, but not by a migration that ${migrationTables(definition).migrationTableName} lists: nothing was changed. Give the definition another table; or where another list of migrations made it, run that list and not migrate()`,
      { cause: error },
    )
  }
  const step = failed === undefined ? "migrate" : `migrate, step ${failed}`
  return databaseError(error, { operation: step, ...definition })
}

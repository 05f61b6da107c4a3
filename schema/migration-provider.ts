import type { Migration, MigrationProvider } from "kysely/migration"
import { type RecordsTable, recordsMigration } from "./migrations/0001_records.ts"

/** Where Kysely keeps the list of migrations that a table of records has been through. */
export interface MigrationTables {
  migrationTableName: string
  migrationLockTableName: string
  migrationTableSchema: string
}

/** Each table of records has a list of its own, so that it meets neither another one's nor the application's. */
export function migrationTables({ table, schema }: RecordsTable): MigrationTables {
  return {
    migrationTableName: `kysely_migration_${table}`,
    // No list is called so: `kysely_migration_<table>_lock` is that of a table `<table>_lock`.
    migrationLockTableName: `kysely_migrationlock_${table}`,
    migrationTableSchema: schema,
  }
}

/** The migrations of one table of records, by name, in order: the files of `schema/migrations`. */
export function recordsMigrations(table: RecordsTable): Record<string, Migration> {
  return { "0001_records": recordsMigration(table) }
}

/** The same list, as Kysely's Migrator takes it. */
export function recordsMigrationProvider(table: RecordsTable): MigrationProvider {
  return { getMigrations: () => Promise.resolve(recordsMigrations(table)) }
}

import * as fs from "node:fs/promises"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import type { Kysely } from "kysely"
import { FileMigrationProvider, type Migration, type MigrationProvider, Migrator } from "kysely/migration"
import { migrationTables, recordsMigrationProvider, recordsMigrations } from "../../schema/migration-provider.ts"
import { isMapped } from "../definition/record-columns.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { ConfigurationError } from "../errors.ts"
import { fileWord } from "./migration-file.ts"
import { recordsTable } from "./table-migration.ts"

/**
 * The migrations of a folder, or of a provider, as one list. The one that makes the table stands before them, unless
 * one of them makes it: its name ends with `_create_<table>`.
 *
 * @throws ConfigurationError when the folder or a file of it cannot be read.
 */
export async function migrationsWithFiles(db: Kysely<never>, definition: TableDefinition, source: string | MigrationProvider): Promise<MigrationProvider> {
  const files = typeof source === "string" ? await folderMigrations(source) : await source.getMigrations()
  const makesTable = Object.keys(files).some((name) => name.endsWith(`_create_${fileWord(definition.table)}`))
  const isOthers = isMapped(definition.columns) || (makesTable && !(await hasRunFirst(db, definition)))
  const migrations = isOthers ? files : { ...recordsMigrations(recordsTable(definition)), ...files }
  return { getMigrations: () => Promise.resolve(migrations) }
}

async function folderMigrations(folder: string): Promise<Record<string, Migration>> {
  const migrationFolder = path.resolve(folder)
  const imported = async (file: string): Promise<unknown> => import(pathToFileURL(file).href)
  try {
    return await new FileMigrationProvider({ fs, path, migrationFolder, import: imported }).getMigrations()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError("invalid_folder", `migrate: the migrations in ${JSON.stringify(folder)} cannot be read: ${why}`, { cause })
  }
}

// Kysely takes no list that lacks what has run.
async function hasRunFirst(db: Kysely<never>, definition: TableDefinition): Promise<boolean> {
  const list = new Migrator({ db, provider: recordsMigrationProvider(definition), ...migrationTables(definition) })
  return (await list.getMigrations()).some(({ executedAt }) => executedAt !== undefined)
}

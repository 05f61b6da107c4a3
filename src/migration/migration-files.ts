import * as fs from "node:fs/promises"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { type Kysely, sql } from "kysely"
import { FileMigrationProvider, type Migration, type MigrationProvider, Migrator } from "kysely/migration"
import { migrationTables, recordsMigrationProvider, recordsMigrations } from "../../schema/migration-provider.ts"
import { isMapped } from "../definition/record-columns.ts"
import type { TableDefinition, TableName } from "../definition/records-definition.ts"
import { ConfigurationError } from "../errors.ts"
import { quotedIn } from "../statement/index-statement.ts"
import { databaseError } from "../store/database-error.ts"
import { listRefused } from "./migration-error.ts"
import { createSuffix, markedTable, TABLE_MARK } from "./migration-file.ts"
import { recordsTable } from "./table-migration.ts"

/**
 * The migrations of a folder, or of a provider, as one list. The one that makes the table stands before them, unless
 * one of them makes it: its name ends with `_create_<table>`. Those that say that they are of another table are that
 * table's, and what says nothing, such as a file of one's own, is run once, whichever of the tables comes first.
 *
 * @throws ConfigurationError when the folder or a file of it cannot be read.
 */
export async function migrationsWithFiles(db: Kysely<never>, definition: TableDefinition, source: string | MigrationProvider): Promise<MigrationProvider> {
  const all = Object.entries(typeof source === "string" ? await folderMigrations(source) : await source.getMigrations())
  const own = markedTable(definition)
  const others = new Set(all.flatMap(([, file]) => tableOf(file) ?? []).filter((table) => table !== own))
  const done = await doneBy([...others].map(tableName), db)
  const files = all
    .filter(([, file]) => !others.has(tableOf(file) ?? own))
    .map(([name, file]) => [name, done.has(name) && tableOf(file) === undefined ? NOTHING : file] as const)
  const makesTable = files.some(([name]) => name.endsWith(createSuffix(definition)))
  const isOthers = isMapped(definition.columns) || (makesTable && !(await hasRunFirst(db, definition)))
  const migrations = { ...(isOthers ? {} : recordsMigrations(recordsTable(definition))), ...Object.fromEntries(files) }
  return { getMigrations: () => Promise.resolve(migrations) }
}

// What another table's list has run stands in the list of this one as well, and is not run again.
const NOTHING: Migration = { up: () => Promise.resolve() }

function tableOf(file: Migration): string | undefined {
  const table: unknown = Reflect.get(file, TABLE_MARK)
  return typeof table === "string" ? table : undefined
}

function tableName(marked: string): TableName {
  const [schema = "", table = ""] = marked.split(".")
  return { schema, table }
}

/** The names of the migrations that the lists of some tables say have run. @throws ConfigurationError for a list that may not be read. */
export async function doneBy(tables: readonly TableName[], db: Kysely<never>): Promise<ReadonlySet<string>> {
  const done = new Set<string>()
  for (const table of tables) {
    const { migrationTableSchema, migrationTableName } = migrationTables(table)
    const list = quotedIn(migrationTableSchema, migrationTableName)
    const { rows: there } = await sql<{ is_there: boolean }>`select to_regclass(${list}) is not null as is_there`.execute(db)
    if (there[0]?.is_there !== true) continue
    for (const { name } of await listed(db, list, table)) done.add(name)
  }
  return done
}

async function listed(db: Kysely<never>, list: string, table: TableName): Promise<readonly { name: string }[]> {
  try {
    const { rows } = await sql.raw<{ name: string }>(`select name from ${list}`).execute(db)
    return rows
  } catch (error) {
    throw (await listRefused(error, table, db)) ?? databaseError(error, { operation: "migrate", ...table })
  }
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

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import type { TableDefinition } from "../definition/records-definition.ts"
import { ConfigurationError } from "../errors.ts"
import type { RecordStore } from "../store/record-store.ts"
import { difference } from "./difference.ts"
import { checkOptions } from "./known-options.ts"
import { differsTooMuch } from "./migration-error.ts"
import { isMigrationOf, type MigrationFile, migrationFile } from "./migration-file.ts"
import { doneBy } from "./migration-files.ts"
import type { TableChange, TableDifference } from "./table-difference.ts"

/** Where `generate` writes. */
export interface GenerateOptions {
  /** The folder of the migrations, `migrations` when left out; it is made where it is not there. */
  readonly folder?: string | undefined
}

/** A migration file that `generate` wrote, or that it found written already. */
export interface GeneratedMigration {
  readonly path: string
  readonly isNew: boolean
  readonly changes: readonly TableChange[]
}

/** The same, and the files before it that have not run: what they do is not in the database, and so in this one too. */
export interface ComparedMigration extends GeneratedMigration {
  readonly notRun: readonly string[]
}

/**
 * Compares the table that is there with the definition, and writes the Kysely migration that makes it so: one file, with
 * `up` and `down`, to be read and committed. `null` when nothing differs. The database is only looked at; no file is
 * overwritten, and one that has the same text already is given instead of a second one. `notRun` has the paths of other
 * files of this table in the folder that `migrate` has not run yet: run them and generate again, or delete them.
 *
 * @example
 * await generate(db, { folder: "migrations" }) // null
 * @throws ConfigurationError when no migration can make the table as it should be, or the file cannot be written.
 */
export async function generate<F, M>(db: RecordStore<F, M>, options: GenerateOptions = {}): Promise<ComparedMigration | null> {
  checkOptions("generate", options, ["folder"])
  const file = await writtenMigration("generate", db.definition, await difference(db), options)
  if (file === null) return null
  const others = (await filesOf(db.definition, options)).filter((path) => path !== file.path)
  return { ...file, notRun: others.length === 0 ? [] : await notRun(others, db) }
}

async function filesOf(definition: TableDefinition, { folder = FOLDER }: GenerateOptions): Promise<readonly string[]> {
  const paths = (await readdir(folder)).filter((name) => TIME.test(name) && name.endsWith(".ts")).map((name) => join(folder, name))
  const texts = await Promise.all(paths.map((path) => readFile(path, "utf8")))
  return paths.filter((_, index) => isMigrationOf(definition, texts[index] ?? "")).sort()
}

async function notRun<F, M>(files: readonly string[], { kysely, definition }: RecordStore<F, M>): Promise<readonly string[]> {
  try {
    const done = await doneBy([definition], kysely.withoutPlugins() as never)
    return files.filter((path) => !done.has(basename(path, ".ts")))
  } catch (error) {
    // To compare takes no privilege, and whoever may not read the list is told nothing about it.
    if (error instanceof ConfigurationError) return []
    throw error
  }
}

/** The file of a difference; `null` where there is none. @throws ConfigurationError as `generate` does. */
export async function writtenMigration(
  operation: string,
  definition: TableDefinition,
  found: TableDifference,
  { folder = FOLDER }: GenerateOptions,
): Promise<GeneratedMigration | null> {
  if (found.faults.length > 0) throw differsTooMuch(operation, definition, found)
  if (found.changes.length === 0) return null
  const file = migrationFile(definition, found)
  try {
    return { ...(await written(folder, file)), changes: found.changes }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError("invalid_folder", `${operation}: the migration cannot be written to ${JSON.stringify(folder)}: ${why}`, { cause })
  }
}

async function written(folder: string, { subject, text }: MigrationFile): Promise<{ path: string; isNew: boolean }> {
  await mkdir(folder, { recursive: true })
  const names = (await readdir(folder)).sort()
  for (const name of names.filter((one) => one.endsWith(`_${subject}.ts`))) {
    if ((await readFile(join(folder, name), "utf8")) === text) return { path: join(folder, name), isNew: false }
  }
  const path = join(folder, `${timeAfter(names.filter((name) => TIME.test(name)).at(-1))}_${subject}.ts`)
  await writeFile(path, text, { flag: "wx" })
  return { path, isNew: true }
}

const FOLDER = "migrations"
const TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)_/

// Kysely runs its list in the order of the names, and takes no new one before one that has run.
function timeAfter(last: string | undefined): string {
  const now = timeText(new Date())
  if (last === undefined || last < now) return now
  const time = Date.parse(last.replace(TIME, "$1-$2-$3T$4:$5:$6Z ").slice(0, "2026-11-24T18:30:00Z".length))
  return Number.isNaN(time) ? now : timeText(new Date(time + 1000))
}

function timeText(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")
}

import { type QueryExecutorProvider, sql } from "kysely"
import { migrationTables } from "../../schema/migration-provider.ts"
import type { TableDefinition, TableName } from "../definition/records-definition.ts"
import { ConfigurationError, type RecordsError } from "../errors.ts"
import { declaredIndexes, quotedIn } from "../statement/index-statement.ts"
import { databaseError, sqlState } from "../store/database-error.ts"
import { createSuffix } from "./migration-file.ts"
import type { TableDifference } from "./table-difference.ts"
import { neededExtensions } from "./table-migration.ts"
import { extensionReasons, NO_CITUS, OUT_OF_SIGHT } from "./table-parts.ts"

/** The error of a table that no migration here makes into that of the definition. */
export function differsTooMuch(operation: string, { schema, table }: TableName, found: Pick<TableDifference, "isMissing" | "faults">): ConfigurationError {
  const code = found.isMissing ? "missing_table" : "table_exists"
  return new ConfigurationError(code, `${operation}: "${schema}"."${table}" ${found.faults.join("; and it ")}; nothing was changed`)
}

/** What was thrown, and by which migration of a list; `undefined`: by none of them. */
export interface FailedMigration {
  readonly name: string | undefined
  readonly error: unknown
}

/** The error of a list of migrations that was not run to its end. */
export async function migrationError({ name: failed, error }: FailedMigration, db: QueryExecutorProvider, definition: TableDefinition): Promise<RecordsError> {
  if (failed === undefined)
    return listFault(error, definition) ?? (await listRefused(error, definition, db)) ?? databaseError(error, { operation: "migrate", ...definition })
  const step = `migrate, step ${failed}`
  if (failed !== "0001_records" && !failed.endsWith(createSuffix(definition))) return partError(error, step, definition)
  const reason = (await firstReasons(definition, db).catch(() => ({}) as Reasons))[sqlState(error) ?? ""]
  if (reason === undefined) return databaseError(error, { operation: step, ...definition })
  return new ConfigurationError(reason.code, `${step}: ${reason.why}; nothing was changed`, { cause: error })
}

// Kysely's own words: they name migrations, and nothing that is in a record.
function listFault(error: unknown, definition: TableName): RecordsError | undefined {
  const [, fault] = (error instanceof Error ? /^corrupted migrations: (.+)$/s.exec(error.message) : null) ?? []
  if (fault === undefined) return undefined
  const { migrationTableName } = migrationTables(definition)
  const message = `migrate: the list of migrations is not the one that ${migrationTableName} says has run: ${fault}; give it all of them, in their order; nothing was changed`
  return new ConfigurationError("migration_failed", message, { cause: error })
}

/** The error for a role that may not use the list of what has run; `undefined` for any other error. */
export async function listRefused(error: unknown, definition: TableName, db: QueryExecutorProvider): Promise<RecordsError | undefined> {
  if (sqlState(error) !== "42501") return undefined
  const { migrationTableName, migrationLockTableName, migrationTableSchema } = migrationTables(definition)
  const [list, lock] = [migrationTableName, migrationLockTableName].map((name) => quotedIn(migrationTableSchema, name))
  const isThere = (await existing(db, migrationTableSchema, [migrationTableName]).catch(() => [])).length > 0
  const message = isThere
    ? `migrate: this role may not use the list of what has run, ${list}: let the owner of the table run its migrations, or grant \`select\` on ${list} and ${lock} to see that nothing is left to run`
    : `migrate: this role may make no table in the schema "${migrationTableSchema}", or may not make that schema: grant it \`create\`, or let another role run the migrations`
  return new ConfigurationError("no_privilege", message, { cause: error })
}

/** The error of `changeTable`, or of another migration. */
export function partError(error: unknown, step: string, definition: TableName): RecordsError {
  if (!(error instanceof Error) || !("part" in error)) return databaseError(error, { operation: step, ...definition })
  if ("reason" in error) return stepFailed(error, step)
  const named = databaseError(error.cause ?? error, { operation: `${step}, ${String(error.part)}`, ...definition })
  // What the server said is one thing, and what there is now another.
  if ("end" in error) named.message = `${named.message}; ${String(error.end)}`
  return named
}

function stepFailed(error: Error & { readonly part: unknown; readonly code?: unknown }, step: string): ConfigurationError {
  const message = `${step}, ${error.message}`
  const options = { cause: error }
  if (/^(?:extension|distribution) /.test(String(error.part))) return new ConfigurationError("missing_extension", message, options)
  if (error.code === "42501") return new ConfigurationError("no_privilege", message, options)
  return new ConfigurationError("migration_failed", message, options)
}

interface Reason {
  readonly code: string
  readonly why: string
}

type Reasons = Readonly<Record<string, Reason>>

// By SQLSTATE, why the table could not be made; the failed migration was rolled back by then.
async function firstReasons(definition: TableDefinition, db: QueryExecutorProvider): Promise<Reasons> {
  const present = await extensions(db)
  const needed = neededExtensions(definition)
  const missing = needed.filter((extension) => !present.includes(extension))
  return {
    "42P07": { code: "table_exists", why: await nameTaken(definition, db) },
    ...(definition.distribute ? { "42883": { code: "missing_extension", why: NO_CITUS } } : {}),
    ...Object.fromEntries(
      missing.flatMap((extension) => Object.entries(extensionReasons(extension)).map(([state, why]) => [state, { code: "missing_extension", why }])),
    ),
    ...(needed.length > missing.length ? { "42704": { code: "missing_extension", why: OUT_OF_SIGHT } } : {}),
  }
}

async function nameTaken(definition: TableDefinition, db: QueryExecutorProvider): Promise<string> {
  const { schema, table } = definition
  const { migrationTableName } = migrationTables(definition)
  if ((await existing(db, schema, [table])).length > 0) {
    return `"${schema}"."${table}" exists, but not by a migration that ${migrationTableName} lists: give the definition another table; or where another list of migrations made it, run that list and not migrate()`
  }
  const partitions = Array.from({ length: definition.partitions ?? 0 }, (_, index) => `${table}_p${index}`)
  const names = declaredIndexes(definition).map(({ name }) => name)
  const taken = await existing(db, schema, [`${table}_pkey`, ...names, ...partitions])
  return `something else in the schema "${schema}" has the name of an index or a partition of the table${taken.length === 0 ? "" : `, ${taken.join(", ")}`}: rename that, or give the definition another table`
}

/** Which of these names a schema has, for a table, an index or anything of the kind. */
async function existing(db: QueryExecutorProvider, schema: string, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ relname: string }>`
    select relname::text from pg_class join pg_namespace n on n.oid = relnamespace
    where n.nspname = ${schema} and relname = any(${names}::text[]) order by relname`.execute(db)
  return rows.map(({ relname }) => relname)
}

async function extensions(db: QueryExecutorProvider): Promise<readonly string[]> {
  const { rows } = await sql<{ extname: string }>`select extname from pg_extension`.execute(db)
  return rows.map(({ extname }) => extname)
}

import { createRequire } from "node:module"
import { Command, Option } from "commander"
import type { PostgresDatabase, PostgresDatabaseOptions } from "../connection/postgres-database.ts"
import type { JsonObject } from "../query/field.ts"
import { previewQuery } from "../statement/search.ts"
import { type AdviseFlags, advised } from "./advise-command.ts"
import { type ConnectionFlags, connectionOptions } from "./connection-options.ts"
import { definitionFromModule } from "./definition-module.ts"
import { type GenerateFlags, generated } from "./generate-command.ts"
import { adviseHelp, driftHelp, explainHelp, generateHelp, inspectHelp, previewHelp, programHelp, searchHelp } from "./help.ts"
import { driftText, explanationText, previewText, recordLine } from "./output.ts"
import { parsedQueries, parsedQuery, queryText, type WrittenQuery } from "./query-text.ts"
import { inspectionText } from "./report.ts"
import { flaggedDefinition, type TableFlags, withTable } from "./table-flags.ts"

/** The command line, ready to parse the arguments of this process. */
export function program(): Command {
  const root = new Command("kysely-records")
    .description("Typed records in PostgreSQL jsonb: see the SQL of a query and its plan, run it, or check what is stored.")
    .version(packageVersion(), "-V, --version", "print the version of kysely-records")
    .exitOverride()
    // One line is written for every error, in one place.
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .addHelpText("after", programHelp)
  withQuery(root.command("preview"))
    .description("Print the SQL of a query and its parameters. Needs no database.")
    .option("--json", 'print {"sql": ..., "parameters": [...]}')
    .addHelpText("after", previewHelp)
    .action(preview)
  withConnection(withQuery(root.command("search")))
    .description("Run a query and print the records it finds: JSON, one record a line.")
    .addHelpText("after", searchHelp)
    .action(search)
  withConnection(withQuery(root.command("explain")))
    .description("Print how the database runs a query: the plan, and what it means.")
    .option("--analyze", "run the query too, and count rows, pages and time")
    .option("--json", "print everything as one JSON object, the plan as PostgreSQL gives it among it")
    .addHelpText("after", explainHelp)
    .action(explain)
  withConnection(root.command("drift"))
    .description("Print which stored records do not fit the schemas of their definition. Exit code 1 when some do not.")
    .requiredOption("--definition <module#export>", "the definition: the file of its module, and its name there (not needed where it is the only one)")
    .option("--json", "print everything as one JSON object, with what the schemas say, which may quote values")
    .addHelpText("after", driftHelp)
    .action(drift)
  withConnection(root.command("generate"))
    .description("Compare a table with its definition, and write the Kysely migration that makes it so.")
    .requiredOption("--definition <module#export>", "the module that exports the definition, and its name there: ./records.ts#people")
    .option("--folder <path>", "the folder of the migrations", "migrations")
    .option("--check", "write nothing; print what differs, and exit with 1 where something does")
    .addOption(new Option("--dry-run", "write nothing; print the SQL").conflicts("check"))
    .addHelpText("after", generateHelp)
    .action(generate)
  withConnection(withTable(root.command("advise")))
    .argument("[queries]", "a list of queries as JSON; - reads it from standard input, as does none at all in a pipe")
    .option("--file <path>", "read the queries from a file")
    .description("Say which indexes would make queries cheaper, what they would cost, and why none would.")
    .option("--write", "write the Kysely migration that builds them")
    .option("--folder <path>", "the folder of the migrations, for --write", "migrations")
    .addOption(new Option("--json", "print everything as one JSON object").conflicts("write"))
    .addHelpText("after", adviseHelp)
    .action(adviseQueries)
  withConnection(withTable(root.command("inspect")))
    .description("Say how a table of records is doing, and what to do about it. Exit code 1 when there is something to do.")
    .option("--count", "count the records too, which reads the whole table")
    .option("--json", "print everything as one JSON object")
    .addHelpText("after", inspectHelp)
    .action(inspectTable)
  return root
}

interface QueryFlags extends TableFlags {
  readonly file?: string
}

function withQuery(command: Command): Command {
  return withTable(
    command
      .argument("[query]", "the query as JSON; - reads it from standard input, as does no query at all in a pipe")
      .option("--file <path>", "read the query from a file"),
  )
}

function withConnection(command: Command): Command {
  return command
    .option("--url <url>", "the server: postgres://user:password@host:5432/database (default: the variable DATABASE_URL)")
    .addOption(new Option("--embedded <directory>", "the directory of an embedded database (PGlite) that no other process has open").conflicts("url"))
}

async function preview(argument: string | undefined, flags: QueryFlags & { json?: boolean }): Promise<void> {
  const records = await flaggedDefinition(flags)
  const query = parsedQuery(await queryText(argument, flags.file))
  const shown = previewQuery(query, records)
  print([flags.json === true ? JSON.stringify(shown) : previewText(shown)])
}

async function search(argument: string | undefined, flags: QueryFlags & ConnectionFlags): Promise<void> {
  const { options, query } = await asked(argument, flags)
  // Printed after the end of the connection, because a reader of the output may end this process.
  print((await onDatabase(options, (db) => db.search(query))).map(recordLine))
}

async function explain(argument: string | undefined, flags: QueryFlags & ConnectionFlags & { json?: boolean; analyze?: boolean }): Promise<void> {
  const { options, query } = await asked(argument, flags)
  const explained = await onDatabase(options, (db) => db.explain(query, { analyze: flags.analyze }))
  print([flags.json === true ? JSON.stringify(explained) : explanationText(explained)])
}

async function drift({ definition: place, json, ...flags }: ConnectionFlags & { definition: string; json?: boolean }): Promise<void> {
  const options = connectionOptions(flags, process.env)
  const records = await definitionFromModule(place)
  const { drift: driftOf } = await import("../operations/drift.ts")
  const found = await onDatabase({ ...options, records }, (db) => driftOf(db))
  print([json === true ? JSON.stringify(found) : driftText(found)])
  if (found.unfit > 0) process.exitCode = 1
}

async function adviseQueries(argument: string | undefined, flags: AdviseFlags & TableFlags & ConnectionFlags): Promise<void> {
  const options = { ...connectionOptions(flags, process.env), records: await flaggedDefinition(flags) }
  const queries = parsedQueries(await queryText(argument, flags.file))
  print(await onDatabase(options, (db) => advised(db, queries, flags)))
}

async function inspectTable(flags: TableFlags & ConnectionFlags & { count?: boolean; json?: boolean }): Promise<void> {
  const options = { ...connectionOptions(flags, process.env), records: await flaggedDefinition(flags) }
  const { inspect } = await import("../operations/inspect.ts")
  const inspection = await onDatabase(options, (db) => inspect(db, { count: flags.count }))
  print([flags.json === true ? JSON.stringify(inspection) : inspectionText(inspection)])
  if (inspection.findings.length > 0) process.exitCode = 1
}

async function asked(argument: string | undefined, flags: QueryFlags & ConnectionFlags): Promise<{ options: DatabaseOptions; query: WrittenQuery }> {
  const records = await flaggedDefinition(flags)
  const options = connectionOptions(flags, process.env)
  return { options: { ...options, records }, query: parsedQuery(await queryText(argument, flags.file)) }
}

async function generate(flags: GenerateFlags & ConnectionFlags): Promise<void> {
  const records = await definitionFromModule(flags.definition)
  const { lines, exitCode } = await onDatabase({ ...connectionOptions(flags, process.env), records }, (db) => generated(db, flags))
  print(lines)
  process.exitCode = exitCode
}

type DatabaseOptions = PostgresDatabaseOptions<JsonObject, JsonObject>

async function onDatabase<R>(options: DatabaseOptions, work: (db: PostgresDatabase) => Promise<R>): Promise<R> {
  // Loaded only here: preview needs no driver.
  const { PostgresDatabase } = await import("../connection/postgres-database.ts")
  const db = new PostgresDatabase(options)
  try {
    return await work(db)
  } finally {
    await db.close()
  }
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`)
}

function packageVersion(): string {
  // By the package's own name, because the sources and the built files lie at different depths.
  const { version } = createRequire(import.meta.url)("kysely-records/package.json")
  return String(version)
}

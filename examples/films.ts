import { parseArgs, styleText } from "node:util"
import { type ConnectionOptions, PostgresDatabase } from "../src/index.ts"
import { films } from "./films/film.ts"
import { load } from "./films/load.ts"
import { type FilmDatabase, questions } from "./films/questions.ts"
import { answerText, plural } from "./films/report.ts"

/*
 * The demo: 3,201 films as records, and five questions to them.
 *
 *   npm run demo                                  on an embedded PostgreSQL, in memory
 *   npm run demo -- --url postgres://...          on a server, in a table of its own
 */

// A reader such as `head` that has seen enough closes the pipe.
process.stdout.on("error", () => process.exit())

const url = serverUrl()
if (url !== null) {
  await demo(url).catch((error: unknown) => {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  })
}

/** The server that was asked for; `undefined` for the embedded one, `null` when the flags are wrong. */
function serverUrl(): string | undefined | null {
  try {
    return parseArgs({ options: { url: { type: "string" } } }).values.url
  } catch (error) {
    const [reason] = error instanceof Error ? error.message.split(". ") : [String(error)]
    console.error(`demo: ${reason}: it takes --url postgres://user:password@host:5432/database, or nothing`)
    process.exitCode = 2
    return null
  }
}

async function demo(connectionString: string | undefined): Promise<void> {
  const options: ConnectionOptions = connectionString === undefined ? { embedded: true } : { connectionString }
  const db: FilmDatabase = new PostgresDatabase({ ...options, records: films })
  try {
    console.log(start(connectionString !== undefined))
    await prepare(db)
    await answer(db)
    console.log(end(connectionString !== undefined))
  } finally {
    await db.close()
  }
}

async function prepare(db: FilmDatabase): Promise<void> {
  const migrations = await db.migrate()
  console.log(migrations.length > 0 ? `Made the table ${films.table} (migration ${migrations.join(", ")}).` : `The table ${films.table} is there already.`)
  const loaded = await load(db)
  if (loaded.replaced > 0) console.log(`Took out the ${plural(loaded.replaced)} of an earlier run.`)
  console.log(`Stored ${plural(loaded.films)} with one createBatch, in ${loaded.seconds.toFixed(1)} s.\n`)
}

async function answer(db: FilmDatabase): Promise<void> {
  for (const [index, question] of questions.entries()) {
    console.log(answerText(index + 1, question, question.preview(db), await question.answer(db)))
  }
}

function start(onServer: boolean): string {
  const title = styleText("bold", "kysely-records: films as typed JSON records in PostgreSQL, and five questions to them\n")
  return title + (onServer ? "Connecting to the server ..." : "Starting PGlite, a PostgreSQL inside this process; it takes a few seconds ...")
}

function end(onServer: boolean): string {
  const tables = [films.table, `kysely_migration_${films.table}`, `kysely_migration_${films.table}_lock`]
  const server = onServer
    ? `The films stay on the server. To remove them: drop table ${tables.join(", ")}`
    : "The same on a server of yours:        npm run demo -- --url postgres://user:password@localhost:5432/database"
  const query = `'{"sort": [{"field": "fields.age"}]}'`
  return `${styleText("bold", "Next")}\n  ${server}\n  The SQL of a query of your own:       npx kysely-records preview ${query}`
}

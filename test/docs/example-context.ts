import { randomUUID } from "node:crypto"
import { inspect } from "node:util"
import { Kysely, PostgresDialect, sql } from "kysely"
import {
  compileFilter,
  defineRecords,
  FileDatabase,
  type NewRecord,
  PostgresConnectionPool,
  PostgresDatabase,
  previewQuery,
  type RecordsDefinition,
  type StoredRecord,
} from "kysely-records"
import pg from "pg"
import { z } from "zod"

/*
 * What the examples of the doc comments find around them. It runs in a process of its own, beside them.
 */

interface Person {
  name: string
  age?: number
}

interface Source {
  version: string
}

/** The names that an example may use without declaring them. */
export interface ExampleContext {
  readonly db: PostgresDatabase<Person, Source>
  /** One that is not there yet, in the folder that the examples run in. */
  readonly file: FileDatabase<Person, Source>
  readonly kysely: Kysely<never>
  readonly ada: StoredRecord<Person, Source>
  readonly a: NewRecord<Person, Source>
  /** The id of a record. */
  readonly b: string
  readonly people: RecordsDefinition<Person, Source>
  readonly personDefinition: RecordsDefinition<Person, Source>
  readonly orderDefinition: RecordsDefinition
  readonly connectionString: string
  readonly personSchema: z.ZodObject
  readonly pool: PostgresConnectionPool
  readonly age: { readonly column: "fields"; readonly steps: readonly string[] }
  readonly options: { readonly pointer: string; readonly bigint: "digits"; readonly refuse: (pointer: unknown, reason: string) => never }
}

/** An example that fails, and how. */
export interface FailedExample {
  readonly place: string
  readonly error: string
}

interface Example {
  readonly place: string
  readonly isMigrated: boolean
  run(context: ExampleContext): Promise<void>
}

const sent: string[] = []
let value: unknown
let failures: string[] = []

/** What the last statement of an example gave. */
export function seen(given: unknown): void {
  value = given
}

/** Compares the comment behind a statement with what the statement gave, and with the SQL that it sent. `...` stands for anything. */
export function expects(comment: string): void {
  const candidates = [...printed(value), ...sent]
  sent.length = 0
  const wanted = new RegExp(
    squeezed(comment)
      .split("...")
      .map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join(".*"),
    "s",
  )
  if (!candidates.some((candidate) => wanted.test(squeezed(candidate))))
    failures.push(`no match for: ${comment}\n  what there is:\n  ${candidates.join("\n  ")}`)
}

/** Runs every example, each on an empty table of records. */
export async function failedExamples(examples: readonly Example[], connectionString: string): Promise<FailedExample[]> {
  const dialect = new PostgresDialect({ pool: new pg.Pool({ connectionString }) })
  const kysely = new Kysely<never>({
    dialect,
    log: ({ query }) => {
      sent.push(query.sql)
    },
  })
  const db = new PostgresDatabase<Person, Source>({ kysely })
  const failed: FailedExample[] = []
  for (const example of examples) {
    await sql`drop schema public cascade`.execute(kysely)
    await sql`create schema public`.execute(kysely)
    failures = []
    try {
      await example.run(await context(db, kysely, connectionString, example.isMigrated))
    } catch (error) {
      failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    failed.push(...failures.map((error) => ({ place: example.place, error })))
  }
  await kysely.destroy()
  return failed
}

async function context(db: PostgresDatabase<Person, Source>, kysely: Kysely<never>, connectionString: string, isMigrated: boolean): Promise<ExampleContext> {
  if (isMigrated) await db.migrate()
  const stored = async (name: string) => db.create({ fields: { name } })
  const [ada, b] = isMigrated ? [await stored("Ada"), (await stored("Bo")).id] : [undefined as never, ""]
  sent.length = 0
  return {
    db,
    file: new FileDatabase(`${randomUUID()}.json`),
    kysely,
    ada,
    b,
    connectionString,
    personSchema: z.object({ name: z.string(), age: z.number().optional() }),
    a: { fields: { name: "Cy" } },
    pool: new PostgresConnectionPool({ connectionString }),
    people: defineRecords({ table: "people" }),
    personDefinition: defineRecords({ table: "people" }),
    orderDefinition: defineRecords({ table: "orders" }),
    age: { column: "fields", steps: ["age"] },
    options: {
      pointer: "",
      bigint: "digits",
      refuse: (_pointer, reason) => {
        throw new Error(reason)
      },
    },
  }
}

const printer = new Kysely<never>({ dialect: new PostgresDialect({ pool: new pg.Pool() }) })

/** The ways in which a value may be written down: as it is, and as SQL where it stands for some. */
function printed(given: unknown): string[] {
  const plain = [inspect(given, { depth: 9, breakLength: Number.POSITIVE_INFINITY }), String(given)]
  if (typeof given !== "object" || given === null) return plain
  if (Array.isArray(given) && given.length > 0 && given.every(isExpression)) return [sql.join(given).compile(printer).sql]
  if (isExpression(given) && "compile" in given) return [sql`${given}`.compile(printer).sql, ...compiled(given)]
  if ("table" in given && "schema" in given) return [...plain, previewQuery({}, given as never).sql]
  if (["operator", "and", "or", "not"].some((key) => key in given)) return [...plain, sql`${compileFilter(given as never)}`.compile(printer).sql]
  return plain
}

function compiled(builder: { compile?: unknown }): string[] {
  if (typeof builder.compile !== "function" || builder.compile.length > 0) return []
  const { sql: text } = builder.compile()
  return [String(text)]
}

function isExpression(given: unknown): given is ReturnType<typeof sql> {
  return typeof given === "object" && given !== null && "toOperationNode" in given
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, "").replaceAll("'", '"')
}

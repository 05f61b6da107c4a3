import { spawn } from "node:child_process"
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { text } from "node:stream/consumers"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const FLAGS = ["--disable-warning=ExperimentalWarning", resolve("src/cli/main.ts")]
const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

let directory: string
let records: { url: string; drop: () => Promise<void> }

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kysely-records-cli-"))
  await writeDefinitions(join(directory, "records.ts"))
  await Promise.all([storeEmbedded(join(directory, "data")), writeShellCommand(join(directory, "kysely-records"))])
  records = await storeOnServer()
})

afterAll(async () => {
  await records.drop()
  await rm(directory, { recursive: true })
})

describe("preview", () => {
  const query = '{"filters": [{"field": "fields.name", "operator": "=", "value": "O\'Brien"}], "limit": 2}'
  const sql =
    'select "id", "fields", "metadata", "revision", "created_at", "updated_at" from "public"."records" where "fields" @> $1::jsonb order by "id" asc limit $2'
  const printed = `${sql}\n\n$1 = '{"name":"O''Brien"}'\n$2 = 2\n`

  test("prints the SQL and the parameters of a query that is an argument", async () => {
    expect(await cli(["preview", query])).toEqual({ stdout: printed, stderr: "", exitCode: 0 })
  })

  test("reads the query from a file, a byte order mark included", async () => {
    const path = join(directory, "query-with-mark.json")
    await writeFile(path, `\uFEFF${query}\n`)
    expect(await cli(["preview", "--file", path])).toEqual({ stdout: printed, stderr: "", exitCode: 0 })
  })

  test.each([[["preview"]], [["preview", "-"]]])("reads the query from standard input: %j", async (words) => {
    expect(await cli(words, { input: query })).toEqual({ stdout: printed, stderr: "", exitCode: 0 })
  })

  test("prints JSON, of the table that is named", async () => {
    const { stdout } = await cli(["preview", query, "--json", "--table", "people", "--schema", "app"])
    expect(JSON.parse(stdout)).toEqual({ sql: sql.replace('"public"."records"', '"app"."people"'), parameters: ['{"name":"O\'Brien"}', 2] })
  })

  test("prints the SQL that the indexes of a definition ask for", async () => {
    const module = join(directory, "people.mjs")
    const index = pathToFileURL(resolve("dist/src/index.js")).href
    const definition = 'defineRecords({ table: "people", gin: false, indexes: [{ field: "fields.age" }] })'
    await writeFile(module, `import { defineRecords } from ${JSON.stringify(index)}; export const people = ${definition}`)
    const { stdout } = await cli(["preview", '{"filters": [{"field": "fields.age", "operator": "=", "value": 3}]}', "--json", "--definition", module])
    expect(JSON.parse(stdout)).toMatchObject({ sql: expect.stringContaining(`"public"."people" where coalesce("fields"->'age', 'null') = $1::jsonb`) })
    expect(await cli(["explain", "{}", "--definition", module, "--table", "x"])).toMatchObject({ exitCode: 2 })
  })

  test("prints lists, control characters and whole numbers of any size exactly", async () => {
    const list =
      '{"filters": [{"field": "fields.a", "operator": "in", "value": [9007199254740993, "x"]}, {"field": "fields.b", "operator": "like", "value": "\\n\'%"}]}'
    const { stdout } = await cli(["preview", list])
    expect(stdout).toContain(`$1 = array['{"a":9007199254740993}', '{"a":"x"}']\n$2 = E'\\u000a''%'\n`)
  })

  test("ends quietly when nobody reads any further", async () => {
    const shell = await run("bash", ["-c", `kysely-records preview '{}' | true; kysely-records --help | true; echo \${PIPESTATUS[0]}`])
    expect(shell).toEqual({ stdout: "0\n", stderr: "", exitCode: 0 })
  })
})

describe("a wrong call is one line and exit code 2", () => {
  test.each<[string, string[], RegExp]>([
    ["no command", [], /no command: preview, search, explain, drift, generate, advise or inspect/],
    ["an unknown command", ["prevew"], /unknown command 'prevew' \(Did you mean preview\?\)/],
    ["a query in place of a command", ['{"filters": [{"field": "fields.name", "operator": "=", "value": "secret"}]}'], /unknown command(?!.*secret)/],
    ["an unknown flag", ["preview", "--jsno", "{}"], /unknown option '--jsno'/],
    ["a query without quotes", ["preview", "{", "secret:", "}"], /^(?!.*secret).*one, in single quotes/],
    [
      "JSON that does not parse",
      ["preview", '{"filters": [\n  {"field": "secret",}]}'],
      /^(?!.*secret).*not JSON: expected a key in double quotes at line 2, column 22;?/,
    ],
    ["keys without quotes", ["preview", "{filters: []}"], /expected a key in double quotes or "}" at line 1, column 2/],
    ["JSON that ends too early", ["preview", '{"filters": [1'], /expected "," or "]" at line 1, column 15/],
    ["JSON that goes on", ["preview", "{}}"], /expected nothing more at line 1, column 3/],
    ["a file name in place of a query", ["preview", "query.json"], /line 1, column 1; to read it from a file, use --file/],
    ["a wrong operator", ["preview", '{"filters": [{"field": "fields.a", "operator": "=="}]}'], /: \/filters\/0\/operator: unknown operator/],
    ["a wrong query that search would run", ["search", "--url", "postgres://127.0.0.1:1/none", '{"limit": -1}'], /: \/limit: is a whole number/],
    ["a query that is none", ["preview", "[]"], /a query is an object/],
    ["a query that is nested too deep", ["preview", "[".repeat(50_000) + "]".repeat(50_000)], /nested too deep/],
    ["no query", ["preview"], /no query: give it as an argument/],
    ["two queries", ["preview", "{}", "--file", "x.json"], /given twice/],
    ["a file that is not there", ["preview", "--file", "none.json"], /"none.json" cannot be read: there is no such file/],
    ["a directory in place of a file", ["preview", "--file", tmpdir()], /it is a directory/],
    ["a name that no table can have", ["preview", "--table", "a.b", "{}"], /must not contain a dot/],
    ["no database", ["search", "{}"], /(?=.*--url)(?=.*DATABASE_URL)(?=.*--embedded)/],
    ["an empty url", ["search", "--url", "", "{}"], /connection string/],
    ["two databases", ["search", "--url", "postgres://h/d", "--embedded", "data", "{}"], /'--embedded <directory>' cannot be used with option '--url <url>'/],
    ["no definition", ["drift", "--url", "postgres://127.0.0.1:1/none"], /'--definition <module#export>' not specified/],
    [
      "a definition that is not there",
      ["drift", "--url", "postgres://127.0.0.1:1/none", "--definition", "./records.ts#persons"],
      /the module exports any, loose, people/,
    ],
    ["a definition without schemas", ["drift", "--url", "postgres://127.0.0.1:1/none", "--definition", "./records.ts#any"], /has no schemas/],
    ["a directory with no database", ["search", "--embedded", "none", "{}"], /no embedded database in the directory "none"/],
  ])("%s", async (_, words, line) => {
    const { stdout, stderr, exitCode } = await cli(words, { env: { DATABASE_URL: "" } })
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 })
    expect(stderr).toMatch(/^kysely-records: .+\n$/)
    expect(stderr).toMatch(line)
  })
})

describe("search", () => {
  test("prints the records of an embedded database, one a line", async () => {
    const adults = '{"filters": [{"field": "fields.age", "operator": ">=", "value": 18}], "sort": [{"field": "fields.name"}]}'
    const { stdout, stderr, exitCode } = await cli(["search", adults, "--embedded", join(directory, "data")])
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 })
    const found = stdout.trimEnd().split("\n").map(parsed)
    expect(found).toMatchObject([{ fields: { name: "Ada", age: 36 }, metadata: null, revision: 1 }, { fields: { name: "Bo" } }])
    expect(found[0]).toMatchObject({ createdAt: expect.stringMatching(/^\d{4}-.*Z$/) })
  })

  test("prints nothing where nothing is found", async () => {
    const nobody = '{"filters": [{"field": "fields.name", "operator": "=", "value": "none"}]}'
    expect(await cli(["search", nobody], { env: { DATABASE_URL: records.url } })).toEqual({ stdout: "", stderr: "", exitCode: 0 })
  })

  test("--url goes before DATABASE_URL", async () => {
    const names = '{"select": ["fields.name"], "sort": [{"field": "fields.name", "order": "desc"}], "limit": 1}'
    const { stdout } = await cli(["search", names, "--url", records.url], { env: { DATABASE_URL: "postgres://127.0.0.1:1/none" } })
    expect(stdout).toBe('{"fields":{"name":"Cy"}}\n')
  })

  test.each<[string, (url: URL) => void, string[], RegExp]>([
    ["a missing table", () => {}, ["--table", "none"], /there is no table "public"."none": run/],
    ["no server", (url) => (url.port = "1"), [], /no server answers there \(ECONNREFUSED\)/],
    ["a wrong password", (url) => (url.password = "wr0ng"), [], /^(?!.*wr0ng).*refused this user and password/],
  ])("%s is one line and exit code 1", async (_, change, flags, line) => {
    const url = new URL(records.url)
    change(url)
    const { stdout, stderr, exitCode } = await cli(["search", "{}", "--url", url.href, ...flags])
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 })
    expect(stderr).toMatch(/^kysely-records: .+\n$/)
    expect(stderr).toMatch(line)
  })
})

describe("explain", () => {
  const query = '{"filters": [{"field": "fields.age", "operator": ">", "value": 18}]}'

  test("prints what happens, and the nodes of the plan", async () => {
    const { stdout, stderr, exitCode } = await cli(["explain", query, "--analyze"])
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 })
    expect(stdout).toMatch(/^.+\. 1 row came\. It looked at \d+ pages? of 8 kB, .+, in \d+\.\d ms\.\n\n(?:.+: .+ expected, .+ given.*\n)+$/)
    expect((await cli(["explain", query])).stdout).toMatch(/ The planner expects \d+ rows?\.\n\n.+ expected\n/)
  })

  test("prints JSON for programs, of an embedded database too", async () => {
    const { stdout } = await cli(["explain", query, "--json", "--embedded", join(directory, "data")])
    expect(JSON.parse(stdout)).toMatchObject({ sql: expect.stringMatching(/^select /), parameters: ["18"], plan: { Plan: {} }, indexes: expect.any(Array) })
  })

  test("a wrong query is refused before a connection is opened", async () => {
    expect(await cli(["explain", '{"limit": -1}', "--url", "postgres://127.0.0.1:1/none"])).toMatchObject({ stdout: "", exitCode: 2 })
  })
})

describe("drift", () => {
  test("prints where records do not fit, and no value of them; the exit code says so too", async () => {
    const { stdout, stderr, exitCode } = await cli(["drift", "--definition", "./records.ts#people"])
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 1 })
    expect(stdout).toMatch(/^2 of 3 records do not fit\n\n\/fields\/age: string: 1 \([-0-9a-f]{36}\)\n\/fields\/city: missing: 1 \([-0-9a-f]{36}\)\n$/)
  })

  test("prints JSON, of an embedded database too", async () => {
    const { stdout, exitCode } = await cli(["drift", "--definition", join(directory, "records.ts#people"), "--json", "--embedded", join(directory, "data")])
    expect(exitCode).toBe(1)
    const found = JSON.parse(stdout)
    expect(found).toMatchObject({ records: 3, unfit: 2, others: 0, issues: [{ pointer: "/fields/age", message: expect.stringContaining("number") }, {}] })
  })

  test("says when all of them fit", async () => {
    const { stdout, exitCode } = await cli(["drift", "--definition", "./records.ts#loose"])
    expect({ stdout, exitCode }).toEqual({ stdout: "all 3 records fit\n", exitCode: 0 })
  })
})

describe("advise and inspect", () => {
  const query = '{"filters": [{"field": "fields.age", "operator": ">", "value": 18}]}'

  test("advise says of each query whether an index would help", async () => {
    const { stdout, stderr, exitCode } = await cli(["advise", `[${query}, {}]`])
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 })
    expect(stdout).toMatch(
      /^public\.records: \d+ records, \d+ kB\n\nquery 1: small: .+\n\nquery 2: small: .+\n\nnever searched since .+\n {2}records_fields_gin, \d+ kB/,
    )
    const { stdout: json } = await cli(["advise", "--json"], { input: query })
    expect(JSON.parse(json)).toMatchObject({ queries: [{ verdict: "small" }], indexes: [] })
  })

  test("advise --write writes the migration of what it advises, and nothing where it advises nothing", async () => {
    const small = await cli(["advise", query, "--write", "--folder", "advised"])
    expect(small).toMatchObject({ stderr: "", exitCode: 0 })
    expect(small.stdout).not.toContain("wrote")
    expect(await cli(["advise", query, "--write", "--json"])).toMatchObject({ stdout: "", exitCode: 2 })
    const { url, drop } = await storeMany()
    const { stdout, exitCode } = await cli(["advise", query.replace("18", "29990"), "--write", "--folder", "advised", "--url", url])
    expect(exitCode).toBe(0)
    const [, file = ""] = /^wrote (advised\/\d{8}T\d{6}_records_add_age_index\.ts); declare/m.exec(stdout) ?? []
    expect(await readFile(join(directory, file), "utf8")).toContain('create index concurrently if not exists "records_age_')
    await drop()
  })

  test("inspect ends with 0 where there is nothing to do, and with 1 where there is", async () => {
    const well = await cli(["inspect", "--count"])
    expect(well).toMatchObject({ stderr: "", exitCode: 0 })
    expect(well.stdout).toMatch(
      /^public\.records\n {2}records {4}.+ 3 counted\n(?:.+\n)+\nindexes\n {2}records_fields_gin +.+ scans\n(?:.+\n)+\nnothing to do\n/,
    )
    const missing = await cli(["inspect", "--table", "none", "--json"])
    expect(missing).toMatchObject({ stderr: "", exitCode: 1 })
    expect(JSON.parse(missing.stdout)).toMatchObject({ findings: [{ kind: "missing_table" }] })
  })

  test("the definition is that of a module", async () => {
    const module = join(directory, "definition.mjs")
    const index = pathToFileURL(resolve("dist/src/index.js")).href
    await writeFile(
      module,
      `import { defineRecords } from ${JSON.stringify(index)}; export const records = defineRecords({ indexes: [{ field: "fields.age" }] })`,
    )
    const { stdout, exitCode } = await cli(["inspect", "--definition", `${module}#records`, "--json"])
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout).findings).toMatchObject([{ kind: "drift", what: expect.stringMatching(/records_age_/) }])
    expect(await cli(["inspect", "--definition", module, "--table", "x"])).toMatchObject({ exitCode: 2 })
    expect(await cli(["advise", "{", "--definition", module])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("not JSON") })
  })
})

describe("help", () => {
  test("--version is the package's", async () => {
    const { default: manifest } = await import("../../package.json", { with: { type: "json" } })
    expect(await cli(["--version"])).toEqual({ stdout: `${manifest.version}\n`, stderr: "", exitCode: 0 })
  })

  test.each([
    ["kysely-records"],
    ["kysely-records preview"],
    ["kysely-records search"],
    ["kysely-records explain"],
    ["kysely-records drift"],
    ["kysely-records generate"],
    ["kysely-records advise"],
    ["kysely-records inspect"],
  ])("the examples of %s --help work when they are pasted", async (command) => {
    const { stdout, exitCode } = await run("sh", ["-c", `${command} --help`])
    expect(exitCode).toBe(0)
    const examples = [...stdout.matchAll(/^ *\$ (.+)$/gm)].map(([, line]) => line)
    expect(examples.length).toBeGreaterThanOrEqual(2)
    const pasted = await run("sh", ["-e", "-c", examples.join("\necho done\n")])
    expect(pasted).toMatchObject({ stderr: "", exitCode: 0 })
    expect(pasted.stdout).not.toBe("")
  })
})

interface Ended {
  stdout: string
  stderr: string
  exitCode: number | null
}

interface Surroundings {
  input?: string
  env?: Record<string, string>
}

function cli(words: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return run(process.execPath, [...FLAGS, ...words], surroundings)
}

async function run(command: string, words: readonly string[], { input = "", env = {} }: Surroundings = {}): Promise<Ended> {
  const path = `${directory}:${process.env["PATH"]}`
  const child = spawn(command, words, { cwd: directory, env: { ...process.env, DATABASE_URL: records.url, PATH: path, ...env } })
  // A command that needs no input may have ended before this is written.
  child.stdin.on("error", () => {})
  child.stdin.end(input)
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { stdout, stderr, exitCode }
}

const people = [{ fields: { name: "Ada", age: 36, city: "London" } }, { fields: { name: "Bo", age: 18 } }, { fields: { name: "Cy", age: "36", city: "Paris" } }]

async function storeEmbedded(path: string): Promise<void> {
  const db = new PostgresDatabase({ embedded: path })
  await db.migrate()
  await db.createBatch(people)
  await db.close()
}

async function storeOnServer(): Promise<{ url: string; drop: () => Promise<void> }> {
  const { db, options, drop } = await migratedDatabase(server)
  await db.createBatch(people)
  return { url: "connectionString" in options ? (options.connectionString ?? "") : "", drop }
}

async function storeMany(): Promise<{ url: string; drop: () => Promise<void> }> {
  const { db, options, drop } = await migratedDatabase(server)
  await db.createBatch(Array.from({ length: 30_000 }, (_, age) => ({ fields: { name: `number ${age}`, age } })))
  return { url: "connectionString" in options ? (options.connectionString ?? "") : "", drop }
}

// What an application writes, in a file that Node runs as it stands.
async function writeDefinitions(path: string): Promise<void> {
  const library = pathToFileURL(resolve("src/index.ts")).href
  await writeFile(
    path,
    `import { defineRecords } from ${JSON.stringify(library)}
import { z } from ${JSON.stringify(import.meta.resolve("zod"))}
interface Unused { name: string }
export const any = defineRecords()
export const people = defineRecords({ schemas: { fields: z.object({ name: z.string(), age: z.number(), city: z.string() }) } })
export const loose = defineRecords({ schemas: { fields: z.object({ name: z.string() }) } })
`,
  )
}

// The command as it is called once the package is installed.
async function writeShellCommand(path: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\nexec "${process.execPath}" ${FLAGS.join(" ")} "$@"\n`)
  await chmod(path, 0o755)
}

function parsed(line: string): unknown {
  return JSON.parse(line)
}

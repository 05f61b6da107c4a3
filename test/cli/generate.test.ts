import { execFile } from "node:child_process"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, PostgresDatabase } from "../../src/index.ts"
import { databases } from "../setup/databases.ts"

const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()
const module = `import { defineRecords } from ${JSON.stringify(pathToFileURL(resolve("src/index.ts")).href)}
export const people = defineRecords({ table: "people", indexes: [{ field: "fields.age" }] })
export const wider = defineRecords({ table: "people", indexes: [{ field: "fields.age" }, { field: "fields.name" }] })
export const divided = defineRecords({ table: "people", partitions: 2 })
`

let directory: string
let url: string
let drop: () => Promise<void>

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kysely-records-generate-"))
  await writeFile(join(directory, "records.ts"), module)
  const created = await server.create()
  url = "connectionString" in created.options ? (created.options.connectionString ?? "") : ""
  drop = created.drop
})
afterAll(async () => {
  await drop()
  await rm(directory, { recursive: true })
})

describe("generate, from a table that is not there to one that is as its definition says", () => {
  test("--check tells what differs, and exits with 1", async () => {
    expect(await generate("#people", "--check")).toEqual({ stdout: "+ table people\n", stderr: "", exitCode: 1 })
  })

  test("--dry-run prints the SQL, and writes nothing", async () => {
    const { stdout, exitCode } = await generate("#people", "--dry-run")
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(
      /^-- table people\ncreate table "public"\."people" \(.+\);\ncreate index "people_fields_gin" .+;\n.+;\ncreate index "people_age_\w+" .+;\ncomment on index .+;\n$/,
    )
    expect(await readdir(directory)).toEqual(["records.ts"])
  })

  test("writes a file into the folder, and tells its name", async () => {
    const { stdout, exitCode } = await generate("#people", "--folder", "here/deeper")
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^wrote here\/deeper\/\d{8}T\d{6}_create_people\.ts\n\+ table people\n$/)
    expect(await readdir(join(directory, "here/deeper"))).toHaveLength(1)
    expect((await generate("#people", "--folder", "here/deeper")).stdout).toMatch(/^written already, and not yet run: here\/deeper\//)
    expect(await readdir(join(directory, "here/deeper"))).toHaveLength(1)
  })

  test("names a file that was not run yet", async () => {
    const { stdout: first } = await generate("#people", "--folder", "two")
    const [, path = ""] = /^wrote (.+)$/m.exec(first) ?? []
    const { stdout: second } = await generate("#wider", "--folder", "two")
    expect(second).toContain(`! not yet run, so that what it does is in the new file too: ${path}: run it and generate again, or delete it\n`)
    await rm(join(directory, "two"), { recursive: true })
  })

  test("says that there is nothing to do where nothing differs, and exits with 0", async () => {
    await using db = new PostgresDatabase({ connectionString: url, records: defineRecords({ table: "people", indexes: [{ field: "fields.age" }] }) })
    await db.migrate()
    for (const flag of ["--check", "--dry-run", "--folder=none"]) {
      expect(await generate("#people", flag)).toEqual({ stdout: '"public"."people" is as its definition says\n', stderr: "", exitCode: 0 })
    }
    expect(await readdir(directory)).toEqual(["here", "records.ts"])
  })

  test("tells what no migration puts right", async () => {
    expect(await generate("#divided", "--check")).toMatchObject({
      stdout: expect.stringMatching(/^! the table has no partitions, .+\n- index people_age_\w+\n$/),
      exitCode: 1,
    })
    for (const words of [[], ["--dry-run"]]) {
      expect(await generate("#divided", ...words)).toMatchObject({ stdout: "", stderr: expect.stringContaining("has no partitions"), exitCode: 1 })
    }
  })

  test.each([
    ["no definition", [], /--definition/],
    ["a definition that is not there", ["--definition", "./records.ts#nobody"], /"nobody".*is not there/],
    ["a module that is not there", ["--definition", "./none.ts#people"], /none\.ts/],
    ["two ways of writing nothing", ["--definition", "./records.ts#people", "--check", "--dry-run"], /--dry-run.*--check/],
  ])("a wrong call is one line and exit code 2: %s", async (_, words, message) => {
    const { stdout, stderr, exitCode } = await cli(["generate", ...words])
    expect([stdout, exitCode, stderr.split("\n").length]).toEqual(["", 2, 2])
    expect(stderr).toMatch(message)
  })
})

interface Ended {
  stdout: string
  stderr: string
  exitCode: number
}

function generate(name: string, ...words: string[]): Promise<Ended> {
  return cli(["generate", "--definition", `./records.ts${name}`, ...words])
}

function cli(words: readonly string[]): Promise<Ended> {
  const flags = ["--disable-warning=ExperimentalWarning", resolve("src/cli/main.ts"), ...words]
  return new Promise((ended) => {
    const child = execFile(process.execPath, flags, { cwd: directory, env: { ...process.env, DATABASE_URL: url } }, (_, stdout, stderr) =>
      ended({ stdout, stderr, exitCode: child.exitCode ?? -1 }),
    )
  })
}

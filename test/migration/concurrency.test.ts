import { execFile } from "node:child_process"
import { mkdtemp, readdir, rm, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { setTimeout } from "node:timers/promises"
import { pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { PostgresAdapter, sql } from "kysely"
import { Migrator } from "kysely/migration"
import pg from "pg"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { migrationTables } from "../../schema/migration-provider.ts"
import { defineRecords, PostgresDatabase } from "../../src/index.ts"
import { liveTable } from "../../src/migration/live-table.ts"
import { migrationsWithFiles } from "../../src/migration/migration-files.ts"
import { difference, generate, inspect, RecordsMigrator } from "../../src/operations/index.ts"
import { createIndexSql, indexStatements } from "../../src/statement/index-statement.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { indexNames, type Person, plainPeople, schemaOf } from "./tables.ts"

const run = promisify(execFile)
const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()
const records = defineRecords<Person>({ table: "people", indexes: [{ field: "fields.age" }, { field: "fields.email", unique: true }] })
const [age = "", email = ""] = indexStatements(records).map(({ name }) => name)
const both = [`index ${age}`, `index ${email}`]

// A build waits for transactions that have written to the table; each test holds one open for as long as it needs it.
describe("on a server, on PostgreSQL, where one session builds an index", () => {
  let db: PostgresDatabase<Person>
  let url: string
  let writer: pg.Client
  let drop: () => Promise<void>

  beforeEach(async () => {
    const made = await migratedDatabase<Person>(server, plainPeople)
    url = "connectionString" in made.options ? (made.options.connectionString ?? "") : ""
    db = new PostgresDatabase<Person>({ connectionString: url, records })
    writer = new pg.Client({ connectionString: url })
    writer.on("error", () => undefined)
    await writer.connect()
    await writer.query("begin")
    await writer.query(`insert into people (id, fields) values (gen_random_uuid(), '{"name": "Ada"}')`)
    drop = async () => {
      await writer.end()
      await db.close()
      await made.drop()
    }
  })
  afterEach(() => drop())

  test("a second runner waits, and finds nothing to do", async () => {
    await using second = new PostgresDatabase<Person>({ connectionString: url, records })
    const first = db.migrate()
    await building(db)
    const waiting = second.migrate()
    await setTimeout(500)
    await writer.query("commit")
    expect(await Promise.all([first, waiting])).toEqual([both, []])
    expect(await indexNames(db)).toEqual([age, email, "people_fields_gin", "people_metadata_gin", "people_pkey"].sort())
  })

  test("so do runners in other processes", async () => {
    const script = `import { PostgresDatabase, defineRecords } from ${JSON.stringify(pathToFileURL(resolve("src/index.ts")).href)}
      const records = defineRecords({ table: "people", indexes: [{ field: "fields.age" }, { field: "fields.email", unique: true }] })
      const db = new PostgresDatabase({ connectionString: process.env.DATABASE_URL, records })
      console.log(JSON.stringify(await db.migrate()))
      await db.close()`
    const runner = () =>
      run(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", script], { env: { ...process.env, DATABASE_URL: url } })
    const runners = [runner(), runner(), runner()]
    await building(db)
    await setTimeout(2000)
    await writer.query("commit")
    const printed = (await Promise.all(runners)).map(({ stdout }) => JSON.parse(stdout))
    expect(printed.sort((a, b) => b.length - a.length)).toEqual([both, [], []])
  })

  test("the files of a folder make no difference, nor does the migrator for kysely-ctl", async () => {
    await inProject(async (folder) => {
      await generate(db, { folder })
      const provider = await migrationsWithFiles(db.kysely as never, records, folder)
      await using second = new PostgresDatabase<Person>({ connectionString: url, records })
      const migrator = (one: PostgresDatabase<Person>) =>
        new RecordsMigrator({ db: one.kysely, provider, disableTransactions: true, ...migrationTables(records) })
      const first = migrator(db).migrateToLatest()
      await building(db)
      const waiting = [migrator(second).migrateToLatest(), second.migrate({ folder }), second.migrate()]
      await setTimeout(500)
      await writer.query("commit")
      expect(await first).toMatchObject({ results: [{ status: "Success" }] })
      expect(await Promise.all(waiting)).toEqual([{ results: [] }, [], []])
      expect((await migrator(db).migrateDown()).results).toHaveLength(1)
      expect((await migrator(db).migrateUp()).results).toHaveLength(1)
      expect((await migrator(db).migrateTo("0001_records")).results).toHaveLength(1)
      expect((await migrator(db).migrateTo("nothing")).error).toBeInstanceOf(Error)
      expect(await readdir(folder)).toHaveLength(1)
    })
  })

  test("a backend that dies leaves an invalid index, which is told and repaired", async () => {
    const migrating = db.migrate().catch((error: unknown) => error)
    const pid = await building(db)
    await writer.query("select pg_terminate_backend($1)", [pid])
    expect(await migrating).toMatchObject({
      name: "DatabaseUnavailableError",
      message: expect.stringMatching(new RegExp(`^migrate, index ${age}: .*; what it had begun could not be undone: run it again`)),
    })
    await writer.query("rollback")
    expect(await indexNames(db)).toContain(`${age}!`)
    expect((await difference(db)).changes.map(({ kind, part }) => `${kind} ${part.name}`)).toEqual([`repair index ${age}`, `create index ${email}`])
    expect(await db.migrate()).toEqual(both)
    expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
  })

  test("an index that was built, and not marked any more, is marked by the next run of the file", async () => {
    await writer.query("rollback")
    const without = new PostgresDatabase<Person>({ kysely: db.kysely as never, records: plainPeople })
    const dropped = async () => (await difference(without)).changes.map(({ kind, part }) => `${kind} ${part.name}`)
    await inProject(async (folder) => {
      await generate(db, { folder })
      const [build = ""] = indexStatements(records).map((statement) => createIndexSql(statement, records, "concurrently"))
      await writer.query(build)
      await db.migrate({ folder })
    })
    expect(await dropped()).toEqual(both.map((part) => `drop ${part}`))
    await writer.query(`comment on index ${age} is null`)
    expect(await dropped()).toEqual([`drop index ${email}`])
    expect(await db.migrate()).toEqual([])
    expect(await dropped()).toEqual(both.map((part) => `drop ${part}`))
  })

  test("a table that another session keeps locked is waited for as long as is said, and no longer", async () => {
    await writer.query("rollback; begin; lock table people")
    const locked = { name: "DatabaseUnavailableError", message: expect.stringContaining("another session keeps") }
    await expect(db.migrate({ lockTimeoutMs: 100 })).rejects.toMatchObject(locked)
    await expect(liveTable(db.kysely, plainPeople, 100)).rejects.toMatchObject(locked)
    const { rows } = await sql<{ lock_timeout: string }>`show lock_timeout`.execute(db.kysely)
    expect(rows).toEqual([{ lock_timeout: "0" }])
  })

  test("a build that is cancelled is undone, and says so", async () => {
    const schema = await schemaOf(db)
    const migrating = db.migrate().catch((error: unknown) => error)
    const pid = await building(db)
    await writer.query("select pg_cancel_backend($1)", [pid])
    await writer.query("rollback")
    expect(await migrating).toMatchObject({ message: expect.stringMatching(new RegExp(`^migrate, index ${age}: .*; nothing was changed$`)) })
    expect(await schemaOf(db)).toEqual(schema)
  })

  test("an index that somebody else is building, or has half built, is never dropped, whatever its name is", async () => {
    await using builder = new PostgresDatabase<Person>({ connectionString: url, records })
    const theirs = sql`create index concurrently people_email_20261129 on people ((fields->>'email'))`.execute(builder.kysely).catch(() => undefined)
    const pid = await building(db)
    const without = new PostgresDatabase<Person>({ kysely: db.kysely as never, records: plainPeople })
    expect(await difference(without)).toMatchObject({ changes: [], faults: [] })
    await writer.query("select pg_terminate_backend($1)", [pid])
    await theirs
    await writer.query("rollback")
    expect(await difference(without)).toMatchObject({ changes: [], faults: [] })
    const remedy = 'reindex index concurrently "public"."people_email_20261129"'
    expect((await inspect(without)).findings).toMatchObject([{ kind: "invalid_index", remedy }])
  })

  test("a backend that dies while it runs a file leaves an invalid index, which the next run of the file repairs", async () => {
    await inProject(async (folder) => {
      await generate(db, { folder })
      const migrating = db.migrate({ folder }).catch((error: unknown) => error)
      await writer.query("select pg_terminate_backend($1)", [await building(db)])
      expect(await migrating).toMatchObject({
        name: "DatabaseUnavailableError",
        message: expect.stringMatching(/^migrate, step .*_people_change_indexes, index people_age_/),
      })
      await writer.query("rollback")
      expect(await indexNames(db)).toContain(`${age}!`)
      expect(await db.migrate({ folder })).toHaveLength(1)
      expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
    })
  })

  test("two runners of Kysely's own over one file: what one of them cannot build, the other one does", async () => {
    await inProject(async (folder) => {
      await generate(db, { folder })
      const provider = await migrationsWithFiles(db.kysely as never, records, folder)
      await using second = new PostgresDatabase<Person>({ connectionString: url, records })
      const migrated = (one: PostgresDatabase<Person>) =>
        new Migrator({ db: one.kysely, provider, disableTransactions: true, ...migrationTables(records) }).migrateToLatest()
      const first = migrated(db)
      await building(db)
      const waiting = migrated(second)
      await setTimeout(1500)
      await writer.query("commit")
      const [{ error }, other] = await Promise.all([first, waiting])
      expect(String(error)).toMatch(
        /index people_\w+: another session waits for this one, such as a second runner of migrations: run it again; nothing was changed$/,
      )
      expect(other).toMatchObject({ results: [{ status: "Success" }] })
      expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
    })
  })

  test("a session that waits within Kysely's own lock ends the build as a deadlock: it is undone, and can be run again", async () => {
    const schema = await schemaOf(db)
    const migrating = db.migrate().catch((error: unknown) => error)
    await building(db)
    await using other = new PostgresDatabase({ connectionString: url })
    const adapter = new PostgresAdapter()
    const options = { lockTable: "", lockRowId: "" }
    const waiting = other.kysely.connection().execute(async (connection) => {
      await adapter.acquireMigrationLock(connection, options)
      await adapter.releaseMigrationLock(connection, options)
    })
    // PostgreSQL looks for a deadlock once, when a session has waited for a second: the build is to be the last to wait.
    await setTimeout(1500)
    await writer.query("commit")
    expect(await migrating).toMatchObject({
      code: "migration_failed",
      message: expect.stringMatching(/another session waits for this one.*; nothing was changed$/),
    })
    await waiting
    expect(await schemaOf(db)).toEqual(schema)
    expect(await db.migrate()).toEqual(both)
  })

  test("a lock that is not to be had in time is told, and the next run puts right what is left", async () => {
    await expect(db.migrate({ lockTimeoutMs: 300 })).rejects.toThrow(
      /^migrate, index people_age_\w+: another session holds a lock.*run it again, and it is put right$/,
    )
    await writer.query("commit")
    expect(await db.migrate()).toEqual(both)
    expect(await db.kysely.executeQuery(sql`show lock_timeout`.compile(db.kysely))).toMatchObject({ rows: [{ lock_timeout: "0" }] })
  })

  test("a transaction elsewhere in the database that stays open is told, and all is undone", async () => {
    await writer.query("rollback")
    await writer.query("begin isolation level repeatable read")
    await writer.query("select count(*) from pg_class")
    const schema = await schemaOf(db)
    await expect(db.migrate({ lockTimeoutMs: 300 })).rejects.toThrow(/another session holds a lock, or a transaction.*; nothing was changed$/)
    expect(await schemaOf(db)).toEqual(schema)
  })

  test("a runner of Kysely's own that is at work is waited for", async () => {
    await writer.query("rollback")
    const adapter = new PostgresAdapter()
    const options = { lockTable: "", lockRowId: "" }
    await using other = new PostgresDatabase({ connectionString: url })
    let isDone = false
    const migrating = other.kysely.connection().execute(async (connection) => {
      await adapter.acquireMigrationLock(connection, options)
      const waiting = db.migrate().finally(() => {
        isDone = true
      })
      await setTimeout(500)
      expect(isDone).toBe(false)
      await adapter.releaseMigrationLock(connection, options)
      return waiting
    })
    expect(await migrating).toEqual(both)
  })

  test("in a transaction of the caller's a table is made, and no index built beside it", async () => {
    await writer.query("rollback")
    await db.kysely.transaction().execute(async (trx) => {
      const inside = new PostgresDatabase({ kysely: trx as never, records: defineRecords({ table: "orders", indexes: [{ field: "fields.total" }] }) })
      expect(await inside.migrate()).toEqual(["0001_records"])
      await expect(new PostgresDatabase({ kysely: trx as never, records }).migrate()).rejects.toMatchObject({ code: "in_transaction" })
    })
    expect(await indexNames(db, "orders")).toHaveLength(4)
  })
})

/** Gives the folder of migrations of a project that finds Kysely, and clears it away. */
async function inProject(work: (folder: string) => Promise<void>): Promise<void> {
  const project = await mkdtemp(join(tmpdir(), "generate-"))
  await symlink(resolve("node_modules"), join(project, "node_modules"))
  try {
    await work(join(project, "migrations"))
  } finally {
    await rm(project, { recursive: true })
  }
}

/** Waits until an index is being built, and gives the process that does it. */
async function building<F, M>({ kysely }: PostgresDatabase<F, M>): Promise<number> {
  for (;;) {
    const { rows } = await sql<{ pid: number }>`
      select pid from pg_stat_activity where datname = current_database() and query like 'create %index concurrently%' and wait_event_type = 'Lock'`.execute(
      kysely,
    )
    if (rows[0] !== undefined) return rows[0].pid
    await setTimeout(20)
  }
}

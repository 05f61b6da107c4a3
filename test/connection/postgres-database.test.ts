import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { CamelCasePlugin, Kysely, PostgresDialect, sql } from "kysely"
import pg from "pg"
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest"
import { ConfigurationError, DatabaseUnavailableError, defineRecords, filter, PostgresConnectionPool, PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase, onServer } from "../setup/databases.ts"

const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

describe("the real PostgreSQL takes part", () => {
  test("it is a server of version 18, or the one that DATABASE_URL names", async () => {
    const client = new pg.Client({ connectionString: inject("serverUrl") })
    await client.connect()
    const { rows } = await client.query("show server_version_num")
    await client.end()
    if (process.env["DATABASE_URL"]) expect(Number(rows[0].server_version_num)).toBeGreaterThanOrEqual(140_000)
    else expect(rows[0].server_version_num).toMatch(/^18/)
  })
})

describe("ways to a database", () => {
  let connectionString: string
  let drop: () => Promise<void>

  beforeAll(async () => {
    const created = await migratedDatabase(server)
    connectionString = "connectionString" in created.options ? (created.options.connectionString ?? "") : ""
    await created.db.close()
    drop = created.drop
  })
  afterAll(() => drop())

  test("host, port, database, user and password", async () => {
    const url = new URL(connectionString)
    await using db = new PostgresDatabase({
      host: url.hostname,
      port: Number(url.port),
      database: url.pathname.slice(1),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      poolSize: 1,
      maxOverflow: 0,
    })
    expect(await db.count()).toBe(0)
  })

  test("a pool that several databases share, and that stays open when they close", async () => {
    await using pool = new PostgresConnectionPool({ connectionString, poolSize: 2, maxOverflow: 1 })
    const first = new PostgresDatabase({ pool })
    const second = new PostgresDatabase({ pool, records: defineRecords({ table: "others" }) })
    expect(pool.metrics()).toEqual({ poolSize: 2, maxOverflow: 1, open: 0, idle: 0, inUse: 0, waiting: 0 })
    await second.migrate()
    await second.create({ fields: { x: 1 } })
    await second.close()
    expect(await first.count()).toBe(0)
    await first.close()
    expect(pool.metrics()).toMatchObject({ inUse: 0, waiting: 0 })
    await expect(first.count()).rejects.toThrow(ConfigurationError)
  })

  test("a pool opens poolSize and maxOverflow connections, lets the rest wait, and closes the overflow after", async () => {
    await using pool = new PostgresConnectionPool({ connectionString, poolSize: 1, maxOverflow: 2 })
    const db = new PostgresDatabase({ pool })
    const slow = Array.from({ length: 5 }, () => sql`select pg_sleep(0.2)`.execute(db.kysely))
    await expect.poll(() => pool.metrics()).toMatchObject({ open: 3, inUse: 3, waiting: 2 })
    await Promise.all(slow)
    await expect.poll(() => pool.metrics()).toMatchObject({ open: 1, idle: 1, inUse: 0, waiting: 0 })
  })

  test("a pool that stays full says what to do", async () => {
    await using pool = new PostgresConnectionPool({ connectionString, poolSize: 1, maxOverflow: 0, connectionTimeoutMs: 100 })
    const db = new PostgresDatabase({ pool })
    const slow = sql`select pg_sleep(0.5)`.execute(db.kysely)
    await expect(db.count()).rejects.toThrow(/poolSize/)
    await slow
  })

  test("a Kysely of the caller's, whose plugins stay out of the documents, and which stays open", async () => {
    const kysely = new Kysely<never>({ dialect: new PostgresDialect({ pool: new pg.Pool({ connectionString }) }), plugins: [new CamelCasePlugin()] })
    const db = new PostgresDatabase<{ snake_case: number }>({ kysely })
    const { id } = await db.create({ fields: { snake_case: 1 } })
    expect((await db.search({ filters: [filter("fields.snake_case", "=", 1)] }))[0]?.fields).toEqual({ snake_case: 1 })
    await db.transaction((tx) => tx.delete(id))
    await db.close()
    expect((await sql`select 1 as snake_case`.execute(kysely)).rows).toEqual([{ snakeCase: 1 }])
    await kysely.destroy()
  })

  test("a directory keeps what an embedded database stored", async () => {
    const directory = await mkdtemp(join(tmpdir(), "kysely-records-"))
    const first = new PostgresDatabase({ embedded: join(directory, "data") })
    expect(await first.migrate()).toEqual(["0001_records"])
    const { id } = await first.create({ fields: { name: "Ada" } })
    await first.close()
    await first.close()
    await using second = new PostgresDatabase({ embedded: join(directory, "data") })
    expect(await second.migrate()).toEqual([])
    expect(await second.exists(id)).toBe(true)
    await second.close()
    await rm(directory, { recursive: true })
  })

  test.each([
    ["nothing", {}, /connectionString/],
    ["an empty variable", { connectionString: undefined }, /variable/],
    ["two ways", { embedded: true, pool: 1 }, /not both/],
    ["an unknown option", { connectionString: "postgres://h/d", poolsize: 3 }, /poolsize/],
    ["an option that says nothing", { embedded: true, host: "x" }, /host/],
    ["an empty directory", { embedded: "" }, /directory/],
    ["no connection string", { connectionString: "s3cret" }, /^(?!.*s3cret)the connection string/],
    ["a port that is none", { host: "h", port: 99_999 }, /port/],
    ["a password that is no string", { host: "h", password: 1 }, /password/],
    ["a size that is none", { host: "h", poolSize: 0 }, /poolSize/],
    ["no pool", { pool: {} }, /PostgresConnectionPool/],
    ["no kysely", { kysely: {} }, /Kysely/],
  ])("%s is a ConfigurationError", (_, options, message) => {
    const open = () => new PostgresDatabase(options as never)
    expect(open).toThrow(ConfigurationError)
    expect(open).toThrow(message)
  })

  test.each(["", "a.b", "x as y", " x", "\u0000", "x".repeat(42), 3])("%j is no name of a table", (table) => {
    expect(() => defineRecords({ table: table as never })).toThrow(ConfigurationError)
  })
})

describe("what goes wrong outside", () => {
  const elsewhere = (change: (url: URL) => void): PostgresDatabase => {
    const url = new URL(inject("serverUrl"))
    change(url)
    return new PostgresDatabase({ connectionString: url.href })
  }

  test("an unreachable server", async () => {
    await using db = elsewhere((url) => (url.port = "1"))
    const error: Error = await db.count().catch((thrown) => thrown)
    expect(error).toBeInstanceOf(DatabaseUnavailableError)
    expect(error.message).toMatch(/no server answers there \(ECONNREFUSED\): check host and port/)
    expect(error.cause).toBeInstanceOf(Error)
    await expect(db.migrate()).rejects.toThrow(DatabaseUnavailableError)
    await expect(db.transaction(() => Promise.resolve())).rejects.toThrow(DatabaseUnavailableError)
  })

  test("a wrong password", async () => {
    await using db = elsewhere((url) => (url.password = "wr0ng"))
    const error: Error = await db.count().catch((thrown) => thrown)
    expect(error).toMatchObject({ name: "ConfigurationError", code: "login_refused" })
    expect(error.message).not.toContain("wr0ng")
  })

  test("a database that is not there", async () => {
    await using db = elsewhere((url) => (url.pathname = "/none"))
    await expect(db.count()).rejects.toMatchObject({ code: "no_such_database" })
  })

  test.each(databases)("a missing table on $name names the command to run", async (kind) => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase(options)
    const runs = [() => db.search(), () => db.create({ fields: {} }), () => db.createBatch([{ fields: {} }]), () => db.transaction((tx) => tx.count())]
    for (const run of runs) {
      await expect(run()).rejects.toMatchObject({ name: "ConfigurationError", code: "missing_table", message: expect.stringContaining("db.migrate()") })
    }
    await db.close()
    await drop()
  })

  test("a role that may only read", async () => {
    const { db, options, drop } = await migratedDatabase(server)
    await sql`grant select on records to public`.execute(db.kysely)
    await sql.raw(`do $$ begin create role reader login password 'reader'; exception when duplicate_object then null; end $$`).execute(db.kysely)
    const url = new URL("connectionString" in options ? (options.connectionString ?? "") : "")
    url.username = "reader"
    url.password = "reader"
    await using reader = new PostgresDatabase({ connectionString: url.href })
    expect(await reader.count()).toBe(0)
    await expect(reader.create({ fields: {} })).rejects.toMatchObject({ code: "no_privilege", message: expect.stringContaining("grant") })
    await reader.close()
    await drop()
    await onServer("drop role reader")
  })

  test("a backend that dies is an error of the statement, never the end of the process", async () => {
    const { db, drop } = await migratedDatabase(server)
    const killed = db.transaction(async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx.kysely)
      await onServer(`select pg_terminate_backend(${rows[0]?.pid})`)
      await expect
        .poll(() =>
          tx.count().then(
            () => "alive",
            (error) => error.name,
          ),
        )
        .toBe("DatabaseUnavailableError")
      await tx.create({ fields: {} })
    })
    await expect(killed).rejects.toThrow(DatabaseUnavailableError)
    // The idle ones as well.
    const { rows: idle } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db.kysely)
    await onServer(`select pg_terminate_backend(${idle[0]?.pid})`)
    await expect.poll(() => db.count().catch(() => "not yet")).toBe(0)
    await drop()
  })

  test("a connection whose server ended it under a statement is not used again", async () => {
    const { db, drop } = await migratedDatabase(server)
    for (let turn = 0; turn < 5; turn += 1) {
      await expect(sql`select pg_terminate_backend(pg_backend_pid())`.execute(db.kysely)).rejects.toMatchObject({ code: "57P01" })
      await expect(db.create({ fields: { turn } })).resolves.toMatchObject({ fields: { turn } })
    }
    expect(await db.count()).toBe(5)
    await drop()
  })

  test("a connection that is known to be broken before COMMIT: it was never sent, and nothing is stored", async () => {
    const { db, drop } = await migratedDatabase(server)
    const run = db.transaction(async (tx) => {
      await tx.create({ fields: {} })
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx.kysely)
      await onServer(`select pg_terminate_backend(${rows[0]?.pid})`)
      await expect
        .poll(async () => (await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity where pid = ${rows[0]?.pid}`.execute(db.kysely)).rows[0]?.n)
        .toBe(0)
      // The driver hears of it.
      await setTimeout(500)
    })
    await expect(run).rejects.toThrow(DatabaseUnavailableError)
    await drop()
  })

  test("two transactions that run into each other: one is told to run again", async () => {
    const { db, drop } = await migratedDatabase(server)
    const [a = "", b = ""] = await db.createBatch([{ fields: {} }, { fields: {} }])
    const both = [
      [a, b],
      [b, a],
    ].map(([first = "", second = ""]) =>
      db.transaction(async (tx) => {
        await tx.update(first, { fields: { x: 1 } })
        await sql`select pg_sleep(0.3)`.execute(tx.kysely)
        await tx.update(second, { fields: { x: 1 } })
      }),
    )
    const results = await Promise.allSettled(both)
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
    expect(results.find((result) => result.status === "rejected")?.reason).toMatchObject({ name: "TransactionConflictError", code: "transaction_conflict" })
    await drop()
  })
})

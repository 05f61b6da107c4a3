import { connect, createServer, type Socket } from "node:net"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { filter, increment, PostgresDatabase, type StoredRecord, set } from "../../src/index.ts"
import { isRefusalOfServer } from "../../src/store/batch-bisection.ts"
import { databaseError } from "../../src/store/database-error.ts"
import { databases, migratedDatabase, onServer } from "../setup/databases.ts"

const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

/** A way to the server that can be cut, at once or when COMMIT has gone through it and its answer has not. */
async function cuttable(connectionString: string) {
  const url = new URL(connectionString)
  const { hostname, port } = url
  const sockets = new Set<Socket>()
  let losesCommit = false
  const proxy = createServer((client) => {
    const there = connect(Number(port), hostname)
    for (const socket of [client, there]) {
      sockets.add(socket)
      socket.on("error", () => undefined)
    }
    client.pipe(there)
    there.pipe(client)
    client.on("data", (sent) => {
      if (!losesCommit || !sent.includes("commit")) return
      there.unpipe(client)
      there.once("data", cut).resume()
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve))
  const address = proxy.address()
  url.hostname = "127.0.0.1"
  url.port = String(typeof address === "object" && address !== null ? address.port : 0)
  const cut = () => {
    losesCommit = false
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  const loseCommit = () => {
    losesCommit = true
  }
  const close = async () => {
    cut()
    await new Promise((resolve) => proxy.close(resolve))
  }
  return { url: url.href, cut, loseCommit, close }
}

describe("a write by itself whose connection breaks, on PostgreSQL", () => {
  let db: PostgresDatabase
  let far: PostgresDatabase
  let way: Awaited<ReturnType<typeof cuttable>>
  let drop: () => Promise<void>
  let ada: StoredRecord

  beforeAll(async () => {
    const migrated = await migratedDatabase(server)
    ;({ db, drop } = migrated)
    way = await cuttable("connectionString" in migrated.options ? (migrated.options.connectionString ?? "") : "")
    far = new PostgresDatabase({ connectionString: way.url })
  })
  afterAll(async () => {
    await far.close()
    await way.close()
    await drop()
  })
  beforeEach(async () => {
    await sql`truncate records`.execute(db.kysely)
    ada = await db.create({ fields: { n: 1 } })
  })

  const { fields } = { fields: { n: 2 } }
  const writes: [string, (on: PostgresDatabase) => Promise<unknown>][] = [
    ["create", (on) => on.create({ fields })],
    ["createBatch", (on) => on.createBatch([{ fields }])],
    ["update", (on) => on.update(ada.id, { fields })],
    ["patch", (on) => on.patch(ada.id, [increment("fields.n", 1)])],
    ["upsert", (on) => on.upsert({ id: ada.id, fields })],
    ["delete", (on) => on.delete(ada.id)],
    ["updateWhere", (on) => on.updateWhere({ filters: [], all: true } as never, { fields })],
  ]

  /** Starts a write that waits for a lock, does something to its connection, and gives the lock free. */
  async function whileItWaits(write: (on: PostgresDatabase) => Promise<unknown>, breaking: (pid: number) => Promise<void> | void): Promise<unknown> {
    let refused: Promise<unknown> = Promise.resolve()
    await db.transaction(async (tx) => {
      await sql`lock table records in access exclusive mode`.execute(tx.kysely)
      refused = write(far).catch((error: unknown) => error)
      let pid = 0
      const waiting = sql<{ pid: number }>`select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
      await expect.poll(async () => (pid = (await waiting.execute(db.kysely)).rows[0]?.pid ?? 0)).toBeGreaterThan(0)
      await breaking(pid)
      await refused
    })
    return refused
  }

  test.each(writes)("%s: the server ends the connection and says so, and nothing was written", async (operation, write) => {
    const error = await whileItWaits(write, (pid) => onServer(`select pg_terminate_backend(${pid})`))
    expect(error).toMatchObject({ name: "DatabaseUnavailableError", message: expect.stringMatching(`^${operation}: .*nothing was written`) })
    expect(await db.search()).toEqual([ada])
  })

  test.each(writes)("%s: the connection ends without a word, and it is not known whether it was written", async (operation, write) => {
    const error = await whileItWaits(write, () => way.cut())
    expect(error).toMatchObject({
      name: "UnknownCommitError",
      code: "unknown_commit",
      message: expect.stringContaining(`before the server answered ${operation}`),
    })
    // The server went on without its client.
    await expect.poll(async () => (await db.search()).map((record) => record.fields["n"])).not.toEqual([1])
  })

  async function patchedTwo(on: PostgresDatabase) {
    const { id } = await db.create({ fields: {} })
    const changes = [[increment("fields.n", 1)], [set("fields.other", true)]] as const
    return on.patchBatch([ada.id, id].map((each, position) => ({ id: each, changes: changes[position] ?? [] })))
  }

  const large = Array.from({ length: 3_000 }, () => ({ fields: { n: 2 } }))
  const transactions: [string, (on: PostgresDatabase) => Promise<unknown>, records: number][] = [
    ["a transaction", (on) => on.transaction((tx) => tx.patch(ada.id, [increment("fields.n", 1)])), 1],
    ["a batch", (on) => on.createBatch(large), 3_000],
    ["a batch that isolates", (on) => on.createBatch(large.slice(0, 10), { onError: "isolate" }), 10],
    ["patches of several kinds", (on) => patchedTwo(on), 1],
  ]

  test.each(transactions)("%s whose COMMIT is not answered may be stored, and the error says so", async (_, write, records) => {
    way.loseCommit()
    const error = await write(far).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: "UnknownCommitError", code: "unknown_commit" })
    await expect.poll(() => db.count({ filters: [filter("fields.n", "=", 2)] })).toBe(records)
  })

  test.each(transactions)("%s whose COMMIT the server answers with an error is known not to be stored", async (_, write) => {
    await sql`create function cancelled() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '57014'; end $$`.execute(db.kysely)
    const deferred = sql`deferrable initially deferred for each row execute function cancelled()`
    await sql`create constraint trigger late after insert or update on records ${deferred}`.execute(db.kysely)
    try {
      await expect(write(far)).rejects.toMatchObject({ name: "DatabaseUnavailableError" })
    } finally {
      await sql`drop function cancelled() cascade`.execute(db.kysely)
    }
    expect(await db.count({ filters: [filter("fields.n", "=", 2)] })).toBe(0)
  })

  test("a read whose connection ends may be run again", async () => {
    const error = await whileItWaits(
      (on) => on.read(ada.id),
      () => way.cut(),
    )
    expect(error).toMatchObject({ name: "DatabaseUnavailableError" })
  })

  test("EPIPE is no SQLSTATE, though it has the form of one", () => {
    const cause = Object.assign(new Error("write EPIPE"), { code: "EPIPE" })
    expect(databaseError(cause, { operation: "read", schema: "public", table: "records" })).toMatchObject({ name: "DatabaseUnavailableError", cause })
    expect(isRefusalOfServer(databaseError(cause, { operation: "create", schema: "public", table: "records" }))).toBe(false)
  })

  test("a write that no connection was there for was not sent", async () => {
    const nowhere = new PostgresDatabase({ connectionString: "postgres://nobody@127.0.0.1:1/none" })
    await expect(nowhere.create({ fields })).rejects.toMatchObject({
      name: "DatabaseUnavailableError",
      message: expect.stringContaining("nothing was written"),
    })
    await nowhere.close()
  })

  test("in a transaction a write that is not answered is not stored", async () => {
    const error = await whileItWaits(
      (on) => on.transaction((tx) => tx.create({ fields })),
      () => way.cut(),
    )
    expect(error).toMatchObject({ name: "DatabaseUnavailableError" })
    expect(await db.search()).toEqual([ada])
  })
})

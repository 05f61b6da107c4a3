import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { filter, increment, PostgresConnectionPool, PostgresDatabase, push, type RecordStore, RevisionConflictError, set } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const WRITERS = 100

describe.each(databases)("patches at the same time on $name", (kind) => {
  let db: PostgresDatabase
  let close: () => Promise<void>

  beforeAll(async () => {
    const { db: own, options, drop } = await migratedDatabase(kind)
    // An embedded database has one connection, and its writers take turns.
    const pool = "kysely" in options ? undefined : new PostgresConnectionPool({ ...options, poolSize: 20 } as never)
    db = pool === undefined ? own : new PostgresDatabase({ pool })
    close = async () => {
      await pool?.close()
      await drop()
    }
  })
  afterAll(() => close())

  test("100 writers increment one number and push to one list: the sum is exact, and nothing is lost", async () => {
    const { id } = await db.create({ fields: { n: 0.5 } })
    await Promise.all(Array.from({ length: WRITERS }, (_, writer) => db.patch(id, [increment("fields.n", 0.1), push("fields.writers", writer)])))
    const record = await db.read(id)
    expect(record).toMatchObject({ fields: { n: 10.5 }, revision: WRITERS + 1 })
    expect(new Set(record?.fields["writers"] as number[]).size).toBe(WRITERS)
  })

  test("writers read, check the revision and try again: the sum is exact", async () => {
    // All of them conflict with all others, one after the other where there is one connection.
    const writers = kind.name === "PostgreSQL" ? WRITERS : 20
    const { id } = await db.create({ fields: { n: 0 } })
    let conflicts = 0
    const write = async (): Promise<void> => {
      const record = await db.read(id)
      try {
        await db.patch(id, [set("fields.n", Number(record?.fields["n"]) + 1)], { expectedRevision: record?.revision })
      } catch (error) {
        if (!(error instanceof RevisionConflictError)) throw error
        conflicts += 1
        await write()
      }
    }
    await Promise.all(Array.from({ length: writers }, write))
    expect(await db.read(id)).toMatchObject({ fields: { n: writers }, revision: writers + 1 })
    expect(conflicts).toBeGreaterThan(0)
  }, 60_000)

  test("batches over the same records, in any order: every increment counts, and none waits for ever", async () => {
    const ids = await db.createBatch(Array.from({ length: 50 }, () => ({ fields: { k: 1 } })))
    const changes = [increment("fields.m", 1)]
    const writes = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0 ? db.patchBatch(ids.toReversed().map((id) => ({ id, changes }))) : db.patchBatch(ids.map((id) => ({ id, changes }))),
    )
    await Promise.all([...writes, ...ids.map((id) => db.patch(id, changes))])
    const records = await db.search()
    expect(records.filter(({ fields }) => fields["k"] === 1).map(({ fields }) => fields["m"])).toEqual(ids.map(() => 21))
  }, 60_000)

  test("batches of several statements do not wait for each other either, in whatever order their records come", async () => {
    const ids = await db.createBatch(Array.from({ length: 2500 }, () => ({ fields: { n: 0 } })))
    const patches = ids.map((id, index) => ({ id, changes: [index % 2 === 0 ? increment("fields.n", 1) : push("fields.list", 1)] }))
    const alike = ids.map((id) => ({ id, changes: [increment("fields.m", 1)] }))
    const batches = [patches, patches.toReversed(), alike, alike.toReversed()]
    const written = await Promise.all(batches.map((batch) => db.patchBatch(batch)))
    expect(written.map((records) => records.map(({ id }) => id))).toEqual(batches.map((batch) => batch.map(({ id }) => id)))
    expect(await db.count({ filters: [filter("revision", "=", 5)] })).toBe(ids.length)
  }, 60_000)

  test("batches that replace the same records in other orders do not wait for each other", async () => {
    const ids = await db.createBatch(Array.from({ length: 1000 }, () => ({ fields: { n: 0 } })))
    const orders = Array.from({ length: 12 }, (_, writer) => (writer % 2 === 0 ? ids : ids.toReversed()))
    const upserts = orders.map((order, writer) => db.upsertBatch(order.map((id) => ({ id, fields: { n: writer } }))))
    await expect(Promise.all(upserts)).resolves.toEqual(orders)
    const updates = orders.map((order, writer) => db.updateBatch(order.map((id) => ({ id, metadata: { writer } }))))
    await expect(Promise.all(updates)).resolves.toEqual(orders)
    expect(await db.count({ filters: [filter("revision", "=", 25)] })).toBe(1000)
  })

  const writes: [what: string, write: (tx: RecordStore, id: string) => Promise<unknown>][] = [
    ["patch", (tx, id) => tx.patch(id, [increment("fields.n", 1)])],
    ["patchBatch", (tx, id) => tx.patchBatch([{ id, changes: [increment("fields.n", 1)] }])],
    ["update", (tx, id) => tx.update(id, { fields: { n: 1 } })],
  ]

  test.each(kind.name === "PostgreSQL" ? writes : [])(
    "%s looks at its own record alone: transactions that are serializable do not meet over others",
    async (_, write) => {
      const ids = await db.createBatch(Array.from({ length: 6000 }, (__, n) => ({ fields: { n } })))
      await sql`vacuum analyze records`.execute(db.kysely)
      for (let round = 0; round < 3; round += 1) {
        const read = Promise.withResolvers<void>()
        let begun = 0
        const writing = [ids[0] ?? "", ids.at(-1) ?? ""].map((id) =>
          db.kysely
            .transaction()
            .setIsolationLevel("serializable")
            .execute(async (trx) => {
              const tx = db.with(trx)
              await tx.exists(id)
              begun += 1
              if (begun === 2) read.resolve()
              await read.promise
              await write(tx, id)
            }),
        )
        await expect(Promise.all(writing)).resolves.toHaveLength(2)
      }
    },
  )
})

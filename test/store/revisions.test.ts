import { setTimeout } from "node:timers/promises"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, increment, type PostgresDatabase, RecordNotFoundError, RevisionConflictError, type StoredRecord } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Counter {
  n: number
}

const counters = defineRecords<Counter, { by: string }>({ table: "counters" })
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

type Counters = PostgresDatabase<Counter, { by: string }>

/** The writes that may be for one revision. */
const writes: [name: string, (db: Pick<Counters, "update" | "upsert" | "delete">, id: string, options: { expectedRevision: number }) => Promise<unknown>][] = [
  ["update", (db, id, options) => db.update(id, { fields: { n: 7 } }, options)],
  ["upsert", (db, id, options) => db.upsert({ id, fields: { n: 7 } }, options)],
  ["delete", (db, id, options) => db.delete(id, options)],
]

describe.each(databases)("revisions on $name", (kind) => {
  let db: Counters
  let drop: () => Promise<void>
  let counter: StoredRecord<Counter, { by: string }>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, counters))
  })
  afterAll(() => drop())
  beforeEach(async () => {
    await sql`truncate counters`.execute(db.kysely)
    counter = await db.create({ fields: { n: 0 }, metadata: { by: "test" } })
  })

  test("every write adds one", async () => {
    await db.update(counter.id, { fields: { n: 1 } })
    await db.update(counter.id, { fields: { n: 2 } }, { expectedRevision: 2 })
    expect(await db.upsert({ id: counter.id, fields: { n: 3 } })).toMatchObject({ revision: 4, fields: { n: 3 }, createdAt: counter.createdAt })
    const last = await db.upsert({ id: counter.id, fields: { n: 4 } }, { expectedRevision: 4 })
    expect(last).toMatchObject({ revision: 5, fields: { n: 4 }, metadata: null })
    expect(await db.read(counter.id)).toEqual(last)
    expect(await db.delete(counter.id, { expectedRevision: 5 })).toBe(true)
    expect(await db.count()).toBe(0)
  })

  test.each(writes)("%s for another revision writes nothing, and says which one there is", async (_, write) => {
    await db.update(counter.id, { fields: { n: 1 } })
    const failure: unknown = await write(db, counter.id, { expectedRevision: 1 }).catch((error) => error)
    expect(failure).toBeInstanceOf(RevisionConflictError)
    expect(failure).toMatchObject({ code: "revision_conflict", id: counter.id, expectedRevision: 1, currentRevision: 2 })
    expect(await db.read(counter.id)).toMatchObject({ fields: { n: 1 }, revision: 2 })
  })

  test.each(writes)("%s for a revision of no record says that there is none", async (_, write) => {
    await expect(write(db, UNKNOWN_ID, { expectedRevision: 1 })).rejects.toThrow(RecordNotFoundError)
    expect(await db.count()).toBe(1)
  })

  test("an id that is none has no revision", async () => {
    await expect(db.update("no id", { fields: { n: 1 } }, { expectedRevision: 1 })).rejects.toMatchObject({ name: "RecordNotFoundError", id: "no id" })
    await expect(db.delete("no id", { expectedRevision: 1 })).rejects.toThrow(RecordNotFoundError)
  })

  test("a conflict inside a transaction can be caught, and the transaction goes on", async () => {
    await db.transaction(async (tx) => {
      await tx.update(counter.id, { fields: { n: 1 } }, { expectedRevision: 9 }).catch(() => undefined)
      await tx.update(counter.id, { fields: { n: 2 } }, { expectedRevision: 1 })
    })
    expect(await db.read(counter.id)).toMatchObject({ fields: { n: 2 }, revision: 2 })
  })

  test.each([
    [{ expectedRevision: "1" }, "/expectedRevision"],
    [{ expectedRevision: -1 }, "/expectedRevision"],
    [{ expectedRevision: 1.5 }, "/expectedRevision"],
    [{ expectedRevision: null }, "/expectedRevision"],
    [{ expectedRevison: 1 }, "/expectedRevison"],
    [null, ""],
    [1, ""],
  ])("options %j are refused, and nothing is written", async (options, pointer) => {
    for (const [, write] of writes) {
      await expect(write(db, counter.id, options as never)).rejects.toMatchObject({ name: "InvalidQueryError", pointer })
    }
    expect(await db.read(counter.id)).toEqual(counter)
  })

  test("100 writers that read, add one and try again at a conflict: none is lost", async () => {
    const increment = async (): Promise<number> => {
      for (let conflicts = 0; ; conflicts += 1) {
        // Without a pause all of them would read before each single write.
        if (conflicts > 0) await setTimeout(Math.random() * 50 * conflicts)
        const { fields, revision } = (await db.read(counter.id)) ?? expect.unreachable()
        try {
          await db.update(counter.id, { fields: { n: fields.n + 1 } }, { expectedRevision: revision })
          return conflicts
        } catch (error) {
          if (!(error instanceof RevisionConflictError)) throw error
        }
      }
    }
    const conflicts = await Promise.all(Array.from({ length: 100 }, increment))
    expect(await db.read(counter.id)).toMatchObject({ fields: { n: 100 }, revision: 101 })
    expect(conflicts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
  })

  test("createdAt and updatedAt are the time of the transaction", async () => {
    const { times, created, updated, upserted, added } = await db.transaction(async (tx) => {
      const now = await sql<{ now: Date }>`select now()::timestamptz(3) as now`.execute(tx.kysely)
      const pause = () => sql`select pg_sleep(0.02)`.execute(tx.kysely)
      await pause()
      const first = await tx.create({ fields: { n: 1 } })
      await pause()
      return {
        times: now.rows[0]?.now,
        created: first,
        updated: await tx.update(counter.id, { fields: { n: 2 } }),
        upserted: await tx.upsert({ id: first.id, fields: { n: 3 } }),
        added: await tx.upsert({ id: UNKNOWN_ID, fields: { n: 3 } }),
      }
    })
    expect([created.createdAt, created.updatedAt, updated.updatedAt, upserted.createdAt, upserted.updatedAt, added.createdAt]).toEqual(Array(6).fill(times))
    expect(updated.createdAt).toEqual(counter.createdAt)
  })
})

describe("revisions under concurrency, on PostgreSQL", () => {
  let db: Counters
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(server, counters))
  })
  afterAll(() => drop())

  /** What a write gets that began while another transaction held the record, and met it when that one was done. */
  async function meeting(
    first: (tx: Pick<Counters, "create" | "update" | "delete">, id: string) => Promise<unknown>,
    second: (id: string) => Promise<unknown>,
  ) {
    const { id } = await db.create({ fields: { n: 0 } })
    let waiting: Promise<unknown> = Promise.resolve()
    await db.transaction(async (tx) => {
      await first(tx, id)
      waiting = second(id).catch((error: unknown) => error)
      await expect.poll(() => waitingStatements(db)).toBe(1)
    })
    return { id, met: await waiting }
  }

  test.each(writes)("%s that waited for an update meets the revision that it left behind", async (_, write) => {
    const update = (tx: Pick<Counters, "update">, id: string) => tx.update(id, { fields: { n: 1 } })
    const late = await meeting(update, (id) => write(db, id, { expectedRevision: 1 }))
    expect(late.met).toMatchObject({ name: "RevisionConflictError", expectedRevision: 1, currentRevision: 2 })
    expect(await db.read(late.id)).toMatchObject({ fields: { n: 1 }, revision: 2 })
    const early = await meeting(update, (id) => write(db, id, { expectedRevision: 2 }))
    expect(early.met).not.toBeInstanceOf(Error)
    expect((await db.read(early.id))?.revision).toBe(early.met === true ? undefined : 3)
  })

  test.each(writes)("%s that waited for a deletion finds no record", async (_, write) => {
    const { id, met } = await meeting(
      (tx, id) => tx.delete(id),
      (id) => write(db, id, { expectedRevision: 1 }),
    )
    expect(met).toBeInstanceOf(RecordNotFoundError)
    expect(await db.exists(id)).toBe(false)
  })

  test.each(writes)("%s that waited for another transaction to make the record anew meets the new one", async (_, write) => {
    const anew = async (tx: Pick<Counters, "create" | "delete">, id: string) => {
      await tx.delete(id)
      await tx.create({ id, fields: { n: 5 } })
    }
    const { id, met } = await meeting(anew, (one) => write(db, one, { expectedRevision: 7 }))
    expect(met).toMatchObject({ name: "RevisionConflictError", expectedRevision: 7, currentRevision: 1 })
    expect(await db.read(id)).toMatchObject({ fields: { n: 5 }, revision: 1 })
    const patched = await meeting(anew, (one) => db.patch(one, [increment("fields.n", 1)]))
    expect(patched.met).toMatchObject({ fields: { n: 6 }, revision: 2 })
  })

  test.each(writes.filter(([name]) => name !== "delete"))("%s of a record does not wait for one of another table that refers to it", async (_, write) => {
    const { id } = await db.create({ fields: { n: 0 } })
    await sql`create table details (counter uuid references counters)`.execute(db.kysely)
    await db.kysely.transaction().execute(async (trx) => {
      await sql`insert into details values (${id}::uuid)`.execute(trx)
      expect(await write(db, id, { expectedRevision: 1 })).toMatchObject({ revision: 2 })
    })
    await sql`drop table details`.execute(db.kysely)
  })

  test("an upsert without a revision that waited for another one comes on top of it", async () => {
    const { id, met } = await meeting(
      (tx, id) => tx.update(id, { fields: { n: 1 } }),
      (id) => db.upsert({ id, fields: { n: 2 } }),
    )
    expect(met).toMatchObject({ id, fields: { n: 2 }, revision: 3 })
  })
})

async function waitingStatements(db: Counters): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(db.kysely)
  return rows[0]?.n ?? 0
}

import { Readable } from "node:stream"
import { setTimeout } from "node:timers/promises"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { DuplicateRecordError, defineRecords, type PostgresDatabase, RecordsError } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Person {
  name: string
}

const people = defineRecords<Person>({ table: "people" })
type Store = Parameters<Parameters<PostgresDatabase<Person>["transaction"]>[0]>[0]

/** Waits, and fails where it is told why. */
async function later(ms: number, why?: string): Promise<void> {
  await setTimeout(ms)
  if (why !== undefined) throw new Error(why)
}

const ID = "00000000-0000-4000-8000-000000000001"
const person = (name: string) => ({ fields: { name } })
const taken = [person("left"), { id: ID, ...person("taken") }, person("out")]

describe.each(databases)("what belongs to a transaction takes turns on $name", (kind) => {
  let db: PostgresDatabase<Person>
  let drop: () => Promise<void>
  const names = async () => (await db.search()).map(({ fields }) => fields.name).sort()

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, people))
  })
  afterAll(() => drop())
  beforeEach(async () => {
    await sql`truncate people`.execute(db.kysely)
    await db.create({ id: ID, ...person("Ada") })
  })

  test("what runs beside a batch that is refused stays, before and behind it", async () => {
    await db.transaction(async (tx) => {
      const settled = await Promise.allSettled([
        tx.create(person("before")),
        tx.createBatch(taken),
        tx.create(person("behind")),
        tx.createBatch([person("another")]),
        tx.update(ID, { fields: { name: "Ada L." } }),
      ])
      expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"])
    })
    expect(await names()).toEqual(["Ada L.", "another", "before", "behind"])
  })

  test("so does what runs on another store of the same Kysely transaction", async () => {
    await db.kysely.transaction().execute(async (trx) => {
      const stores = Array.from({ length: 4 }, () => db.with(trx))
      const settled = await Promise.allSettled(
        stores.map((store, index) => (index % 2 === 0 ? store.createBatch(taken) : store.createBatch([person(`n${index}`)]))),
      )
      expect(settled.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "fulfilled"])
    })
    expect(await names()).toEqual(["Ada", "n1", "n3"])
  })

  test("what waits for a savepoint sees what it has left", async () => {
    const counts = await db.transaction(async (tx) => {
      const inner = tx.transaction(async (within) => {
        await within.create(person("Bo"))
        await within.create(person("Cy"))
        throw new Error("no")
      })
      const [, count] = await Promise.allSettled([inner, tx.count()])
      return count
    })
    expect(counts).toMatchObject({ status: "fulfilled", value: 1 })
  })

  test("the outer one that is used within a savepoint belongs to the savepoint", async () => {
    await db.transaction(async (tx) => {
      const inner = tx.transaction(async () => {
        await tx.create(person("Bo"))
        await tx.createBatch([person("Cy")])
        await Promise.allSettled([tx.transaction((third) => third.create(person("Di"))), tx.createBatch(taken)])
        expect(await tx.count()).toBe(4)
        throw new Error("no")
      })
      await expect(inner).rejects.toThrow("no")
      await tx.create(person("Ed"))
    })
    expect(await names()).toEqual(["Ada", "Ed"])
  })

  const many = (count: number) => Array.from({ length: count }, (_, index) => person(`n${index}`))

  // Longer under way than anything that fails beside it.
  const slow = async function* () {
    for (let part = 0; part < 10; part += 1) {
      yield* many(2_000)
      await later(100)
    }
  }

  test("a transaction that is rolled back leaves nothing of a batch that is under way", async () => {
    for (const refusal of [(tx: Store) => tx.create({ id: ID, ...person("taken") }), () => later(250, "no")]) {
      const others: Promise<unknown>[] = []
      const run = db.transaction(async (tx) => {
        others.push(tx.createBatch(slow()).catch((error: unknown) => error))
        await refusal(tx)
      })
      await expect(run).rejects.toThrow()
      expect(await others[0]).toBeInstanceOf(RecordsError)
      await later(150)
      expect(await names()).toEqual(["Ada"])
    }
  })

  test("nor does a savepoint, and what it did not wait for is not told that it is stored", async () => {
    const late: Promise<unknown>[] = []
    await db.transaction(async (tx) => {
      const inner = tx.transaction((within) => {
        late.push(within.createBatch(slow()).catch((error: unknown) => error))
        for (const ms of [400, 500])
          late.push(
            later(ms)
              .then(() => within.create(person(`after ${ms} ms`)))
              .catch((error: unknown) => error),
          )
        return later(250, "lookup failed")
      })
      await expect(inner).rejects.toThrow("lookup failed")
      await tx.create(person("Bo"))
      expect(await Promise.all(late)).toMatchObject(Array.from({ length: 3 }, () => ({ code: "transaction_ended" })))
    })
    expect(await names()).toEqual(["Ada", "Bo"])
  })

  test("a transaction is committed when all that its work has begun is done", async () => {
    const others: Promise<unknown>[] = []
    await db.transaction(async (tx) => {
      others.push(tx.createBatch(many(20_000)))
      others.push(tx.transaction((inner) => later(20).then(() => inner.create(person("Bo")))))
      others.push(tx.create(person("Cy")))
      await later(200)
    })
    expect(await db.count()).toBe(20_003)
    await Promise.all(others)
  })

  test("a source that has nothing to give does not keep a transaction from ending", async () => {
    const stalled = async function* () {
      yield* many(5_000)
      await new Promise(() => undefined)
    }
    await expect(db.transaction((tx) => Promise.all([tx.createBatch(stalled()), later(50, "no")]))).rejects.toThrow("no")
    expect(await names()).toEqual(["Ada"])
  })

  test("nor does a savepoint that was not even made when the work beside it failed", async () => {
    const begun: Promise<unknown>[] = []
    const run = db.transaction(async (tx) => {
      begun.push(tx.transaction(() => new Promise(() => undefined)).catch((error: unknown) => error))
      throw new Error("no")
    })
    await expect(run).rejects.toThrow("no")
    expect(await begun[0]).toMatchObject({ code: "transaction_ended" })
    expect(await names()).toEqual(["Ada"])
  }, 10_000)

  test("what comes when a transaction has ended is told so", async () => {
    let left: Store | undefined
    await db.transaction(async (tx) => {
      left = tx
    })
    let own: Store | undefined
    await db.kysely.transaction().execute(async (trx) => {
      own = db.with(trx)
    })
    for (const store of [left ?? expect.unreachable(), own ?? expect.unreachable()]) {
      await expect(store.create(person("Bo"))).rejects.toMatchObject({ code: "transaction_ended" })
      await expect(store.count()).rejects.toMatchObject({ code: "transaction_ended" })
      await expect(store.createBatch(many(2))).rejects.toMatchObject({ code: "transaction_ended" })
    }
    expect(await names()).toEqual(["Ada"])
  })

  test("a source that is a stream may read with the transaction of its batch, though it runs elsewhere", async () => {
    await db.transaction(async (tx) => {
      const stream = Readable.from(many(9_000).entries()).map(async ([index, one]) => (index % 1_000 === 0 ? person(`of ${await tx.count()}`) : one), {
        concurrency: 4,
      })
      expect(await tx.createBatch(stream)).toHaveLength(9_000)
    })
    expect(await db.count()).toBe(9_001)
  }, 20_000)

  test("the transaction of another database in between makes no difference", async () => {
    const other = await migratedDatabase(kind, people)
    await db.transaction((tx) => tx.transaction(() => other.db.transaction(async () => void (await tx.create(person("Bo"))))))
    const source = async function* () {
      for (const [index, one] of many(4_500).entries()) {
        if (index % 2_200 === 2_199) await other.db.transaction(async () => (await current).count())
        yield one
      }
    }
    let known: (tx: Store) => void = () => undefined
    const current = new Promise<Store>((resolve) => {
      known = resolve
    })
    await db.transaction(async (tx) => {
      known(tx)
      await tx.createBatch(source())
      await other.db.transaction(() => tx.count())
    })
    expect(await db.count()).toBe(4_502)
    await other.drop()
  })

  test("the source of a batch may use the transaction of the batch, for batches too", async () => {
    async function* source(tx: Pick<PostgresDatabase<Person>, "createBatch" | "count">) {
      for (let index = 0; index < 4_500; index += 1) {
        if (index % 1_500 === 0) {
          await expect(tx.createBatch(taken)).rejects.toThrow(DuplicateRecordError)
          await tx.createBatch([person(`found ${await tx.count()}`)])
        }
        yield person(`n${index}`)
      }
    }
    await db.transaction(async (tx) => {
      expect(await tx.createBatch(source(tx))).toHaveLength(4_500)
    })
    expect(await db.count()).toBe(1 + 4_500 + 3)
  })
})

describe.each(databases)("the outer database within its own transaction on $name", (kind) => {
  let db: PostgresDatabase<Person>
  let drop: () => Promise<void>
  const isEmbedded = kind.name === "PGlite"

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, people))
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate people`.execute(db.kysely))

  test.each<[string, () => Promise<unknown>]>([
    ["create", () => db.create(person("Bo"))],
    ["count", () => db.count()],
    ["explain", () => db.explain()],
    ["transaction", () => db.transaction((inner) => inner.count())],
    ["createBatch", () => db.createBatch([person("Bo"), person("Cy")], { onError: "isolate" })],
  ])("%s is outside of it, or an error where there is one connection", async (_operation, run) => {
    await db.transaction(async (tx) => {
      await tx.create(person("Ada"))
      if (isEmbedded) await expect(run()).rejects.toMatchObject({ code: "connection_in_use", message: expect.stringMatching(/\btx\b/) })
      else await expect(run()).resolves.toBeDefined()
    })
  })

  test("a source that asks it is told so", async () => {
    async function* source() {
      for (let index = 0; index < 4_500; index += 1) yield person(`n${index} of ${index === 4_200 ? await db.count() : 0}`)
    }
    const run = db.createBatch(source())
    if (isEmbedded) await expect(run).rejects.toMatchObject({ code: "source_failed", cause: { code: "connection_in_use" } })
    else await expect(run).resolves.toHaveLength(4_500)
    expect(await db.count()).toBe(isEmbedded ? 0 : 4_500)
  })

  test("another database, and what the transaction left behind when it ended, are free to ask", async () => {
    const other = await migratedDatabase(kind, people)
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    try {
      const later = await db.transaction(async (tx) => {
        await tx.create(person("Ada"))
        expect(await other.db.count()).toBe(0)
        return { count: ended.then(() => db.count()) }
      })
      end()
      expect(await later.count).toBe(1)
    } finally {
      await other.drop()
    }
  })
})

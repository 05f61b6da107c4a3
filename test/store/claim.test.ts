import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, filter, increment, PostgresConnectionPool, PostgresDatabase, set } from "../../src/index.ts"
import { databaseError } from "../../src/store/database-error.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Job {
  n: number
  state?: string
  worker?: number
  kind?: string
}

const jobs = defineRecords<Job>({ table: "jobs", indexes: [{ field: "fields.n", where: filter("fields.state", "not_exists") }] })
const open = { filters: [filter("fields.state", "not_exists")], sort: [{ field: "fields.n" as const }] }

describe.each(databases)("claims on $name", (kind) => {
  let db: PostgresDatabase<Job>
  let options: object
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, options, drop } = await migratedDatabase(kind, jobs))
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate jobs`.execute(db.kysely))

  const add = (count: number): Promise<string[]> => db.createBatch(Array.from({ length: count }, (_, n) => ({ fields: { n } })))

  test("the first records of a query, in its order, as they are then", async () => {
    await add(5)
    const claimed = await db.claim({ sort: [{ field: "fields.n", order: "desc" }], limit: 2 }, [set("fields.state", "taken"), set("fields.n", 0)])
    expect(claimed.map(({ fields, revision }) => [fields, revision])).toEqual([
      [{ n: 0, state: "taken" }, 2],
      [{ n: 0, state: "taken" }, 2],
    ])
    expect(await db.search({ filters: [filter("fields.state", "exists")], sort: [{ field: "id", order: "desc" }] })).toEqual(claimed)
    expect((await db.claim(open, [set("fields.state", "taken")], { limit: 9 })).map(({ fields }) => fields.n)).toEqual([0, 1, 2])
    expect(await db.claim(open, [set("fields.state", "taken")])).toEqual([])
    expect(await db.claim({}, [set("fields.state", "again")])).toHaveLength(1)
    expect(await db.claim({ limit: 0 }, [set("fields.state", "again")])).toEqual([])
  })

  test("what does not allow a change is not claimed, nor anything beside it, and is named", async () => {
    await add(3)
    await sql`update jobs set fields = fields || '{"kind": "x"}' where fields @> '{"n": 1}'`.execute(db.kysely)
    const [, second] = await db.search(open)
    await expect(db.claim({ ...open, limit: 3 }, [set("fields.state", "taken"), increment("fields.kind" as never, 1)])).rejects.toMatchObject({
      code: "inapplicable_change",
      failures: [{ id: second?.id, pointer: "/1" }],
    })
    expect(await db.count(open)).toBe(3)
  })

  test.each([
    ["an offset", [{ offset: 1 }, {}], "/offset"],
    ["select", [{ select: ["id"] }, {}], "/select"],
    ["two limits", [{ limit: 1 }, { limit: 1 }], "/limit"],
    ["a limit that is none", [{}, { limit: -1 }], "/limit"],
    ["an unknown option", [{}, { wait: true }], "/wait"],
    ["null as its options", [{}, null], ""],
  ])("a claim with %s is refused", async (_, [query, given], pointer) => {
    await expect(db.claim(query as never, [set("fields.n", 0)], given as never)).rejects.toMatchObject({ name: "InvalidQueryError", pointer })
  })

  test("many workers claim many jobs, each exactly once", async () => {
    const count = kind.name === "PostgreSQL" ? 10_000 : 1000
    await add(count)
    // An embedded database has one connection, and its workers take turns.
    const pool = "kysely" in options ? undefined : new PostgresConnectionPool({ ...options, poolSize: 16 })
    const shared = pool === undefined ? db : new PostgresDatabase({ pool, records: jobs })
    const worker = async (number: number): Promise<string[]> => {
      const mine: string[] = []
      for (;;) {
        const claimed = await shared.claim({ ...open, limit: 20 }, [set("fields.state", "taken"), set("fields.worker", number)])
        if (claimed.length === 0) return mine
        expect(claimed.every(({ fields }) => fields.worker === number)).toBe(true)
        mine.push(...claimed.map(({ id }) => id))
      }
    }
    const claimed = await Promise.all(Array.from({ length: 16 }, (_, number) => worker(number)))
    expect(claimed.flat()).toHaveLength(count)
    expect(new Set(claimed.flat()).size).toBe(count)
    expect(await db.count({ filters: [filter("revision", "=", 2), filter("fields.state", "=", "taken")] })).toBe(count)
    await pool?.close()
  }, 120_000)
})

const server = databases.at(-1)

describe("claims on PostgreSQL beside other transactions", () => {
  test("what another transaction holds is passed over, and is free again when that is rolled back", async () => {
    const { db, drop } = await migratedDatabase(server ?? expect.unreachable(), jobs)
    try {
      await db.createBatch([0, 1, 2].map((n) => ({ fields: { n } })))
      const held = db.transaction(async (tx) => {
        expect((await tx.claim({ ...open, limit: 2 }, [set("fields.state", "taken")])).map(({ fields }) => fields.n)).toEqual([0, 1])
        expect((await db.claim({ ...open, limit: 2 }, [set("fields.state", "taken")])).map(({ fields }) => fields.n)).toEqual([2])
        throw new Error("the work failed")
      })
      await expect(held).rejects.toThrow("the work failed")
      expect((await db.claim({ ...open, limit: 2 }, [set("fields.state", "taken")])).map(({ fields }) => fields.n)).toEqual([0, 1])
    } finally {
      await drop()
    }
  })
})

test("where the table is distributed by Citus, the error says what to do", () => {
  // What Citus answers to `for update` across shards.
  const refusal = Object.assign(new Error("could not run distributed query with FOR UPDATE/SHARE commands"), { code: "0A000" })
  const error = databaseError(refusal, { operation: "claim", schema: "public", table: "jobs" })
  expect(error).toMatchObject({ name: "ConfigurationError", code: "not_supported", cause: refusal })
  expect(error.message).toMatch(/^claim on "public"\."jobs": .*Citus.*patch\(\)/)
  expect(databaseError(refusal, { operation: "patchWhere", schema: "public", table: "jobs" }).message).toMatch(/Citus.*`distribute: true`/)
})

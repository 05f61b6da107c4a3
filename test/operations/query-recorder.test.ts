import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, filter, PostgresDatabase, RawJson } from "../../src/index.ts"
import { advise, QueryRecorder } from "../../src/operations/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Person {
  name: string
  age: number
}

const people = defineRecords<Person>({ table: "people" })

describe.each(databases)("a recorder on $name", (kind) => {
  let recorder: QueryRecorder
  let db: PostgresDatabase<Person>
  let kysely: PostgresDatabase<Person>["kysely"]
  let drop: () => Promise<void>

  beforeAll(async () => {
    const created = await migratedDatabase(kind, people)
    ;({ drop } = created)
    kysely = created.db.kysely
  })
  afterAll(() => drop())
  beforeEach(() => {
    recorder = new QueryRecorder({ shapes: 3 })
    db = new PostgresDatabase<Person>({ kysely: kysely as never, records: people, recorder })
  })

  test("queries of one shape are one entry, with the slowest as its example", async () => {
    for (const age of [30, 40, 50]) await db.search({ filters: [filter("fields.age", ">", age)] })
    await db.count({ filters: [filter("fields.age", ">", 30)] })
    const recorded = recorder.queries()
    expect(new Set(recorded.map(({ count }) => count))).toEqual(new Set([1, 3]))
    expect(recorded.find(({ count }) => count === 3)).toMatchObject({
      query: { filters: [{ field: "fields.age", operator: ">", value: expect.any(Number) }] },
      sql: db.preview({ filters: [filter("fields.age", ">", 30)] }).sql,
    })
    for (const { totalMs, slowestMs } of recorded) expect(totalMs).toBeGreaterThanOrEqual(slowestMs)
    recorder.clear()
    expect(recorder.queries()).toEqual([])
  })

  test("it keeps the shapes that were asked for last, and none that is huge", async () => {
    const ask = (name: string) => db.search({ filters: [{ field: ["fields", name], operator: "exists" }] } as never)
    for (const name of ["a", "b", "c", "a", "d"]) await ask(name)
    expect(
      recorder
        .queries()
        .map(({ query }) => JSON.stringify(query.filters))
        .toSorted(),
    ).toEqual(["a", "c", "d"].map((name) => `[{"field":["fields","${name}"],"operator":"exists"}]`))
    recorder.clear()
    await db.search({
      filters: [
        filter(
          "fields.name",
          "in",
          Array.from({ length: 20_000 }, (_, n) => `name ${n}`),
        ),
      ],
    })
    expect(recorder.queries()).toEqual([])
  })

  test("it hears what is asked in a transaction, and nothing that failed", async () => {
    await db.transaction((tx) => tx.search({ limit: 1 }))
    await expect(db.search({ limit: -1 })).rejects.toThrow("/limit")
    expect(recorder.queries()).toHaveLength(1)
  })

  test("the example is the slowest", () => {
    const run = (value: number, ms: number) => recorder.observe({ query: { filters: [filter("fields.age", ">", value)] }, sql: "select", parameters: [], ms })
    for (const [value, ms] of [
      [1, 5],
      [2, 9],
      [3, 7],
    ] as const)
      run(value, ms)
    expect(recorder.queries()).toMatchObject([{ query: { filters: [{ value: 2 }] }, count: 3, totalMs: 21, slowestMs: 9 }])
  })

  test("equality on other fields is another shape, though a GIN has one SQL for both", async () => {
    await db.search({ filters: [filter("fields.age", "=", 1)] })
    await db.search({ filters: [filter("fields.name", "=", "a")] })
    await db.search({ filters: [filter("fields.name", "=", "b")] })
    const recorded = recorder.queries()
    expect(new Set(recorded.map(({ sql }) => sql)).size).toBe(1)
    expect(recorded.map(({ count }) => count).toSorted((one, other) => one - other)).toEqual([1, 2])
  })

  test("a query that changes afterwards is kept as it was", async () => {
    const filters = [filter("fields.age", ">", 30)]
    await db.search({ filters })
    filters.pop()
    expect(recorder.queries()[0]?.query.filters).toHaveLength(1)
    await db.search(new Proxy({ limit: 1 }, {}))
    expect(recorder.queries()).toHaveLength(2)
  })

  test("exact numbers and dates stay what they are, in JSON too", async () => {
    const values = [new RawJson("19990.50000000000000000001"), 2n ** 60n + 1n]
    for (const value of values) await db.search({ filters: [filter("fields.age", ">", value as never)] })
    await db.search({ filters: [filter("createdAt", ">", new Date(0))] })
    const verdicts = async (queries: Parameters<typeof advise>[1]) => (await advise(db, queries)).queries.map(({ verdict }) => verdict)
    expect(await verdicts(recorder)).toEqual(["small", "small"])
    const text = JSON.stringify(recorder.queries())
    expect(text).toMatch(/"value":(?:19990.50000000000000000001|1152921504606846977)\b/)
    expect(await verdicts(JSON.parse(text))).toEqual(["small", "small"])
  })

  test.each([0, -1, 1.5, Number.NaN])("%s shapes are none that it could keep", (shapes) => {
    expect(() => new QueryRecorder({ shapes })).toThrow(/shapes/)
  })

  test("advise takes it, and tells how often a query was run", async () => {
    await db.search({ filters: [filter("fields.age", ">", 30)] })
    await db.search({ filters: [filter("fields.age", ">", 31)] })
    expect((await advise(db, recorder)).queries).toMatchObject([{ verdict: "small", count: 2 }])
    expect((await advise(db, JSON.parse(JSON.stringify(recorder.queries())))).queries).toMatchObject([{ count: 2 }])
  })

  test("without a recorder nothing is kept, and two databases can share one", async () => {
    await new PostgresDatabase<Person>({ kysely: kysely as never, records: people }).search({})
    expect(recorder.queries()).toEqual([])
    const other = new PostgresDatabase<Person>({ kysely: kysely as never, records: people, recorder })
    await Promise.all([db.search({}), other.search({})])
    expect(recorder.queries()).toMatchObject([{ count: 2 }])
  })
})

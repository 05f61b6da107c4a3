import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, filter, increment, type LooseCondition, type PostgresDatabase, set, unset } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

describe.each(databases)("writes to many on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, defineRecords({ table: "people" })))
  })
  afterAll(() => drop())
  beforeEach(async () => {
    await sql`truncate people`.execute(db.kysely)
    await db.createBatch([1, 2, 3].map((n) => ({ fields: { n, city: n === 3 ? "Oslo" : "Paris" }, metadata: { n } })))
  })

  const inParis = { filters: [filter("fields.city", "=", "Paris")] }

  test("patchWhere patches what the filters find, and says how many", async () => {
    expect(await db.patchWhere(inParis, [increment("fields.n", 10), set("metadata.seen", true)])).toBe(2)
    expect(await db.patchWhere({ filters: [filter("fields.n", ">", 99)] }, [increment("fields.n", 10)])).toBe(0)
    expect((await db.search()).map(({ fields, metadata, revision }) => [fields["n"], metadata, revision])).toEqual([
      [11, { n: 1, seen: true }, 2],
      [12, { n: 2, seen: true }, 2],
      [3, { n: 3 }, 1],
    ])
    expect(await db.patchWhere({ all: true }, [unset("metadata")])).toBe(3)
    // @ts-expect-error: neither filters nor all.
    await expect(db.deleteWhere({})).rejects.toMatchObject({ name: "InvalidQueryError", pointer: "/filters" })
  })

  test.each<[string, LooseCondition[]]>([
    ["no condition", []],
    ["an empty and", [{ and: [] }]],
    ["groups of empty groups", [{ and: [{ and: [] }] }, { not: { or: [] } }, { or: [{ field: "fields.n", operator: "=", value: 1 }, { and: [] }] }]],
    ["not what is never true", [{ not: { and: [{ or: [] }, { field: "fields.n", operator: "exists" }] } }]],
    ["no time of none", [{ field: "createdAt", operator: "not_in", value: [] }]],
    ["an object without a key", [{ field: "fields", operator: "contains", value: { tenant: undefined } as never }]],
    ["not one of none", [{ not: { field: "fields.n", operator: "in", value: [] } }, { field: "id", operator: "not_in", value: [] }]],
  ])("filters that every record passes are refused: %s", async (_, filters) => {
    const everyone = { filters } as never
    await expect(db.deleteWhere(everyone)).rejects.toMatchObject({ code: "invalid_query", pointer: "/filters" })
    await expect(db.updateWhere(everyone, { metadata: null })).rejects.toMatchObject({ code: "invalid_query", pointer: "/filters" })
    await expect(db.patchWhere(everyone, [unset("metadata")])).rejects.toMatchObject({ code: "invalid_query", pointer: "/filters" })
    expect(await db.deleteWhere({ filters: [{ or: [] }] } as never)).toBe(0)
    expect(await db.count()).toBe(3)
  })

  test("metadata that are any object are a condition: not every record has some", async () => {
    const described = { filters: [{ field: "metadata", operator: "contains", value: {} }] } as never
    await db.create({ fields: { n: 4 } })
    expect([await db.deleteWhere(described), await db.count()]).toEqual([3, 1])
  })

  test("patchWhere is all or nothing, and names the records that do not allow a change", async () => {
    await db.createBatch(Array.from({ length: 200 }, () => ({ fields: { n: "x", city: "Paris" } })))
    const failing = await db.search({ filters: [filter("fields.n", "type", "string")], limit: 100 })
    await expect(db.patchWhere(inParis, [set("fields.m", 1), increment("fields.n", 1)])).rejects.toMatchObject({
      code: "inapplicable_change",
      id: failing[0]?.id,
      pointer: "/1",
      failures: failing.map(({ id }) => ({ id, pointer: "/1" })),
      message: expect.stringContaining("199 more"),
    })
    expect(await db.count({ filters: [filter("revision", ">", 1)] })).toBe(0)
  })

  test("updateWhere and deleteWhere do to what the filters find what they say, and how many there are", async () => {
    expect(await db.updateWhere(inParis, { fields: { new: 1 }, metadata: null })).toBe(2)
    expect((await db.search()).map(({ fields, metadata, revision }) => [fields, metadata, revision])).toEqual([
      [{ new: 1 }, null, 2],
      [{ new: 1 }, null, 2],
      [{ n: 3, city: "Oslo" }, { n: 3 }, 1],
    ])
    await expect(db.updateWhere(inParis, { fields: { a: Number.NaN } })).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/fields/a" })
    await expect(db.updateWhere(inParis, {})).rejects.toMatchObject({ name: "InvalidRecordError" })
    expect(await db.deleteWhere({ filters: [filter("fields.new", "=", 1)] })).toBe(2)
    expect(await db.deleteWhere({ filters: [], all: true })).toBe(1)
    expect(await db.count()).toBe(0)
  })

  test.each([
    ["nothing", {}, "/filters"],
    ["no filter", { filters: [] }, "/filters"],
    ["no filter, and not all", { filters: [], all: undefined }, "/filters"],
    ["all that is not true", { all: 1 }, "/all"],
    ["all: false", { all: false }, "/all"],
    ["filters and all", { filters: [filter("fields.n", "=", 1)], all: true }, "/all"],
    ["an unknown key", { filter: [] }, "/filter"],
    ["a limit", { filters: [filter("fields.n", "=", 1)], limit: 1 }, "/limit"],
    ["null", null, ""],
    ["filters that are null", { filters: null }, "/filters"],
    ["a wrong filter", { filters: [{ field: "fields.n", operator: "==", value: 1 }] }, "/filters/0/operator"],
  ])("a write to many with %s is refused, and nothing is written", async (_, query, pointer) => {
    const refused = { name: "InvalidQueryError", pointer }
    await expect(db.patchWhere(query as never, [set("fields.n", 0)])).rejects.toMatchObject(refused)
    await expect(db.updateWhere(query as never, { fields: {} })).rejects.toMatchObject(refused)
    await expect(db.deleteWhere(query as never)).rejects.toMatchObject(refused)
    expect(await db.count({ filters: [filter("revision", "=", 1)] })).toBe(3)
  })
})

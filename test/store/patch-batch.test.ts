import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, increment, type PostgresDatabase, push, set, unset } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"

describe.each(databases)("batches of patches on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, defineRecords({ table: "people" })))
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate people`.execute(db.kysely))

  test("patches of any number come back in their order, each with values of its own", async () => {
    const ids = await db.createBatch(Array.from({ length: 2500 }, (_, index) => ({ fields: { index, n: 0 } })))
    const patches = ids.map((id, index) => ({ id, changes: [increment("fields.n", index), set("fields.last", `v${index}`)] }))
    const patched = await db.patchBatch(patches.reverse())
    expect(patched).toHaveLength(2500)
    patched.forEach(({ id, fields, revision }, index) => {
      const place = 2499 - index
      expect([id, fields, revision]).toEqual([ids[place], { index: place, n: place, last: `v${place}` }, 2])
    })
    expect(await db.patchBatch([])).toEqual([])
  })

  test("each may have changes of its own, and a revision of its own", async () => {
    const [a = "", b = "", c = ""] = await db.createBatch([{ fields: { n: 1 } }, { fields: { tags: [] } }, { fields: {}, metadata: { x: 1 } }])
    const patched = await db.patchBatch([
      { id: c, changes: [unset("metadata")] },
      { id: a, changes: [increment("fields.n", 1)], expectedRevision: 1 },
      { id: b, changes: [push("fields.tags", "x")] },
    ])
    expect(patched.map(({ id, fields, metadata, revision }) => [id, fields, metadata, revision])).toEqual([
      [c, {}, null, 2],
      [a, { n: 2 }, null, 2],
      [b, { tags: ["x"] }, null, 2],
    ])
  })

  test("a patch may be an object of a class that has its members as accessors", async () => {
    const { id: stored } = await db.create({ fields: { n: 1 } })
    class Patch {
      get id(): string {
        return stored
      }
      get changes() {
        return [increment("fields.n", 1)] as const
      }
    }
    expect(await db.patchBatch([new Patch()])).toMatchObject([{ fields: { n: 2 } }])
  })

  test("what throws when it is read is named by the place of its patch, and its error is the cause", async () => {
    const thrown = new Error("a getter of somebody's")
    const raise = (): never => {
      throw thrown
    }
    const throwing = (key: string) => Object.defineProperty({}, key, { get: raise, enumerable: true })
    const { id } = await db.create({ fields: {} })
    const error = { name: "InvalidRecordError", cause: thrown }
    await expect(db.patch(id, [set("fields.a", throwing("x") as never)])).rejects.toMatchObject(error)
    const patches = (other: object) => [{ id, changes: up }, other as never]
    await expect(db.patchBatch(patches({ id: UNKNOWN_ID, changes: [throwing("field")] }))).rejects.toMatchObject({ ...error, pointer: "/1/changes" })
    await expect(db.patchBatch(patches(throwing("id")))).rejects.toMatchObject({ ...error, pointer: "/1" })
  })

  const up = [increment("fields.n", 1)]
  const failing: [what: string, patches: (a: string, b: string) => unknown, error: object][] = [
    [
      "a change that cannot apply",
      (id, b) => [
        { id, changes: up },
        { id: b, changes: up },
      ],
      { code: "inapplicable_change", pointer: "/1/changes/0" },
    ],
    [
      "one in a statement of its own",
      (id, b) => [
        { id, changes: up },
        { id: b, changes: [set("fields.m", 1), ...up] },
      ],
      { code: "inapplicable_change", pointer: "/1/changes/1" },
    ],
    [
      "a record that is not there",
      (id) => [
        { id, changes: up },
        { id: UNKNOWN_ID, changes: up },
      ],
      { code: "record_not_found", id: UNKNOWN_ID },
    ],
    [
      "what is the id of none",
      (id) => [
        { id, changes: up },
        { id: "no id", changes: up },
      ],
      { code: "record_not_found", id: "no id" },
    ],
    [
      "a record of another revision",
      (id, b) => [
        { id, changes: up },
        { id: b, changes: [set("fields.n", 2)], expectedRevision: 7 },
      ],
      { code: "revision_conflict", expectedRevision: 7, currentRevision: 1 },
    ],
    [
      "one record twice",
      (id) => [
        { id, changes: up },
        { id: id.toUpperCase(), changes: up },
      ],
      { code: "invalid_record", pointer: "/1/id" },
    ],
    [
      "an unknown key",
      (id, b) => [
        { id, changes: up },
        { id: b, changes: up, n: 1 },
      ],
      { code: "invalid_query", pointer: "/1/n" },
    ],
    ["a revision that is none", (id) => [{ id, changes: up, expectedRevision: "1" }], { code: "invalid_query", pointer: "/0/expectedRevision" }],
    [
      "an id that is no string",
      (id) => [
        { id, changes: up },
        { id: 5, changes: up },
      ],
      { code: "invalid_query", pointer: "/1/id" },
    ],
    ["null", (id) => [{ id, changes: up }, null], { code: "invalid_record", pointer: "/1" }],
    ["no changes", (id) => [{ id }], { code: "invalid_record", pointer: "/0/changes" }],
    ["no list", () => 5, { code: "invalid_record", pointer: "" }],
  ]

  test.each(failing)("a batch with %s says so, and nothing of it is stored, inside a transaction too", async (_, patches, error) => {
    const [a = "", b = ""] = await db.createBatch([{ fields: { n: 1 } }, { fields: { n: "x" } }])
    await expect(db.patchBatch(patches(a, b) as never)).rejects.toMatchObject(error)
    expect((await db.search()).map(({ revision }) => revision)).toEqual([1, 1])
    await db.transaction(async (tx) => {
      await tx.patch(a, up)
      await expect(tx.patchBatch(patches(a, b) as never)).rejects.toThrow()
      await tx.patch(a, up)
    })
    expect((await db.read(a))?.fields["n"]).toBe(3)
  })

  test("the one that the server refuses is named, and a transaction around it goes on", async () => {
    await sql`alter table people add constraint positive check ((fields->>'n')::int >= 0)`.execute(db.kysely)
    const ids = await db.createBatch([{ fields: { n: 1 } }, { fields: { n: 1 } }, { fields: { n: 1 } }])
    const [a = "", b = "", c = ""] = ids
    const batches = [
      [
        { id: a, changes: [set("fields.n", 5)] },
        { id: b, changes: [set("fields.n", -1)] },
        { id: c, changes: [set("fields.n", 6)] },
      ],
      [
        { id: a, changes: [increment("fields.n", 5)] },
        { id: c, changes: [set("fields.n", 7)] },
        { id: b, changes: [set("fields.n", -1)] },
      ],
      // The only one of its shape.
      [
        { id: a, changes: [set("fields.m", 1)] },
        { id: b, changes: [set("fields.n", -1)] },
        { id: c, changes: [set("fields.m", 1)] },
      ],
    ]
    for (const [index, batch] of batches.entries()) {
      const refused = { name: "InvalidRecordError", pointer: `/${index === 1 ? 2 : 1}`, message: expect.stringContaining("positive") }
      await expect(db.patchBatch(batch)).rejects.toMatchObject(refused)
      const found = await db.transaction(async (tx) => {
        await expect(tx.patchBatch(batch)).rejects.toMatchObject(refused)
        return tx.readBatch(ids)
      })
      expect(found.map((record) => record?.fields)).toEqual([{ n: 1 }, { n: 1 }, { n: 1 }])
    }
    await sql`alter table people drop constraint positive`.execute(db.kysely)
  })

  test("any iterable or async iterable will do", async () => {
    const ids = await db.createBatch(Array.from({ length: 1500 }, (_, n) => ({ fields: { n } })))
    const patches = ids.map((id) => ({ id, changes: up }))
    async function* later() {
      yield* patches
    }
    for (const source of [new Set(patches), later(), ReadableStream.from(patches)]) {
      expect((await db.patchBatch(source)).map(({ id }) => id)).toEqual(ids)
    }
    expect((await db.read(ids[1499] ?? ""))?.fields["n"]).toBe(1502)
  })

  test("an iterable that throws half way is the cause of the error, and nothing is sent", async () => {
    const { id } = await db.create({ fields: { n: 1 } })
    const failure = new Error("mine")
    function* patches() {
      yield { id, changes: up }
      throw failure
    }
    async function* later() {
      yield* patches()
    }
    for (const source of [patches(), later()]) await expect(db.patchBatch(source)).rejects.toMatchObject({ code: "source_failed", cause: failure })
    expect((await db.read(id))?.revision).toBe(1)
  })
})

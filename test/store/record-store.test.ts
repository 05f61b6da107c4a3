import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import {
  DuplicateRecordError,
  defineRecords,
  filter,
  InvalidQueryError,
  InvalidRecordError,
  type PostgresDatabase,
  RecordNotFoundError,
  RecordsError,
} from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Person {
  name: string
  age?: number
  born?: Date
  tags?: string[]
}

const people = defineRecords<Person, { source: string }>({ table: "people" })
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"

describe.each(databases)("records on $name", (kind) => {
  let db: PostgresDatabase<Person, { source: string }>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, people))
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate people`.execute(db.kysely))

  test("a created record comes back as it is stored, with a version 7 id, revision 1 and its times", async () => {
    const ada = await db.create({ fields: { name: "Ada", born: new Date(0) }, metadata: { source: "web" } })
    expect(ada.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/)
    expect(ada).toMatchObject({ fields: { name: "Ada", born: "1970-01-01T00:00:00.000Z" }, metadata: { source: "web" }, revision: 1 })
    expect(ada.createdAt).toBeInstanceOf(Date)
    expect(ada.updatedAt).toEqual(ada.createdAt)
    expect(await db.read(ada.id)).toEqual(ada)
    expect(await db.search({ filters: [filter("createdAt", "=", ada.createdAt)] })).toEqual([ada])
  })

  test("an id may be given, in either case", async () => {
    const given = await db.create({ id: "0000000A-0000-4000-8000-00000000000B", fields: { name: "Ada" } })
    expect(given.id).toBe("0000000a-0000-4000-8000-00000000000b")
    expect(await db.exists("0000000A-0000-4000-8000-00000000000B")).toBe(true)
    await expect(db.create({ id: "0000000a-0000-4000-8000-00000000000b", fields: { name: "Bo" } })).rejects.toThrow(DuplicateRecordError)
    await expect(db.create({ id: "17", fields: { name: "Bo" } })).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/id" })
  })

  test("without metadata the column is SQL NULL, and so it is after metadata: null", async () => {
    const { id } = await db.create({ fields: { name: "Ada" } })
    await db.createBatch([{ fields: { name: "Bo" }, metadata: null }])
    await db.update(id, { metadata: { source: "x" } })
    await db.update(id, { metadata: null })
    const { rows } = await sql<{ count: string }>`select count(*) as count from people where metadata is null`.execute(db.kysely)
    expect(Number(rows[0]?.count)).toBe(2)
  })

  test("an update replaces what it names, adds one to the revision and moves updatedAt", async () => {
    const ada = await db.create({ fields: { name: "Ada", age: 36 }, metadata: { source: "web" } })
    const older = await db.update(ada.id, { fields: { name: "Ada", tags: ["x"] } })
    expect(older).toMatchObject({ fields: { name: "Ada", tags: ["x"] }, metadata: { source: "web" }, revision: 2, createdAt: ada.createdAt })
    expect(older.fields).not.toHaveProperty("age")
    expect(older.updatedAt.getTime()).toBeGreaterThanOrEqual(ada.updatedAt.getTime())
    await expect(db.update(UNKNOWN_ID, { fields: { name: "x" } })).rejects.toThrow(RecordNotFoundError)
    await expect(db.update("no id", { fields: { name: "x" } })).rejects.toThrow(/exists\(\)/)
    await expect(db.update(ada.id, {})).rejects.toThrow(InvalidRecordError)
  })

  test("a record that is not there: read gives null, exists and delete give false", async () => {
    for (const id of [UNKNOWN_ID, "no id", "", "' or 1=1 --"]) {
      expect([await db.read(id), await db.exists(id), await db.delete(id)]).toEqual([null, false, false])
    }
    await expect(db.read(3 as never)).rejects.toThrow(InvalidQueryError)
  })

  test("delete takes one record away", async () => {
    const [first = "", second = ""] = await db.createBatch([{ fields: { name: "Ada" } }, { fields: { name: "Bo" } }])
    expect(await db.delete(first)).toBe(true)
    expect([await db.exists(first), await db.exists(second), await db.count()]).toEqual([false, true, 1])
  })

  test("a batch of any size is one statement with one parameter, and gives the ids in input order", async () => {
    const records = Array.from({ length: 70_000 }, (_, index) => ({ fields: { name: `n${index}`, age: index } }))
    const ids = await db.createBatch(records)
    expect(new Set(ids).size).toBe(records.length)
    expect((await db.read(ids[69_999] ?? ""))?.fields.age).toBe(69_999)
    expect(await db.count()).toBe(70_000)
    expect(await db.createBatch([])).toEqual([])
  })

  test("a batch is all or nothing", async () => {
    const [taken = ""] = await db.createBatch([{ fields: { name: "Ada" } }])
    const batches = [
      [{ fields: { name: "Bo" } }, { id: taken, fields: { name: "Cy" } }],
      [
        { id: UNKNOWN_ID, fields: { name: "Bo" } },
        { id: UNKNOWN_ID, fields: { name: "Cy" } },
      ],
    ]
    for (const batch of batches) await expect(db.createBatch(batch)).rejects.toThrow(DuplicateRecordError)
    await expect(db.createBatch([{ fields: { name: "Bo" } }, { fields: { name: "C\u0000" } }])).rejects.toMatchObject({
      name: "InvalidRecordError",
      pointer: "/1/fields/name",
    })
    expect(await db.count()).toBe(1)
  })

  test("what was read can be stored again", async () => {
    await db.createBatch([{ fields: { name: "Ada", age: 3 }, metadata: { source: "x" } }])
    const records = await db.search()
    await sql`truncate people`.execute(db.kysely)
    await db.createBatch(records as never)
    expect((await db.search()).map(({ id, fields, metadata }) => ({ id, fields, metadata }))).toEqual(
      records.map(({ id, fields, metadata }) => ({ id, fields, metadata })),
    )
  })

  test.each([
    ["no fields", {}, "/fields"],
    ["null fields", { fields: null }, "/fields"],
    ["a misspelt key", { fields: {}, metdata: {} }, "/metdata"],
    ["NaN", { fields: { a: Number.NaN } }, "/fields/a"],
    ["a bigint", { fields: { a: [1n] } }, "/fields/a/0"],
    ["NUL in metadata", { fields: {}, metadata: { "k\u0000": 1 } }, "/metadata/k\u0000"],
    ["no object", "Ada", ""],
  ])("a record with %s is refused at its place, and nothing is sent", async (_, record, pointer) => {
    await expect(db.create(record as never)).rejects.toMatchObject({ name: "InvalidRecordError", code: "invalid_record", pointer })
    expect(await db.count()).toBe(0)
  })

  test("no message shows a value of a document", async () => {
    const runs = [
      () => db.create({ fields: { name: "s3cret\u0000" } }),
      () => db.search({ filters: [filter("fields.age", "=", "s3cret" as never), { field: "fields.name", operator: "regex", value: "s3cret(" }] }),
    ]
    for (const run of runs) {
      const error: Error = await run().then<never>(
        () => expect.unreachable(),
        (thrown) => thrown,
      )
      expect(error).toBeInstanceOf(RecordsError)
      expect(error.message).not.toContain("s3cret")
    }
  })

  test("a transaction that succeeds is committed, and reads its own writes", async () => {
    const found = await db.transaction(async (tx) => {
      const { id } = await tx.create({ fields: { name: "Ada" } })
      await tx.update(id, { fields: { name: "Ada L." } })
      await tx.createBatch([{ fields: { name: "Bo" } }])
      expect([await tx.exists(id), await tx.count(), (await tx.read(id))?.revision]).toEqual([true, 2, 2])
      expect(await tx.kysely.selectFrom("people").select("id").execute()).toHaveLength(2)
      return tx.search({ filters: [filter("fields.name", "starts_with", "Ada")] })
    })
    expect(found).toHaveLength(1)
    expect(await db.count()).toBe(2)
  })

  test("a transaction that throws is rolled back, and throws the same error", async () => {
    const failure = new Error("mine")
    const run = db.transaction(async (tx) => {
      await tx.create({ fields: { name: "Ada" } })
      throw failure
    })
    await expect(run).rejects.toBe(failure)
    expect(await db.count()).toBe(0)
  })

  test("a transaction inside is a savepoint: what fails in it can be caught, and the rest is stored", async () => {
    await db.transaction(async (tx) => {
      const { id } = await tx.create({ fields: { name: "Ada" } })
      const duplicate = tx.transaction(async (inner) => {
        await inner.create({ fields: { name: "Bo" } })
        await inner.create({ id, fields: { name: "Cy" } })
      })
      await expect(duplicate).rejects.toThrow(DuplicateRecordError)
      await tx.transaction((inner) => inner.create({ fields: { name: "Di" } }))
    })
    expect((await db.search()).map(({ fields }) => fields.name).sort()).toEqual(["Ada", "Di"])
  })

  test("transactions inside that begin at the same time take turns, so that one that fails takes nothing with it", async () => {
    await db.transaction(async (tx) => {
      const good = tx.transaction((inner) => inner.create({ fields: { name: "good" } }))
      const bad = tx.transaction(async (inner) => {
        await inner.create({ fields: { name: "bad" } })
        throw new Error("bad")
      })
      expect((await Promise.allSettled([good, bad])).map(({ status }) => status)).toEqual(["fulfilled", "rejected"])
    })
    expect((await db.search()).map(({ fields }) => fields.name)).toEqual(["good"])
  })

  test.each([5, null, { fields: { name: "Ada" } }])("createBatch of %j, which is no list, is refused", async (records) => {
    await expect(db.createBatch(records as never)).rejects.toThrow(InvalidRecordError)
  })

  test("an error that was caught inside still undoes the transaction, and it says so", async () => {
    const run = db.transaction(async (tx) => {
      const { id } = await tx.create({ fields: { name: "Ada" } })
      await tx.create({ id, fields: { name: "Bo" } }).catch(() => undefined)
      await expect(tx.count()).rejects.toMatchObject({ code: "transaction_aborted" })
    })
    await expect(run).rejects.toMatchObject({ code: "transaction_aborted" })
    expect(await db.count()).toBe(0)
  })

  test("transactions that overlap do not see each other", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `n${index}`)
    await Promise.all(names.map((name) => db.transaction((tx) => tx.create({ fields: { name } }))))
    expect(await db.count()).toBe(8)
  })

  test("with() works on a Kysely transaction of the caller's, and on nothing else", async () => {
    await db.kysely.transaction().execute(async (trx) => {
      await db.with(trx).create({ fields: { name: "Ada" } })
    })
    expect(await db.count()).toBe(1)
    expect(() => db.with(db.kysely as never)).toThrow(/transaction/)
  })

  test("select brings each path in its place and nothing else", async () => {
    await db.create({ fields: { name: "Ada", tags: ["x", "y", "z"] }, metadata: { source: "web" } })
    const select = ["fields.name", "fields.age", "revision", "fields.tags.1", ["fields", "tags", -1], "metadata.source"] as const
    const [row] = await db.search({ select })
    expect(row).toEqual({ fields: { name: "Ada", tags: [undefined, "y", "z"] }, revision: 1, metadata: { source: "web" } })
    expect(await db.search({ select: ["fields.age"] })).toEqual([{}])
    expect(await db.search({ select: ["createdAt"] })).toEqual([{ createdAt: expect.any(Date) }])
  })

  test("a preview is what search sends", async () => {
    const query = { filters: [filter("fields.age", ">", 3)], sort: [{ field: "fields.name" as const }], limit: 1 }
    await db.create({ fields: { name: "Ada", age: 36 } })
    const { sql: text, parameters } = db.preview(query)
    const { rows } = await db.kysely.executeQuery<{ id: string }>({ ...sql`select`.compile(db.kysely), sql: text, parameters })
    expect(rows.map(({ id }) => id)).toEqual((await db.search(query)).map(({ id }) => id))
  })
})

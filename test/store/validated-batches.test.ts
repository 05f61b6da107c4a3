import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { z } from "zod"
import { DuplicateRecordError, defineRecords, PostgresDatabase } from "../../src/index.ts"
import { databases } from "../setup/databases.ts"

const people = defineRecords({
  schemas: {
    fields: z.object({ name: z.string().trim().min(1), age: z.number().int().min(0), tags: z.array(z.string()).default([]) }),
    metadata: z.strictObject({ source: z.string().toLowerCase() }),
  },
})
// More than one statement takes.
const MANY = 2500

function id(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
}

function numbered(count: number) {
  return Array.from({ length: count }, (_, n) => ({ id: id(n), fields: { name: ` No. ${n} `, age: n }, metadata: { source: "WEB" } }))
}

const wrong = { id: id(9999), fields: { name: "", age: -1, tags: ["x", 3] }, metadata: { source: 3 } } as never
const places = ["/fields/name", "/fields/age", "/fields/tags/1", "/metadata/source"]

async function* later<T>(values: Iterable<T>): AsyncGenerator<T> {
  yield* values
}

describe.each(databases)("batches with schemas on $name", (kind) => {
  let db: PostgresDatabase<
    { name: string; age: number; tags: string[] },
    { source: string },
    { name: string; age: number; tags?: string[] | undefined },
    { source: string }
  >
  let drop: () => Promise<void>

  beforeAll(async () => {
    const created = await kind.create()
    db = new PostgresDatabase({ ...created.options, records: people })
    drop = created.drop
    await db.migrate()
  })
  afterAll(async () => {
    await db.close()
    await drop()
  })
  beforeEach(() => sql`truncate records`.execute(db.kysely))

  test("every record of any number is stored as the schemas make it", async () => {
    const stored = (n: number) => ({ fields: { name: `No. ${n}`, age: n, tags: [] }, metadata: { source: "web" } })
    await db.createBatch(later(numbered(MANY)))
    expect(await db.readBatch([id(0), id(MANY - 1)])).toMatchObject([stored(0), stored(MANY - 1)])
    await db.updateBatch([{ id: id(0), fields: { name: "Ada\n", age: 1 } }])
    await db.upsertBatch([{ id: id(1), fields: { name: "\tBo", age: 2, tags: ["x"] } }])
    expect(await db.readBatch([id(0), id(1)])).toMatchObject([
      { fields: { name: "Ada", age: 1, tags: [] }, metadata: { source: "web" } },
      { fields: { name: "Bo", age: 2, tags: ["x"] }, metadata: null },
    ])
    expect(await db.updateWhere({ filters: [{ field: "id", operator: "=", value: id(2) }] }, { fields: { name: " Cy", age: 3 } })).toBe(1)
    expect((await db.read(id(2)))?.fields).toEqual({ name: "Cy", age: 3, tags: [] })
  })

  test("of a record that does not fit every place is named, with its position, and nothing is stored", async () => {
    const error = (position: number) => ({
      name: "InvalidRecordError",
      pointer: `/${position}/fields/name`,
      issues: places.map((place) => ({ pointer: `/${position}${place}` })),
    })
    const records = [...numbered(MANY), wrong]
    for (const source of [records, later(records)]) await expect(db.createBatch(source)).rejects.toMatchObject(error(MANY))
    await expect(db.upsertBatch(later(records))).rejects.toMatchObject(error(MANY))
    expect(await db.count()).toBe(0)
    await db.createBatch(numbered(3))
    const before = await db.search()
    await expect(db.updateBatch([{ id: id(0), fields: { name: "Ada", age: 1 } }, wrong])).rejects.toMatchObject(error(1))
    const all = { filters: [], all: true } as const
    await expect(db.updateWhere(all, { fields: { name: "", age: -1 } })).rejects.toMatchObject({ issues: places.slice(0, 2).map((pointer) => ({ pointer })) })
    expect(await db.search()).toEqual(before)
  })

  test("isolate tells all that is wrong with each, and stores the others as the schemas make them", async () => {
    const records = [wrong, ...numbered(2), wrong]
    for (const write of ["createBatch", "upsertBatch"] as const) {
      const { ids, failures } = await db[write](later(records), { onError: "isolate" })
      expect(ids).toEqual([id(0), id(1)])
      expect(failures).toMatchObject([0, 3].map((position) => ({ position, error: { issues: places.map((place) => ({ pointer: `/${position}${place}` })) } })))
    }
    expect((await db.read(id(1)))?.fields.name).toBe("No. 1")
    const { failures } = await db.updateBatch([{ id: id(0), fields: { name: " Ada ", age: 1 } }, wrong], { onError: "isolate" })
    expect([failures.map(({ position }) => position), (await db.read(id(0)))?.fields.name]).toEqual([[1], "Ada"])
  })

  test("two records of one id 60,000 apart: of a list nothing is looked at or sent, of an iterable nothing is stored", async () => {
    const seen: number[] = []
    const counting = defineRecords({ schemas: { fields: z.object({ n: z.number().refine((n) => seen.push(n) > 0) }) } })
    const records = Array.from({ length: 60_000 }, (_, n) => ({ id: id(n === 59_999 ? 0 : n), fields: { n } }))
    const nowhere = new PostgresDatabase({ connectionString: "postgres://nobody@127.0.0.1:1/none", records: counting })
    for (const write of ["createBatch", "upsertBatch"] as const) {
      await expect(nowhere[write](records)).rejects.toThrow("records 0 and 59999 have the same id, and a batch takes one of each")
    }
    await expect(nowhere.updateBatch(records)).rejects.toThrow("records 0 and 59999 have the same id, and a batch takes one of each")
    expect(seen).toEqual([])
    await nowhere.close()
    const plain = new PostgresDatabase({ kysely: db.kysely, records: defineRecords() })
    await expect(plain.createBatch(later(records))).rejects.toThrow(DuplicateRecordError)
    await expect(plain.createBatch(later(records), { onError: "isolate" })).resolves.toMatchObject({ failures: [{ position: 59_999 }] })
    expect(await plain.count()).toBe(59_999)
  })

  test("what a schema throws itself is nobody's fault of the records: it is thrown as it is, and nothing is stored", async () => {
    const down = new Error("the service is down")
    const validate = async (value: unknown) => {
      if (JSON.stringify(value).includes("ask")) throw down
      return { value: value as { name: string } }
    }
    const records = defineRecords({ schemas: { fields: { "~standard": { version: 1, vendor: "test", validate } } } })
    const asking = new PostgresDatabase({ kysely: db.kysely as never, records })
    const before = await asking.count()
    const batch = [{ fields: { name: "Ada" } }, { fields: { name: "ask" } }]
    await expect(asking.createBatch(batch)).rejects.toBe(down)
    await expect(asking.createBatch(batch, { onError: "isolate" })).rejects.toBe(down)
    expect(await asking.count()).toBe(before)
  })

  test("a schema that gives a list of issues has refused the record, also when the list is empty", async () => {
    const records = defineRecords({ schemas: { fields: { "~standard": { version: 1, vendor: "test", validate: () => ({ issues: [] }) } } } })
    const refusing = new PostgresDatabase({ kysely: db.kysely as never, records: records as never })
    await expect(refusing.createBatch([{ fields: { name: "Ada" } }])).rejects.toMatchObject({
      name: "InvalidRecordError",
      issues: [{ pointer: "/0/fields", message: expect.stringContaining("does not say why") }],
    })
  })
})

import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { beforeEach, describe, expect, expectTypeOf, test } from "vitest"
import {
  DuplicateRecordError,
  defineRecords,
  FileDatabase,
  filter,
  InvalidQueryError,
  InvalidRecordError,
  RecordNotFoundError,
  type RecordStore,
  RevisionConflictError,
} from "../../src/index.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"

interface Person {
  name: string
  age?: number
  born?: Date
  tags?: string[]
}

const people = defineRecords<Person, { source: string }>()
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
const folder = temporaryFolder()

describe.each(["json", "ndjson", "JSONL", "data"])("records in a file of %s", (extension) => {
  let path: string
  let db: FileDatabase<Person, { source: string }>

  beforeEach(() => {
    path = join(folder(), `people.${extension}`)
    db = new FileDatabase(path, { records: people })
  })

  test("a created record comes back as it is stored, with a version 7 id, revision 1 and its times", async () => {
    const ada = await db.create({ fields: { name: "Ada", born: new Date(0) }, metadata: { source: "web" } })
    expect(ada.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/)
    expect(ada).toEqual({
      id: ada.id,
      fields: { name: "Ada", born: "1970-01-01T00:00:00.000Z" },
      metadata: { source: "web" },
      revision: 1,
      createdAt: expect.any(Date),
      updatedAt: ada.createdAt,
    })
    const another = new FileDatabase(path, { records: people })
    expect([await db.read(ada.id), await another.read(ada.id)]).toEqual([ada, ada])
    expect(await another.search({ filters: [filter("createdAt", "=", ada.createdAt)] })).toEqual([ada])
  })

  test("a file that is not there has no records, and reading does not make it", async () => {
    expect([await db.search(), await db.count(), await db.read(UNKNOWN_ID), await db.delete(UNKNOWN_ID)]).toEqual([[], 0, null, false])
    expect(await db.createBatch([])).toEqual([])
    await expect(readFile(path)).rejects.toMatchObject({ code: "ENOENT" })
  })

  test("an id may be given, in either case", async () => {
    const given = await db.create({ id: "0000000A-0000-4000-8000-00000000000B", fields: { name: "Ada" } })
    expect(given.id).toBe("0000000a-0000-4000-8000-00000000000b")
    expect(await db.exists("0000000A-0000-4000-8000-00000000000B")).toBe(true)
    await expect(db.create({ id: given.id, fields: { name: "Bo" } })).rejects.toThrow(DuplicateRecordError)
    await expect(db.create({ id: "17", fields: { name: "Bo" } })).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/id" })
  })

  test("an update replaces what it names, adds one to the revision and moves updatedAt", async () => {
    const ada = await db.create({ fields: { name: "Ada", age: 36 }, metadata: { source: "web" } })
    const older = await db.update(ada.id.toUpperCase(), { fields: { name: "Ada", tags: ["x"] } })
    expect(older).toMatchObject({ fields: { name: "Ada", tags: ["x"] }, metadata: { source: "web" }, revision: 2, createdAt: ada.createdAt })
    expect(older.fields).not.toHaveProperty("age")
    expect(older.updatedAt.getTime()).toBeGreaterThanOrEqual(ada.updatedAt.getTime())
    expect(await new FileDatabase(path).read(ada.id)).toEqual(older)
    expect((await db.update(ada.id, { metadata: null })).metadata).toBeNull()
    await expect(db.update(UNKNOWN_ID, { fields: { name: "x" } })).rejects.toThrow(RecordNotFoundError)
    await expect(db.update("no id", { fields: { name: "x" } })).rejects.toThrow(/exists\(\)/)
    await expect(db.update(ada.id, {})).rejects.toThrow(InvalidRecordError)
  })

  test("a write for a revision happens only where the record has it", async () => {
    const ada = await db.create({ fields: { name: "Ada" } })
    expect((await db.update(ada.id, { fields: { name: "Ada L." } }, { expectedRevision: 1 })).revision).toBe(2)
    const before = await readFile(path, "utf8")
    const late = { expectedRevision: 1 }
    const conflict = { name: "RevisionConflictError", code: "revision_conflict", id: ada.id, expectedRevision: 1, currentRevision: 2 }
    await expect(db.update(ada.id, { fields: { name: "x" } }, late)).rejects.toMatchObject(conflict)
    await expect(db.delete(ada.id, late)).rejects.toMatchObject(conflict)
    for (const id of [UNKNOWN_ID, "no id"]) {
      await expect(db.update(id, { fields: { name: "x" } }, late)).rejects.toMatchObject({ name: "RecordNotFoundError", id })
      await expect(db.delete(id, late)).rejects.toMatchObject({ name: "RecordNotFoundError", id })
    }
    await expect(db.delete(ada.id, { expectedRevision: -1 })).rejects.toThrow(InvalidQueryError)
    expect(await readFile(path, "utf8")).toBe(before)
    expect([await db.delete(ada.id, { expectedRevision: 2 }), await db.count()]).toEqual([true, 0])
  })

  test("delete takes one record away, and the last one leaves an empty file", async () => {
    const [first = "", second = ""] = await db.createBatch([{ fields: { name: "Ada" } }, { fields: { name: "Bo" } }])
    expect([await db.delete(first), await db.delete(first), await db.delete("no id")]).toEqual([true, false, false])
    expect([await db.exists(first), await db.exists(second), await db.count()]).toEqual([false, true, 1])
    expect(await db.delete(second)).toBe(true)
    expect([await new FileDatabase(path).search(), (await readFile(path, "utf8")).trim()]).toEqual([[], ["json", "data"].includes(extension) ? "[]" : ""])
  })

  test("a batch is all or nothing", async () => {
    const [taken = ""] = await db.createBatch([{ fields: { name: "Ada" } }])
    const before = await readFile(path, "utf8")
    const bo = { fields: { name: "Bo" } }
    await expect(db.createBatch([bo, { id: taken, fields: { name: "Cy" } }])).rejects.toThrow(DuplicateRecordError)
    await expect(
      db.createBatch([
        { id: UNKNOWN_ID, ...bo },
        { id: UNKNOWN_ID, ...bo },
      ]),
    ).rejects.toThrow(DuplicateRecordError)
    await expect(db.createBatch([bo, { fields: { name: "C\u0000" } }])).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/1/fields/name" })
    expect([await db.count(), await readFile(path, "utf8")]).toEqual([1, before])
  })

  test("what a query has no meaning for is refused before the file is read", async () => {
    await writeFile(path, "damaged")
    await expect(db.search({ filters: [{ field: "fields.name", operator: "regex", value: "(a)\\1" }] })).rejects.toMatchObject({ code: "regex_not_in_memory" })
    await expect(db.search({ limit: -1 })).rejects.toThrow(InvalidQueryError)
    await expect(db.count({ sort: [{ field: "name" as never }] })).rejects.toMatchObject({ pointer: "/sort/0/field" })
    await expect(db.read(3 as never)).rejects.toThrow(InvalidQueryError)
  })

  test("sort, offset, limit and select", async () => {
    await db.createBatch(["Ada", "Bo", "Cy", "Di"].map((name, index) => ({ fields: { name, age: index % 2, tags: ["x", "y", name] } })))
    const sort = [{ field: "fields.age", order: "desc" }, { field: "fields.name" }] as const
    const names = (await db.search({ sort, offset: 1, limit: 2 })).map(({ fields }) => fields.name)
    expect(names).toEqual(["Di", "Ada"])
    expect(await db.search({ limit: 0 })).toEqual([])
    const select = ["fields.name", "fields.born", "revision", "fields.tags.1", ["fields", "tags", -1], "metadata.source", "updatedAt"] as const
    expect(await db.search({ select, sort, limit: 1 })).toEqual([
      { fields: { name: "Bo", tags: [undefined, "y", "Bo"] }, revision: 1, updatedAt: expect.any(Date) },
    ])
  })

  test("what a caller does to a record changes nothing here", async () => {
    const given = { name: "Ada", tags: ["x"] }
    const { id, createdAt } = await db.create({ fields: given })
    given.tags.push("y")
    createdAt.setTime(0)
    const read = await db.read(id)
    read?.fields.tags?.push("z")
    expect((await db.read(id))?.fields.tags).toEqual(["x"])
    expect((await db.read(id))?.createdAt.getTime()).toBeGreaterThan(0)
  })

  test("a hundred calls at once are all there, and none waits for another's failure", async () => {
    const ids = Array.from({ length: 100 }, (_, index) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`)
    const calls = [...ids, ids[0]].map((id) => db.create({ id, fields: { name: `n${id}` } }))
    const outcomes = await Promise.allSettled(calls)
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1)
    expect((await new FileDatabase(path).search()).map(({ id }) => id)).toEqual(ids)
  })

  test("two instances of one file see each other's writes, also when they write at once", async () => {
    const other = new FileDatabase(path, { records: people })
    const { id } = await db.create({ fields: { name: "Ada" } })
    await other.update(id, { fields: { name: "Ada L." } })
    expect((await db.read(id))?.fields.name).toBe("Ada L.")
    await Promise.all(Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? db : other).create({ fields: { name: `n${index}` } })))
    expect([await db.count(), await other.count()]).toEqual([31, 31])
  })

  test("a change by hand is seen", async () => {
    await db.create({ fields: { name: "Ada" } })
    await writeFile(path, (await readFile(path, "utf8")).replace("Ada", "Grace"))
    expect((await db.search()).map(({ fields }) => fields.name)).toEqual(["Grace"])
  })
})

describe("revisions in a file", () => {
  test("100 writers of two instances that read, add one and try again at a conflict: none is lost", async () => {
    const path = join(folder(), "people.json")
    const [db, other] = [new FileDatabase(path, { records: people }), new FileDatabase(path, { records: people })]
    const { id } = await db.create({ fields: { name: "Ada", age: 0 } })
    const increment = async (file: typeof db): Promise<void> => {
      for (let conflicts = 0; ; conflicts += 1) {
        await setTimeout(Math.random() * 50 * conflicts)
        const { fields, revision } = (await file.read(id)) ?? expect.unreachable()
        try {
          await file.update(id, { fields: { name: fields.name, age: (fields.age ?? 0) + 1 } }, { expectedRevision: revision })
          return
        } catch (error) {
          if (!(error instanceof RevisionConflictError)) throw error
        }
      }
    }
    await Promise.all(Array.from({ length: 100 }, (_, index) => increment(index % 2 === 0 ? db : other)))
    expect(await db.read(id)).toMatchObject({ fields: { age: 100 }, revision: 101 })
  })
})

test("the operations have the types of a RecordStore's", () => {
  type Operations = "create" | "read" | "update" | "delete" | "exists" | "count" | "search"
  type InFile = Pick<FileDatabase<Person, { source: string }>, Operations>
  type InStore = Pick<RecordStore<Person, { source: string }>, Operations>
  expectTypeOf<InFile>().toExtend<InStore>()
  expectTypeOf<InStore>().toExtend<InFile>()
  const both = (db: FileDatabase<Person> | RecordStore<Person>) => db.createBatch([{ fields: { name: "Ada" } }])
  expectTypeOf(both).returns.toEqualTypeOf<Promise<string[]>>()
})

test.each([
  ["no path", "", {}, "invalid_option"],
  ["a path that is no string", 3, {}, "invalid_option"],
  ["an unknown option", "x.json", { table: "x" }, "unknown_option"],
])("%s is refused", (_, path, options, code) => {
  expect(() => new FileDatabase(path as never, options as never)).toThrow(expect.objectContaining({ name: "ConfigurationError", code }))
})

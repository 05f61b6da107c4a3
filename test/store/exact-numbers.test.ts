import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, FileDatabase, filter, type JsonObject, PostgresDatabase, RawJson, type StoredRecord } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"

/** A number as it is written, and as it is read exactly and not. */
const numbers: [written: string, exact: unknown, plain: number][] = [
  ["0", 0, 0],
  ["-1.50", -1.5, -1.5],
  ["1e2", 100, 100],
  ["9007199254740991", 9007199254740991, 9007199254740991],
  ["9007199254740992", 9007199254740992n, 9007199254740992],
  ["-9007199254740993", -9007199254740993n, -9007199254740992],
  ["1e30", 10n ** 30n, 1e30],
  ["12345678901234567890.00", 12345678901234567890n, 12345678901234567000],
  ["0.1", 0.1, 0.1],
  ["0.10000000000000000000", 0.1, 0.1],
  ["0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827", 0.1],
  ["9007199254740993.5", "9007199254740993.5", 9007199254740994],
  ["5e-324", 5e-324, 5e-324],
  ["1.7976931348623157e308", 17976931348623157n * 10n ** 292n, 1.7976931348623157e308],
  ["1e309", 10n ** 309n, Number.POSITIVE_INFINITY],
  ["1e-400", `0.${"0".repeat(399)}1`, 0],
  ["1e131071", 10n ** 131071n, Number.POSITIVE_INFINITY],
]

const folder = temporaryFolder()

describe.each(databases)("numbers on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind))
  })
  afterAll(() => drop())

  test.each(numbers)("%s is read exactly, in whole records and in parts of them", async (written, exact, plain) => {
    const { id } = await db.create({ fields: { n: [new RawJson(written)], s: "9007199254740993" }, metadata: { n: new RawJson(written) } })
    const byId = { filters: [filter("id", "=", id)] }
    for (const record of [await db.read(id, { numbers: "exact" }), ...(await db.search(byId, { numbers: "exact" }))]) {
      expect(record).toMatchObject({ id, fields: { n: [exact], s: "9007199254740993" }, metadata: { n: exact }, revision: 1, createdAt: expect.any(Date) })
    }
    const select = ["fields.n.0", "metadata", "revision", "fields.none", "fields.s"] as const
    expect(await db.search({ ...byId, select }, { numbers: "exact" })).toEqual([
      { fields: { n: [exact], s: "9007199254740993" }, metadata: { n: exact }, revision: 1 },
    ])
    expect((await db.read(id))?.fields).toEqual({ n: [plain], s: "9007199254740993" })
    expect(await db.transaction((tx) => tx.read(id, { numbers: "exact" }))).toMatchObject({ fields: { n: [exact] } })
  })

  test("a file reads the same", async () => {
    const file = new FileDatabase(`${folder()}/numbers.json`)
    for (const [written, exact, plain] of numbers) {
      const { id } = await file.create({ fields: { n: new RawJson(written) } })
      expect((await file.read(id, { numbers: "exact" }))?.fields["n"]).toEqual(typeof exact === "string" ? expect.any(String) : exact)
      expect((await file.read(id))?.fields["n"]).toEqual(plain)
      expect(await file.search({ filters: [filter("id", "=", id)], select: ["fields.n"] }, { numbers: "exact" })).toHaveLength(1)
    }
  })

  test("what is read exactly can be written again as raw JSON, and stays what it was", async () => {
    const { id } = await db.create({ fields: { n: new RawJson("0.10000000000000000001"), m: new RawJson("123456789012345678901") } })
    const typed = new PostgresDatabase<{ n: number; m: number }>({ kysely: db.kysely })
    const { fields } = (await typed.read(id, { numbers: "exact" })) ?? expect.unreachable()
    await db.update(id, { fields: { n: new RawJson(`${fields.n}`), m: new RawJson(`${fields.m}`) } })
    expect((await db.read(id, { numbers: "exact" }))?.fields).toEqual(fields)
    await expect(db.update(id, { fields: fields as object as JsonObject })).rejects.toMatchObject({
      pointer: "/fields/m",
      message: expect.stringContaining("RawJson"),
    })
  })

  test("a record with no metadata has none, and documents that are no objects are read", async () => {
    const { id } = await db.create({ fields: new RawJson("9007199254740993") })
    expect(await db.read(id, { numbers: "exact" })).toMatchObject({ fields: 9007199254740993n, metadata: null })
    expect(await db.read("00000000-0000-4000-8000-000000000000", { numbers: "exact" })).toBe(null)
  })

  test("a preview with exact numbers is what is sent", () => {
    expect(db.preview({ limit: 1 }, { numbers: "exact" }).sql).toBe(
      'select "id" as "id", ("fields")::text as "fields", ("metadata")::text as "metadata", "revision" as "revision", "created_at" as "created_at", "updated_at" as "updated_at" from "public"."records" order by "id" asc limit $1',
    )
  })

  test.each([
    [{ numbers: "decimal" }, "/numbers"],
    [{ numbers: null }, "/numbers"],
    [{ nubmers: "exact" }, "/nubmers"],
    ["exact", ""],
    [null, ""],
  ])("options %j are refused, and nothing is sent", async (options, pointer) => {
    for (const read of [() => db.read("x", options as never), () => db.search({}, options as never), async () => db.preview({}, options as never)]) {
      await expect(read()).rejects.toMatchObject({ name: "InvalidQueryError", pointer })
    }
  })
})

test("exact numbers of a table with columns of other names", async () => {
  const { db, drop } = await migratedDatabase(databases[0] ?? expect.unreachable())
  const renamed = defineRecords({ table: "adopted", columns: { fields: "data" } })
  await sql`alter table records rename column fields to data`.execute(db.kysely)
  await sql`alter table records rename to adopted`.execute(db.kysely)
  const adopted = new PostgresDatabase({ kysely: db.kysely, records: renamed })
  const { id }: StoredRecord = await adopted.create({ fields: { n: new RawJson("9007199254740993") } })
  expect((await adopted.read(id, { numbers: "exact" }))?.fields).toEqual({ n: 9007199254740993n })
  await drop()
})

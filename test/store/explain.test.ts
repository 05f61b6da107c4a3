import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, filter, PostgresDatabase } from "../../src/index.ts"
import { indexStatements } from "../../src/statement/index-statement.ts"
import { usesIndex } from "../../src/testing/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Person {
  name: string
  city: string
  age: number
}

const people = defineRecords<Person>({ table: "people", indexes: [{ field: "fields.age" }] })
const RECORDS = 5_000

describe.each(databases)("explain on $name", (kind) => {
  let db: PostgresDatabase<Person>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, people))
    await sql.raw(`create index people_age on people using btree ((coalesce("fields"->'age', 'null')), "id")`).execute(db.kysely)
    await db.createBatch(Array.from({ length: RECORDS }, (_, n) => ({ fields: { name: `n${n}`, city: `c${n % 10}`, age: n } })))
    await sql`vacuum analyze people`.execute(db.kysely)
  })
  afterAll(() => drop())

  test("it explains the statement that search sends, with its parameters", async () => {
    const query = { filters: [filter("fields.age", ">", RECORDS - 10)], sort: [{ field: "fields.age" }], limit: 5 } as const
    const explained = await db.explain(query)
    expect(explained).toMatchObject(db.preview(query))
    expect(explained.indexes).toEqual(["people_age"])
    expect(explained.rows).toEqual({ estimated: 5 })
    expect(explained).not.toHaveProperty("buffers")
    expect(explained.plan).toHaveProperty("Plan")
    expect(explained.text).toMatch(/^Limit: 5 rows expected\n {2}Index Scan using people_age on people: \d+ rows expected$/)
    expect(explained.summary).toBe("Finds records with the index people_age. The planner expects 5 rows.")
  })

  test("a plan sees the values: the same condition is a search of one index for few records, a walk in the order of another for most", async () => {
    const few = await db.explain({ filters: [filter("fields.age", ">", RECORDS - 10)] })
    const most = await db.explain({ filters: [filter("fields.age", ">", 10)] })
    expect(few.sql).toBe(most.sql)
    expect([few.indexes, most.indexes]).toEqual([["people_age"], ["people_pkey"]])
    expect(most.summary).toMatch(/^Walks in the order of the index people_pkey\. The planner expects [\d,]+ rows\.$/)
  })

  test("with analyze the query runs, and rows, buffers and time are counted", async () => {
    const { rows, buffers, executionMs, summary, text } = await db.explain({ filters: [filter("fields.name", "ilike", "N12_")] }, { analyze: true })
    expect(rows.actual).toBe(10)
    expect((buffers?.hit ?? 0) + (buffers?.read ?? 0)).toBeGreaterThan(50)
    expect(executionMs).toBeGreaterThan(0)
    expect(text).toMatch(/Seq Scan on people: [\d,]+ rows? expected, 10 rows given, 4,990 rows thrown away/)
    expect(summary).toMatch(
      /^Scans all of people and throws 4,990 records away, sorts them\. 10 rows came\. It looked at \d+ pages of 8 kB, .+, in \d+\.\d ms\.$/,
    )
  })

  test("it stays in its transaction, where the records are that nobody else sees", async () => {
    await db.transaction(async (tx) => {
      const { id } = await tx.create({ fields: { name: "new", city: "x", age: 1 } })
      expect((await tx.explain({ filters: [filter("id", "=", id)] }, { analyze: true })).rows.actual).toBe(1)
      expect((await tx.explain({ filters: [filter("id", "=", id)] })).indexes).toEqual(["people_pkey"])
    })
  })

  test("an empty query, one that asks for nothing, and one of nothing at all", async () => {
    expect((await db.explain()).rows.estimated).toBe(RECORDS)
    expect((await db.explain({ limit: 0 }, { analyze: true })).rows.actual).toBe(0)
    const nothing = await db.explain({ filters: [{ or: [] }] }, { analyze: true })
    expect(nothing).toMatchObject({ rows: { actual: 0 }, indexes: [], buffers: { hit: 0, read: 0 } })
  })

  test("a wrong query and a wrong option are refused before anything is sent", async () => {
    await expect(db.explain({ limit: -1 })).rejects.toMatchObject({ name: "InvalidQueryError", pointer: "/limit" })
    await expect(db.explain({}, { analyse: true } as never)).rejects.toMatchObject({ code: "unknown_option" })
    await expect(db.explain({}, { analyze: "; drop table people" } as never)).rejects.toMatchObject({ code: "unknown_option" })
  })

  test("on a partitioned table the indexes are those of the table, whatever those of its partitions are called", async () => {
    const records = defineRecords<Person>({ table: "parted", partitions: 4, indexes: [{ field: "fields.age" }] })
    const { db: parted, drop: dropParted } = await migratedDatabase(kind, records)
    await parted.createBatch(Array.from({ length: RECORDS }, (_, n) => ({ fields: { name: `n${n}`, city: `c${n % 1000}`, age: n } })))
    await sql`create index parted_own on parted (created_at)`.execute(parted.kysely)
    await sql`vacuum analyze parted`.execute(parted.kysely)
    // One that was built later, partition by partition.
    const later = new PostgresDatabase<Person>({
      kysely: parted.kysely as never,
      records: defineRecords<Person>({ table: "parted", partitions: 4, indexes: [{ field: "fields.age" }, { field: "fields.name" }] }),
    })
    await later.migrate()
    const [age = "", name = ""] = indexStatements(later.definition).map((index) => index.name)
    const explained = await later.explain({ filters: [filter("fields.age", ">", RECORDS - 10)] }, { analyze: true })
    usesIndex(explained, age)
    usesIndex(explained, "parted_age")
    expect(explained.indexes).toEqual([age])
    expect(explained.summary).toMatch(new RegExp(`^Finds records with the index ${age}, sorts them\\. 9 rows came\\.`))
    expect(explained.text).toMatch(new RegExp(`using ${age} on parted_p[0-3]`))
    expect(JSON.stringify(explained.plan)).not.toContain(`"${age}"`)
    const scanned = await later.explain({ filters: [filter("fields.city", "ilike", "C17")] }, { analyze: true })
    expect(scanned.summary).toMatch(
      /^Scans all of parted and throws 4,995 records away, sorts them\. 5 rows came\. It looked at \d+ pages of 8 kB, [^.]+\.\d ms\.$/,
    )
    usesIndex(await later.explain({ filters: [filter("fields.name", "=", "n17")], sort: [{ field: "fields.name" }] }), name)
    usesIndex(await later.explain({ filters: [filter("fields.city", "=", "c17")] }), "parted_fields_gin")
    usesIndex(await later.explain({ filters: [filter("id", "=", "00000000-0000-4000-8000-000000000000")] }), "parted_pkey")
    usesIndex(await later.explain({ filters: [filter("createdAt", ">", new Date("2999-01-01T00:00:00.000Z"))] }), "parted_own")
    await dropParted()
  })

  test("a table that is not there", async () => {
    const { db: other, drop: dropOther } = await migratedDatabase(kind)
    await sql`drop table records`.execute(other.kysely)
    await expect(other.explain()).rejects.toMatchObject({ code: "missing_table" })
    await dropOther()
  })
})

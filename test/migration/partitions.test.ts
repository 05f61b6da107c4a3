import { sql } from "kysely"
import { describe, expect, test } from "vitest"
import { defineRecords, filter, PostgresDatabase, type RecordsDefinition } from "../../src/index.ts"
import { wantedIndexes } from "../../src/migration/table-parts.ts"
import { difference } from "../../src/operations/index.ts"
import { indexStatements } from "../../src/statement/index-statement.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { indexNames, type Person, schemaOf } from "./tables.ts"

function partitioned(indexes: NonNullable<Parameters<typeof defineRecords<Person>>[0]>["indexes"] = []): RecordsDefinition<Person> {
  return defineRecords<Person>({ table: "people", partitions: 4, indexes })
}

const everyKind = partitioned([
  { field: "fields.age" },
  { fields: ["fields.email", "id"], unique: true },
  { kind: "text", field: "fields.name" },
  { kind: "trigram", field: "fields.name" },
  { kind: "array", field: "fields.tags", where: { field: "fields.age", operator: ">=", value: 18 } },
])

describe.each(databases)("a partitioned table on $name", (kind) => {
  test("is made with all its indexes, and takes every operation", async () => {
    const { db, drop } = await migratedDatabase(kind, everyKind)
    const names = indexStatements(everyKind).map(({ name }) => name)
    expect(await indexNames(db)).toEqual([...names, "people_fields_gin", "people_metadata_gin", "people_pkey"].sort())
    expect(await difference(db)).toEqual({ isMissing: false, changes: [], faults: [] })
    const ids = await db.createBatch(Array.from({ length: 40 }, (_, age) => ({ fields: { name: `n${age}`, age } })))
    const { rows } = await sql<{ part: string }>`select distinct tableoid::regclass::text as part from people order by 1`.execute(db.kysely)
    expect(rows.map(({ part }) => part)).toEqual(["people_p0", "people_p1", "people_p2", "people_p3"])
    expect(await db.count({ filters: [filter("fields.age", ">=", 20)] })).toBe(20)
    expect((await db.update(ids[0] ?? "", { fields: { name: "x" } })).revision).toBe(2)
    expect(await db.delete(ids[1] ?? "")).toBe(true)
    await drop()
  })

  test("gets further indexes partition by partition, and a build that was interrupted is finished", async () => {
    const { db: before, drop } = await migratedDatabase(kind, partitioned())
    const db = new PostgresDatabase<Person>({ kysely: before.kysely, records: partitioned([{ field: "fields.age" }]) })
    const [{ name, holds } = { name: "", holds: "" }] = indexStatements(db.definition)
    await sql.raw(`create index ${name} on only people ${holds}`).execute(db.kysely)
    await sql.raw(`create index people_p0_${name.slice(-8)} on people_p0 ${holds}`).execute(db.kysely)
    expect(await indexNames(db)).toContain(`${name}!`)
    expect(await db.migrate()).toEqual([`index ${name}`])
    expect(await indexNames(db)).toContain(name)
    expect(await indexNames(db, "people_p3")).toEqual([`people_p3_${name.slice(-8)}`, "people_p3_fields_idx", "people_p3_metadata_idx", "people_p3_pkey"])
    expect(await db.migrate()).toEqual([])
    await drop()
  })

  test("a build that fails in one partition leaves none behind", async () => {
    const { db: before, drop } = await migratedDatabase(kind, partitioned())
    const db = new PostgresDatabase<Person>({ kysely: before.kysely, records: partitioned([{ field: "fields.age" }, { field: "fields.name" }]) })
    await db.create({ fields: { name: Array.from({ length: 9000 }, () => Math.random().toString(36)).join("") } })
    const schema = await schemaOf(db)
    await expect(db.migrate()).rejects.toThrow(/index people_name_\w+: a value is too long/)
    expect(await schemaOf(db)).toEqual(schema)
    await drop()
  })
})

test.each([
  [{ partitions: 0 }, /partitions is a whole number from 1 to 1024/],
  [{ partitions: 1.5 }, /partitions is a whole number/],
  [{ partitions: "4" as never }, /partitions is a whole number/],
  [{ distribute: "yes" as never }, /distribute is true or false/],
  [{ partitions: 4, distribute: true }, /not both/],
  [{ partitions: 4, indexes: [{ field: "fields.a", unique: true }] }, /\/indexes\/0\/unique: the table is partitioned by id/],
  [{ distribute: true, indexes: [{ field: "fields.a" }, { field: "fields.b", unique: true }] }, /\/indexes\/1\/unique: the table is distributed by id/],
])("a definition with %j is refused", (options, message) => {
  expect(() => defineRecords(options as never)).toThrow(message)
})

test("a table of a long name and many partitions gives every index a name of its own, which PostgreSQL does not cut", () => {
  const records = defineRecords({ table: "x".repeat(41), partitions: 1024, indexes: [{ field: "fields.age" }, { field: "fields.name" }] })
  const partitions = [...Array.from({ length: 1024 }, (_, part) => `${records.table}_p${part}`), "y".repeat(63), `${"y".repeat(62)}z`]
  const statements = wantedIndexes(records, partitions).flatMap(({ part }) => part.create)
  const names = statements.flatMap((statement) => /^create index .*?"(\w+)" on/.exec(statement)?.[1] ?? [])
  expect(names).toHaveLength(4 * (1 + partitions.length))
  expect(new Set(names).size).toBe(names.length)
  expect(names.every((name) => name.length <= 63)).toBe(true)
})

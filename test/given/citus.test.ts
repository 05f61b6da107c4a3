import { randomUUID } from "node:crypto"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { DuplicateRecordError, defineRecords, filter, increment, type JsonObject, PostgresDatabase, push, RecordNotFoundError, set } from "../../src/index.ts"
import { generate } from "../../src/migration/generate.ts"
import { advise, difference, inspect } from "../../src/operations/index.ts"
import { declaredIndexes } from "../../src/statement/index-statement.ts"
import { cases, conforms, documentsOf } from "../conformance/cases.ts"

/*
 * Everything on a table that Citus distributes, on the cluster whose coordinator CITUS_URL names: it needs a database with
 * the extension and a role that may make schemas in it.
 */

const url = process.env["CITUS_URL"]
if (url === undefined) throw new Error("test:citus needs a cluster: CITUS_URL=postgres://user@coordinator/database npm run test:citus")
const connectionString = url
const schema = `citus_${randomUUID().replaceAll("-", "")}`
const ABSENT = "00000000-0000-4000-8000-000000000000"

const people = defineRecords<JsonObject>({
  table: "people",
  schema,
  distribute: true,
  indexes: [
    { field: "fields.email" },
    { field: "fields.age", where: filter("fields.active", "=", true) },
    { kind: "text", field: "fields.name" },
    { kind: "array", field: "fields.tags" },
  ],
})

const db = new PostgresDatabase({ connectionString, records: people })

beforeAll(async () => {
  await sql`create schema ${sql.id(schema)}`.execute(db.kysely)
  expect(await db.migrate()).toEqual(["0001_records"])
})
afterAll(async () => {
  await sql`drop schema ${sql.id(schema)} cascade`.execute(db.kysely)
  await db.close()
})
beforeEach(() => sql`truncate ${sql.table(`${schema}.people`)}`.execute(db.kysely))

function person(n: number) {
  return { fields: { email: `e${n}@example.org`, name: `n${n}`, age: n % 100, active: n % 2 === 0, tags: [`t${n % 50}`] } }
}

test("migrate has nothing more to do, and the definition is that of the table", async () => {
  expect(await db.migrate()).toEqual([])
  expect(await generate(db)).toBeNull()
})

describe("writes", () => {
  test("a batch of any size, whole or not at all", async () => {
    const ids = await db.createBatch(Array.from({ length: 5_000 }, (_, n) => person(n)))
    expect(await db.count()).toBe(5_000)
    expect((await db.readBatch(ids.slice(0, 50))).map((record) => record?.fields["email"])).toEqual(ids.slice(0, 50).map((_, n) => `e${n}@example.org`))
    const [taken = ""] = ids
    const batch = [person(1), { ...person(2), id: taken }, person(3)]
    await expect(db.createBatch(batch)).rejects.toMatchObject({
      name: "DuplicateRecordError",
      message: "createBatch: record 1: there is a record with this id already: nothing was written; use update() to change a record that exists",
    })
    await expect(db.createBatch(batch.slice(1, 2))).rejects.toBeInstanceOf(DuplicateRecordError)
    await expect(db.create({ ...person(2), id: taken })).rejects.toBeInstanceOf(DuplicateRecordError)
    expect(await db.count()).toBe(5_000)
    const { ids: stored, failures } = await db.createBatch(batch, { onError: "isolate" })
    expect([stored.length, failures.map(({ position }) => position)]).toEqual([2, [1]])
    expect(await db.createBatch(batch.slice(1, 2), { onConflict: "skip" })).toEqual([])
    expect(await db.createBatch(batch.slice(1, 2), { onConflict: "replace" })).toEqual([taken])
    expect(await db.upsertBatch([{ ...person(7), id: taken }])).toEqual([taken])
    expect(await db.updateBatch([{ id: taken, fields: { n: 1 } }])).toEqual([taken])
    await expect(
      db.updateBatch([
        { id: taken, fields: {} },
        { id: ABSENT, fields: {} },
      ]),
    ).rejects.toBeInstanceOf(RecordNotFoundError)
    expect(await db.read(taken)).toMatchObject({ fields: { n: 1 }, revision: 4 })
    expect(await db.deleteBatch([taken, ABSENT])).toEqual([taken])
  })

  test("a value that is too long for an index is said, with its place and the index", async () => {
    const long = Array.from({ length: 200 }, () => randomUUID()).join("")
    const refused = { name: "InvalidRecordError", message: expect.stringMatching(/^\/1: createBatch: a value is too long for the index people_email_/) }
    await expect(db.createBatch([person(1), { fields: { email: long } }])).rejects.toMatchObject(refused)
    await expect(db.create({ fields: { email: long.repeat(10) } })).rejects.toThrow(/a value is too long for an index of/)
  })

  test("what a shard refuses for a reason of its own is found as well", async () => {
    await sql`alter table ${sql.table(`${schema}.people`)} add constraint whole check ((fields->>'n')::int >= 0)`.execute(db.kysely)
    const batch = [{ fields: { n: 1 } }, { fields: { n: "one" } }, { fields: { n: 2 } }, { fields: { n: -1 } }, { fields: { n: -2 } }]
    await expect(db.createBatch(batch.slice(0, 3))).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/1" })
    const { ids, failures } = await db.createBatch(batch, { onError: "isolate" })
    expect([ids.length, failures.map(({ position }) => position)]).toEqual([2, [1, 3, 4]])
    expect(failures[1]?.error.message).toContain("a check constraint of the table does not hold (whole)")
    await sql`alter table ${sql.table(`${schema}.people`)} drop constraint whole`.execute(db.kysely)
  })

  test("one record: patches, revisions, and what is not there", async () => {
    const { id } = await db.create({ fields: { n: 1 } })
    expect(await db.patch(id, [increment("fields.n", 2), push("fields.list", "x")])).toMatchObject({ fields: { n: 3, list: ["x"] }, revision: 2 })
    await expect(db.patch(id, [increment("fields.list", 1)])).rejects.toMatchObject({ code: "inapplicable_change" })
    await expect(db.update(id, { fields: {} }, { expectedRevision: 1 })).rejects.toMatchObject({ name: "RevisionConflictError", currentRevision: 2 })
    await expect(db.patch(ABSENT, [set("fields.n", 1)])).rejects.toBeInstanceOf(RecordNotFoundError)
    expect(await db.upsert({ id, fields: { n: 4 } }, { expectedRevision: 2 })).toMatchObject({ revision: 3 })
    expect(await Promise.all(Array.from({ length: 20 }, () => db.patch(id, [increment("fields.n", 1)])))).toHaveLength(20)
    expect((await db.read(id))?.fields).toEqual({ n: 24 })
    expect(await db.delete(id, { expectedRevision: 23 })).toBe(true)
  })

  test("many at once: update and delete, also where the filters are true of none", async () => {
    await db.createBatch(Array.from({ length: 300 }, (_, n) => person(n)))
    expect(await db.updateWhere({ filters: [filter("fields.age", "<", 10)] }, { metadata: { young: true } })).toBe(30)
    expect(await db.deleteWhere({ filters: [filter("fields.tags", "contains", "t7")] })).toBe(6)
    expect(await db.updateWhere({ filters: [filter("fields.age", "in", [])] }, { metadata: null })).toBe(0)
    expect(await db.deleteWhere({ filters: [filter("fields.age", "in", [])] })).toBe(0)
    const undone = db.transaction(async (tx) => {
      expect(await tx.deleteWhere({ all: true })).toBe(294)
      throw new Error("undone")
    })
    await expect(undone).rejects.toThrow("undone")
    expect(await db.count()).toBe(294)
  })

  test("patches of many records, all or none", async () => {
    const ids = await db.createBatch(Array.from({ length: 30 }, (_, n) => person(n)))
    const patched = await db.patchBatch(ids.map((id, n) => ({ id, changes: [increment("fields.age", n)] })))
    expect(patched.map(({ fields }) => fields["age"])).toEqual(ids.map((_, n) => 2 * n))
    const bad = ids.map((id, n) => ({ id, changes: [increment(n === 17 ? "fields.name" : "fields.age", 1)] }))
    await expect(db.patchBatch(bad)).rejects.toMatchObject({ code: "inapplicable_change", failures: [{ id: ids[17] }] })
    expect((await db.readBatch(ids)).map((record) => record?.revision)).toEqual(ids.map(() => 2))
    const both = [ids, ids.toReversed()].map((all) => db.patchBatch(all.map((id) => ({ id, changes: [set("fields.age", 0)] }))))
    await Promise.all(both)
    expect((await db.readBatch(ids)).map((record) => record?.revision)).toEqual(ids.map(() => 4))
  })

  test("the same patch of all that filters find, all or none", async () => {
    const ids = await db.createBatch(Array.from({ length: 30 }, (_, n) => person(n)))
    expect(await db.patchWhere({ filters: [filter("fields.age", "<", 20)] }, [increment("fields.age", 1)])).toBe(20)
    expect((await db.read(ids[3] ?? ""))?.fields["age"]).toBe(4)
    await db.update(ids[25] ?? "", { fields: { age: "unknown" } })
    const refused = db.patchWhere({ all: true }, [increment("fields.age", 1)])
    await expect(refused).rejects.toMatchObject({ code: "inapplicable_change", failures: [{ id: ids[25] }] })
    expect((await db.read(ids[3] ?? ""))?.fields["age"]).toBe(4)
    expect(await db.patchWhere({ filters: [filter("fields.age", "in", [])] }, [increment("fields.age", 1)])).toBe(0)
  })

  test("what would lock records of several shards is refused, and says what to do", async () => {
    await db.createBatch(Array.from({ length: 30 }, (_, n) => person(n)))
    await expect(db.claim({ filters: [filter("fields.age", ">", 0)] }, [set("fields.n", 1)])).rejects.toMatchObject({
      code: "not_supported",
      message: `claim on "${schema}"."people": the server has no way to do that on this table. One that Citus distributes cannot lock records of several shards: patch() them one by one`,
    })
  })
})

describe("operations", () => {
  beforeEach(async () => {
    await db.createBatch(Array.from({ length: 20_000 }, (_, n) => person(n)))
    await sql`analyze ${sql.table(`${schema}.people`)}`.execute(db.kysely)
  })

  test("explain names the indexes of the table, and says that a shard is shown", async () => {
    const { indexes, rows, summary } = await db.explain({ filters: [filter("fields.email", "=", "e77@example.org")] })
    expect(indexes).toEqual([expect.stringMatching(/^people_email_[0-9a-f]{8}$/)])
    expect(rows.estimated).toBeLessThan(100)
    const run = await db.explain({ filters: [filter("fields.note", "not_exists")] }, { analyze: true })
    const { bytes } = await inspect(db)
    expect((run.buffers?.hit ?? 0) + (run.buffers?.read ?? 0)).toBeGreaterThanOrEqual(bytes.rows / 8192)
    expect(summary).toMatch(/^Finds records with the index people_email_[0-9a-f]{8}[,.].* \d+ shards are asked, and the plan shows 1 of them\.$/)
  })

  test("inspect counts what the shards hold", async () => {
    const looked = await inspect(db, { count: true })
    expect(looked.records).toEqual({ estimated: 20_000, actual: 20_000 })
    expect(looked.bytes.rows).toBeGreaterThan(1_000_000)
    expect(looked.indexes.find(({ name }) => name.startsWith("people_email_"))?.bytes).toBeGreaterThan(100_000)
    expect(looked.last.analyze).toBeInstanceOf(Date)
    expect(looked.drift).toEqual({ isMissing: false, changes: [], faults: [] })
  })

  test("advise tries indexes on records of the shards", async () => {
    const { table, queries, indexes } = await advise(db, [
      { filters: [filter("fields.name", ">", "n19990")], sort: [{ field: "fields.name" }], limit: 5 },
      { filters: [filter("fields.email", "=", "e77@example.org")] },
    ])
    expect(table.records).toBeGreaterThan(10_000)
    expect(table.bytes).toBeGreaterThan(1_000_000)
    expect(queries.map(({ verdict }) => verdict)).toEqual(["build", "served"])
    expect(indexes.map(({ entry }) => entry)).toEqual([{ field: "fields.name" }])
  })
})

describe("conformance", () => {
  const records = new PostgresDatabase<never, never>({ connectionString, records: defineRecords<never, never>({ schema, distribute: true }) })
  beforeAll(() => records.migrate())
  beforeEach(() => sql`truncate ${sql.table(`${schema}.records`)}`.execute(records.kysely))
  afterAll(() => records.close())

  test.each(cases)("$name", async (row) => {
    for (const record of row.records) {
      const { fields, metadata } = documentsOf(record)
      await sql`insert into ${sql.table(`${schema}.records`)} (id, fields, metadata, revision, created_at, updated_at) values (
        ${record.id}::uuid, ${fields}::jsonb, ${metadata}::jsonb, ${record.revision ?? 1},
        coalesce(${record.createdAt ?? null}::timestamptz, now()), coalesce(${record.updatedAt ?? null}::timestamptz, now()))`.execute(records.kysely)
    }
    await conforms(records, row)
  })
})

test("names that Citus shortens, and an apostrophe", async () => {
  const path = "fields.billing.address.city"
  const table = `customer's_subscription_invoices`
  const records = defineRecords<JsonObject>({ table, schema, distribute: true, indexes: [{ field: path }, { kind: "text", field: path }] })
  await using invoices = new PostgresDatabase({ connectionString, records })
  await invoices.migrate()
  await invoices.createBatch(Array.from({ length: 20_000 }, (_, n) => ({ fields: { billing: { address: { city: `city ${n % 500}` } } } })))
  await sql`analyze ${sql.table(`${schema}.${table}`)}`.execute(invoices.kysely)
  const queries = [{ filters: [filter(path, "=", "city 7")] }, { filters: [filter(path, "starts_with", "city 77")] }]
  const names = declaredIndexes(records).flatMap(({ name }) => (name.includes("billing") ? [name] : []))
  expect(names).toHaveLength(2)
  for (const [position, query] of queries.entries()) expect((await invoices.explain(query)).indexes).toEqual([names[position]])
  for (const { name, bytes } of (await inspect(invoices)).indexes) expect(bytes, name).toBeGreaterThan(100_000)
  const { queries: answers, unused } = await advise(invoices, queries)
  expect(answers.map(({ verdict, indexes }) => [verdict, indexes])).toEqual(names.map((name) => ["served", [name]]))
  expect(unused.filter(({ name }) => names.includes(name))).toEqual([])
})

test("an index of a table that is distributed already may be unique with the id in it", async () => {
  const records = defineRecords<JsonObject>({ table: "people", schema, distribute: true, indexes: [{ fields: ["fields.n", "id"], unique: true }] })
  await using later = new PostgresDatabase({ connectionString, records })
  expect(await later.migrate()).toHaveLength(1)
  expect((await difference(later)).changes.filter(({ kind }) => kind !== "drop")).toEqual([])
})

test("a table that is distributed later keeps no copy of its records on the coordinator", async () => {
  const plain = defineRecords<JsonObject>({ table: "later", schema, gin: false })
  await using before = new PostgresDatabase({ connectionString, records: plain })
  await before.migrate()
  await before.createBatch(Array.from({ length: 1_000 }, (_, n) => ({ fields: { n } })))
  const table = sql.lit(`"${schema}"."later"`)
  await sql`select create_distributed_table(${table}, 'id')`.execute(before.kysely)
  const left = await inspect(before)
  expect(left.findings.map(({ kind }) => kind)).toContain("left_behind")
  for (const { kind, remedy } of left.findings) if (kind === "left_behind") await sql.raw(remedy).execute(before.kysely)
  await sql`select undistribute_table(${table})`.execute(before.kysely)
  await using after = new PostgresDatabase({ connectionString, records: defineRecords<JsonObject>({ table: "later", schema, gin: false, distribute: true }) })
  for (const { part } of (await difference(after)).changes) for (const statement of part.create) await sql.raw(statement).execute(after.kysely)
  expect(await after.count()).toBe(1_000)
  expect((await inspect(after)).findings).toEqual([])
})

test("a table that was there before is distributed by its own ids", async () => {
  await sql`create table ${sql.table(`${schema}.things`)} (
    thing text primary key, data jsonb not null, created_at timestamptz(3) not null default now(), updated_at timestamptz(3) not null default now())`.execute(
    db.kysely,
  )
  await sql`insert into ${sql.table(`${schema}.things`)} select 'thing ' || n, jsonb_build_object('n', n) from generate_series(1, 500) n`.execute(db.kysely)
  const records = defineRecords<JsonObject>({
    table: "things",
    schema,
    distribute: true,
    columns: { id: { name: "thing", type: "text" }, fields: "data", metadata: false, revision: false },
    gin: false,
    indexes: [{ field: "fields.n" }],
  })
  await using things = new PostgresDatabase({ connectionString, records })
  for (const { part } of (await difference(things)).changes) for (const statement of part.create) await sql.raw(statement).execute(things.kysely)
  expect((await difference(things)).changes).toEqual([])
  expect((await things.explain({ filters: [filter("fields.n", "=", 7)] })).indexes).toHaveLength(1)
  expect(await things.read("thing 7")).toMatchObject({ fields: { n: 7 } })
  expect(await things.createBatch([{ id: "thing 7", fields: {} }], { onConflict: "replace" })).toEqual(["thing 7"])
})

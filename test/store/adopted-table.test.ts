import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import {
  ConfigurationError,
  compileFilter,
  defineRecords,
  field,
  filter,
  InvalidQueryError,
  InvalidRecordError,
  increment,
  type LooseQuery,
  PostgresDatabase,
  previewQuery,
} from "../../src/index.ts"
import { createIndexSql, indexStatements } from "../../src/statement/index-statement.ts"
import { databases } from "../setup/databases.ts"

interface Order {
  total: number
  customer?: string
}

// A table as applications have them: a text as key, no revision, no metadata, times without a zone and with microseconds.
const orders = defineRecords<Order>({
  table: "orders",
  indexes: [{ field: "fields.total" }, { field: "createdAt" }],
  columns: {
    id: { name: "order_no", type: "text" },
    fields: "data",
    metadata: false,
    revision: false,
    createdAt: { name: "created", type: "timestamp" },
    updatedAt: { name: "changed", type: "timestamp" },
  },
})

const table = `create table orders (
  order_no text primary key, data jsonb, created timestamp not null, changed timestamp, note text default 'kept'
)`

describe.each(databases)("a table that was there before, on $name", (kind) => {
  let db: PostgresDatabase<Order>
  let drop: () => Promise<void>

  beforeAll(async () => {
    const opened = await kind.create()
    db = new PostgresDatabase({ ...opened.options, records: orders })
    await sql.raw(table).execute(db.kysely)
    await sql`create index on orders using gin (data jsonb_path_ops)`.execute(db.kysely)
    for (const statement of indexStatements(orders)) await sql.raw(createIndexSql(statement, orders, "at once")).execute(db.kysely)
    drop = async () => {
      await db.close()
      await opened.drop()
    }
  })
  afterAll(() => drop())
  beforeEach(async () => {
    await sql`truncate orders`.execute(db.kysely)
    await sql`insert into orders values
      ('A-1', '{"total": 30, "customer": "Ada"}', '2025-01-01 12:00:00.123456', '2025-01-02'),
      ('B''2', '{"total": "30"}', '2025-01-01 12:00:00.123999', null),
      ('c 3', null, '2025-01-01 12:00:00.124', '2025-01-02')`.execute(db.kysely)
  })

  test("records are read with its names, its times in UTC whatever the zone of the session is", async () => {
    await db.transaction(async (tx) => {
      await sql`set local time zone 'Asia/Kolkata'`.execute(tx.kysely)
      const created = new Date("2025-01-01T12:00:00.123Z")
      expect(await tx.read("A-1")).toEqual({
        id: "A-1",
        fields: { total: 30, customer: "Ada" },
        metadata: null,
        revision: 0,
        createdAt: created,
        updatedAt: new Date("2025-01-02T00:00:00.000Z"),
      })
      expect(await tx.search({ select: ["id", "createdAt", "revision"], limit: 1 })).toEqual([{ id: "A-1", createdAt: created, revision: 0 }])
      expect(await tx.count({ filters: [filter("createdAt", "=", created)] })).toBe(2)
    })
    expect(await db.exists("c 3")).toBe(true)
    expect(await db.read("c\u0000 3")).toBeNull()
  })

  test("records are written with its names, and the columns that nobody named keep theirs", async () => {
    const before = new Date()
    const made = await db.create({ id: "Ø", fields: { total: 1 } })
    expect(made).toMatchObject({ id: "Ø", fields: { total: 1 }, metadata: null, revision: 0 })
    expect(made.createdAt.getTime()).toBeGreaterThanOrEqual(before.getTime() - 60_000)
    const [without] = await db.createBatch([{ fields: { total: 2 } }])
    expect(without).toMatch(/^[0-9a-f-]{36}$/)
    const changed = await db.update("A-1", { fields: { total: 31 } })
    expect(changed).toMatchObject({ fields: { total: 31 }, revision: 0, createdAt: new Date("2025-01-01T12:00:00.123Z") })
    expect(Math.abs(changed.updatedAt.getTime() - Date.now())).toBeLessThan(60_000)
    expect(await db.delete("B'2")).toBe(true)
    const { rows } = await sql<{ note: string }>`select distinct note from orders`.execute(db.kysely)
    expect(rows).toEqual([{ note: "kept" }])
  })

  test("an upsert replaces what is there, and no write is for a revision where there are none", async () => {
    const replaced = await db.upsert({ id: "B'2", fields: { total: 5 } })
    expect(replaced).toMatchObject({ id: "B'2", fields: { total: 5 }, revision: 0, createdAt: new Date("2025-01-01T12:00:00.123Z") })
    expect(Math.abs(replaced.updatedAt.getTime() - Date.now())).toBeLessThan(60_000)
    expect((await db.upsert({ id: "new", fields: { total: 6 } })).updatedAt).toBeInstanceOf(Date)
    await expect(db.delete("A-1", { expectedRevision: 0 })).rejects.toMatchObject({ name: "ConfigurationError", code: "no_column" })
    expect(await db.count()).toBe(4)
  })

  test("what it has no column for is refused", async () => {
    const written = db.create({ fields: { total: 1 }, metadata: { a: 1 } })
    await expect(written).rejects.toThrow(InvalidRecordError)
    await expect(written).rejects.toThrow("/metadata: this table has no column for metadata")
    await expect(db.create({ id: "\ud800", fields: { total: 1 } })).rejects.toThrow("/id: an id is a text without NUL characters and lone surrogates")
    expect(() => db.preview({ filters: [filter("id", "<", "a\u0000")] })).toThrow(InvalidQueryError)
  })

  test.each<[query: LooseQuery, pointer: string]>([
    [{ filters: [filter("fields.total", ">", 1), filter("metadata.a", "exists")] }, "/filters/1/field"],
    [{ filters: [{ not: { or: [filter("metadata", "not_exists")] } }] }, "/filters/0/not/or/0/field"],
    [{ filters: [filter("revision", ">", 1)] }, "/filters/0/field"],
    [{ sort: [{ field: "fields.total" }, { field: "revision" }] }, "/sort/1/field"],
    [{ select: ["id", "metadata->>'a'"] }, "/select/1"],
  ])("a query that names a column which the table has not is refused, with its place: %j", async (query, pointer) => {
    const refused = { name: "InvalidQueryError", code: "no_column", pointer, message: expect.stringContaining("no column for") }
    expect(thrownBy(() => previewQuery(query as never, orders))).toMatchObject(refused)
    await expect(db.search(query as never)).rejects.toMatchObject(refused)
    await expect(db.explain(query as never)).rejects.toMatchObject(refused)
    if (query.filters === undefined) return
    const filters = query.filters as never
    await expect(db.count({ filters })).rejects.toMatchObject(refused)
    await expect(db.deleteWhere({ filters })).rejects.toMatchObject(refused)
    expect(thrownBy(() => compileFilter({ and: [...(query.filters ?? [])] }, orders as never))).toMatchObject({
      code: "no_column",
      pointer: pointer.replace("/filters", "/and"),
    })
  })

  test("a field, a change and a claim of a column which the table has not are refused", async () => {
    expect(field("revision", orders).compile(db.kysely).sql).toBe("0::float8")
    expect(thrownBy(() => field("metadata.a" as never, orders))).toMatchObject({ name: "InvalidQueryError", code: "no_column", pointer: "" })
    await expect(db.patch("A-1", [{ change: "set", field: "metadata.a", value: 1 } as never])).rejects.toMatchObject({
      name: "InvalidRecordError",
      pointer: "/0/field",
    })
    await expect(db.claim({ sort: [{ field: "revision" }] }, [])).rejects.toMatchObject({ code: "no_column", pointer: "/sort/0/field" })
  })

  test.each<[condition: ReturnType<typeof filter>, found: string]>([
    [filter("createdAt", "=", new Date("2025-01-01T12:00:00.123Z")), "A-1 B'2"],
    [filter("createdAt", "!=", new Date("2025-01-01T12:00:00.123Z")), "c 3"],
    [filter("createdAt", ">", new Date("2025-01-01T12:00:00.123Z")), "c 3"],
    [filter("createdAt", ">=", new Date("2025-01-01T12:00:00.124Z")), "c 3"],
    [filter("createdAt", "<=", new Date("2025-01-01T12:00:00.123Z")), "A-1 B'2"],
    [filter("createdAt", "<", new Date("2025-01-01T12:00:00.123Z")), ""],
    [filter("createdAt", "between", [new Date("2025-01-01T12:00:00.124Z"), new Date("2026-01-01T00:00:00.000Z")]), "c 3"],
    [filter("createdAt", "in", ["2025-01-01T12:00:00.123Z", "2025-01-01T12:00:00.124Z"]), "A-1 B'2 c 3"],
    [filter("createdAt", "in", []), ""],
    [filter("createdAt", "not_in", []), "A-1 B'2 c 3"],
    [filter("createdAt", "<=", new Date(8.64e15)), "A-1 B'2 c 3"],
    [filter("createdAt", ">", new Date(-8.64e15)), "A-1 B'2 c 3"],
    [filter("updatedAt", "!=", new Date("2026-01-01T00:00:00.000Z")), "A-1 c 3"],
    [filter("updatedAt", "=", new Date("2025-01-02T00:00:00.000Z")), "A-1 c 3"],
    [filter("id", "=", "B'2"), "B'2"],
    [filter("id", ">", "A-1"), "B'2 c 3"],
    [filter("id", "in", ["A-1", "a-1", "x\u0000"]), "A-1"],
    [filter("id", "not_in", ["A-1"]), "B'2 c 3"],
    [filter("fields.total", "=", 30), "A-1"],
    [filter("fields", "exists"), "A-1 B'2"],
    [filter("fields", "not_exists"), "c 3"],
    [filter("fields", "contains", { total: 30 }), "A-1"],
  ])("$0 finds $1, and its complement the others", async (condition, found) => {
    const all = ["A-1", "B'2", "c 3"]
    const ids = (records: { id: string }[]): string[] => records.map(({ id }) => id)
    const expected = all.filter((id) => found.includes(id))
    expect(ids(await db.search({ filters: [condition] }))).toEqual(expected)
    expect(ids(await db.search({ filters: [{ not: condition }] }))).toEqual(all.filter((id) => !expected.includes(id)))
  })

  test("a column without a value is the lowest", async () => {
    const order = async (direction: "asc" | "desc", nulls?: "first" | "last") =>
      (await db.search({ sort: [{ field: "updatedAt", order: direction, ...(nulls && { nulls }) }] })).map(({ id }) => id)
    expect(await order("asc")).toEqual(["B'2", "A-1", "c 3"])
    expect(await order("desc")).toEqual(["c 3", "A-1", "B'2"])
    expect(await order("asc", "last")).toEqual(["A-1", "c 3", "B'2"])
    expect(await order("desc", "first")).toEqual(["B'2", "c 3", "A-1"])
  })

  test("filters and fields go into queries of one's own by its names", async () => {
    const query = db.kysely
      .selectFrom("orders as o")
      .select([field("fields.total", orders, { alias: "o" }).as("total"), field("createdAt", orders, { alias: "o" }).as("at")])
      .where(compileFilter(filter("fields.total", ">", 1), orders, { alias: "o" }))
    expect(query.compile().sql).toBe(
      `select nullif("o"."data"->'total', 'null') as "total", ("o"."created" at time zone 'UTC') as "at" from "orders" as "o" where (coalesce("o"."data"->'total', 'null') > $1::jsonb and coalesce("o"."data"->'total', 'null') < 'false')`,
    )
    expect(await query.execute()).toEqual([{ total: 30, at: new Date("2025-01-01T12:00:00.123Z") }])
  })
})

test("indexes hold its columns", () => {
  expect(indexStatements(orders).map(({ holds }) => holds)).toEqual([
    `using btree ((coalesce("data"->'total', 'null')), ("order_no"))`,
    `using btree (("created") asc nulls first, ("order_no"))`,
  ])
})

test.each<[index: object, pointer: string]>([
  [{ field: "metadata.source" }, "/indexes/1/field"],
  [{ kind: "text", field: "metadata.source" }, "/indexes/1/field"],
  [{ fields: ["fields.total", { field: "revision" }] }, "/indexes/1/fields/1/field"],
  [{ fields: ["fields.total", "revision"] }, "/indexes/1/fields/1"],
  [{ field: "fields.total", where: { not: { field: "metadata", operator: "exists" } } }, "/indexes/1/where/not/field"],
])("defineRecords refuses an index of a column which the table has not: %j", (index, pointer) => {
  const indexes = [{ field: "fields.total" }, index] as never
  const error = thrownBy(() => defineRecords({ columns: { metadata: false, revision: false }, indexes }))
  expect(error).toMatchObject({ name: "ConfigurationError", code: "invalid_definition", message: expect.stringContaining(`${pointer}: the definition says`) })
  expect(() => defineRecords({ indexes })).not.toThrow()
})

function thrownBy(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return expect.unreachable("it throws")
}

test.each<[columns: unknown, message: string]>([
  [{ field: "data" }, "columns.field is no column of a record: those are id, fields"],
  [{ fields: "" }, "columns.fields must be a name"],
  [{ fields: false }, "columns.fields must be a name"],
  [{ fields: "a.b" }, "must not contain a dot"],
  [{ fields: "created_at" }, 'names one column twice: "created_at"'],
  [{ id: { type: "int" } }, "columns.id.type is one of uuid and text"],
  [{ createdAt: { type: "date" } }, "columns.createdAt.type is one of timestamptz and timestamp"],
  [{ createdAt: false }, "columns.createdAt is a name, or { name, type }"],
  [{ createdAt: { type: "timestamp", zone: "UTC" } }, "columns.createdAt is a name, or { name, type }"],
  [["data"], "columns is an object"],
])("defineRecords refuses the columns $0", (columns, message) => {
  expect(() => defineRecords({ columns: columns as never })).toThrow(ConfigurationError)
  expect(() => defineRecords({ columns: columns as never })).toThrow(message)
})

test.each(databases)("a column of revisions that was there before may be empty: that is revision 0, on $name", async (kind) => {
  const records = defineRecords<{ n: number }>({ table: "versioned", columns: { revision: "version", metadata: false } })
  const { options, drop } = await kind.create()
  const db = new PostgresDatabase({ ...options, records })
  await sql`create table versioned (id uuid primary key, fields jsonb, version int, created_at timestamptz, updated_at timestamptz)`.execute(db.kysely)
  const id = "00000000-0000-4000-8000-000000000001"
  await sql`insert into versioned values (${id}, '{"n": 1}')`.execute(db.kysely)
  await expect(db.update(id, { fields: { n: 2 } }, { expectedRevision: 1 })).rejects.toMatchObject({ name: "RevisionConflictError", currentRevision: 0 })
  // No revision of such a column is as large.
  const conflict = { name: "RevisionConflictError", currentRevision: 0 }
  await expect(db.update(id, { fields: { n: 2 } }, { expectedRevision: 3e9 })).rejects.toMatchObject(conflict)
  await expect(db.upsert({ id, fields: { n: 2 } }, { expectedRevision: 3e9 })).rejects.toMatchObject(conflict)
  await expect(db.delete(id, { expectedRevision: 3e9 })).rejects.toMatchObject(conflict)
  expect(await db.update(id, { fields: { n: 2 } }, { expectedRevision: 0 })).toMatchObject({ fields: { n: 2 }, revision: 1 })
  expect((await db.upsert({ id, fields: { n: 3 } })).revision).toBe(2)
  const batch = [
    { fields: { n: 4 }, revision: 1 },
    { fields: { n: 5 }, revision: 3e9 },
  ]
  const tooLarge = { name: "InvalidRecordError", message: "/1: holds a number that is larger than its column takes, or its revision has become so" }
  await expect(db.createBatch(batch, { onConflict: "replaceIfRevision" })).rejects.toMatchObject(tooLarge)
  await sql`update versioned set version = 2147483647`.execute(db.kysely)
  await expect(db.update(id, { fields: { n: 2 } })).rejects.toMatchObject({
    name: "InvalidRecordError",
    message: expect.stringContaining("larger than its column takes"),
  })
  await db.close()
  await drop()
})

test.each(databases)("a column may have a blank in its name, on $name", async (kind) => {
  const records = defineRecords<{ n: number }>({ table: "orders", columns: { id: { name: "order no", type: "text" }, metadata: false, revision: false } })
  const { options, drop } = await kind.create()
  const db = new PostgresDatabase({ ...options, records })
  await sql`create table orders ("order no" text primary key, fields jsonb, created_at timestamptz, updated_at timestamptz)`.execute(db.kysely)
  await db.createBatch(["a", "b"].map((id) => ({ id, fields: { n: 1 } })))
  expect(await db.patch("a", [increment("fields.n", 1)])).toMatchObject({ id: "a", fields: { n: 2 } })
  expect(await db.claim({ sort: [{ field: "id", order: "desc" }] }, [increment("fields.n", 2)])).toMatchObject([{ id: "b", fields: { n: 3 } }])
  expect(await db.deleteBatch(["b", "c"])).toEqual(["b"])
  await db.close()
  await drop()
})

import { randomUUID } from "node:crypto"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, filter, not, or, PostgresDatabase, type RecordsDefinition } from "../../src/index.ts"
import { type Advice, advise } from "../../src/operations/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Order {
  number: string
  customer: string
  status: string
  total: number
  placed: string
  note: string
  tags: string[]
  lines: { sku: string; count: number }[]
}

const RECORDS = 50_000
const STATUSES = ["open", "paid", "sent", "done"]

// Of the kind that applications keep: some values are rare, some are half of the table, and nothing is sorted.
const LOAD = sql`
  insert into orders (id, fields, metadata)
  select gen_random_uuid(), jsonb_build_object(
    'number', 'A' || lpad((n * 7919 % ${sql.lit(RECORDS)})::text, 6, '0'), 'customer', 'c' || (n * 31 % 700), 'status', (${STATUSES}::text[])[1 + n % 4],
    'total', (n * 104729 % 100000) / 100.0, 'placed', to_char(timestamp '2024-01-01' + (n * 613 % 500000)::int * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'note', 'deliver to ' || md5(n::text) || ' at the ' || (array['front','back','side'])[1 + n % 3] || ' door ' || md5((n * 3)::text),
    'tags', jsonb_build_array('t' || n % 400, 'u' || n % 3), 'lines', jsonb_build_array(jsonb_build_object('sku', 's' || n % 900, 'count', n % 7))), null
  from generate_series(1::bigint, ${sql.lit(RECORDS)}) n`

const orders = defineRecords<Order>({ table: "orders" })

describe.each(databases)("advise on $name", (kind) => {
  let db: PostgresDatabase<Order>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, orders))
    await LOAD.execute(db.kysely)
    await sql`vacuum analyze orders`.execute(db.kysely)
  }, 240_000)
  afterAll(() => drop())

  const build = {
    "a range": { filters: [filter("fields.total", ">", 998)] },
    "an equal field, sorted and limited": { filters: [filter("fields.status", "=", "open")], sort: [{ field: "fields.total", order: "desc" }], limit: 20 },
    "a sort with a limit": { sort: [{ field: "fields.placed", order: "desc" }], limit: 20 },
    "a prefix": { filters: [filter("fields.number", "starts_with", "A0123")] },
    "a part of a string": { filters: [filter("fields.note", "includes", "c4ca42")] },
    "a range in each branch of an or": { filters: [or(filter("fields.total", ">", 999), filter("fields.placed", "<", "2024-01-01T05"))] },
  } as const

  const refused = [
    [
      "a value that a quarter of the records have",
      { filters: [filter("fields.status", "=", "open")] },
      "unselective",
      /^its conditions find 25 % of the records/,
    ],
    ["a range that most records are in", { filters: [filter("fields.total", ">", 10)] }, "unselective", /find 99 %/],
    ["a negative", { filters: [filter("fields.status", "!=", "open")] }, "unservable", /negatives/],
    ["not", { filters: [not(filter("fields.total", ">", 10))] }, "unservable", /negatives/],
    ["any", { filters: [filter("fields.lines", "any", filter("sku", "=", "s1"))] }, "unservable", /any/],
    ["a size", { filters: [filter("fields.tags", "size", 2)] }, "unservable", /sizes/],
    ["an equal field that the GIN serves", { filters: [filter("fields.customer", "=", "c17")] }, "served", /orders_fields_gin/],
    ["an element that the GIN serves", { filters: [filter("fields.tags", "contains", "t17")] }, "served", /orders_fields_gin/],
    ["an id", { filters: [filter("id", "=", "00000000-0000-4000-8000-000000000000")] }, "unservable", /./],
    ["every record", {}, "unservable", /every record/],
    ["every record in an order", { sort: [{ field: "fields.total" }] }, "unservable", /limit/],
    ["no record", { limit: 0 }, "served", /no record/],
  ] as const

  let advice: Advice

  test("it says what to build for each query that an index would help, and why none would help the others", async () => {
    const before = await objects(db)
    advice = await advise(db, [...Object.values(build), ...refused.map(([, query]) => query)])
    expect(await objects(db)).toEqual(before)
    expect(advice.queries.slice(0, 6).map(({ verdict }) => verdict)).toEqual(
      ["build", "build", "served", "build", "build", "build"].map(() => expect.stringMatching(/build|served/)),
    )
    for (const [position, [what, , verdict, reason]] of refused.entries()) {
      const said = advice.queries[position + Object.keys(build).length]
      expect([what, said?.verdict], said?.reason).toEqual([what, verdict])
      expect(said?.reason, what).toMatch(reason)
    }
    expect(advice.table).toEqual({ name: "public.orders", records: RECORDS, bytes: expect.any(Number) })
    expect(advice.notes).toEqual([expect.stringMatching(/^measured on a sample of \d+ of about 50000 records$/)])
  }, 300_000)

  test("each index that is advised has its entry, its DDL, its size and what it costs; it is for a query", () => {
    expect(advice.indexes.map(({ entry }) => entry)).toEqual(
      expect.arrayContaining([
        { field: "fields.total" },
        { field: "fields.placed" },
        { fields: ["fields.status", { field: "fields.total", order: "desc" }] },
        { kind: "text", field: "fields.number" },
        { kind: "trigram", field: "fields.note" },
      ]),
    )
    for (const { name, up, down, bytes, writes, queries } of advice.indexes) {
      expect(up.at(-1)).toMatch(new RegExp(`^create index concurrently if not exists "${name}" on "public"."orders" using `))
      expect(down).toEqual([`drop index concurrently if exists "public"."${name}"`])
      expect(bytes).toBeGreaterThan(100_000)
      expect(writes?.insertMicroseconds.with).toBeGreaterThan(0)
      // The GIN on the document prevents every HOT update, with the new index or without it.
      expect(writes?.hotUpdates).toEqual({ without: 0, with: 0 })
      expect(queries.length).toBeGreaterThan(0)
    }
  })

  test("what is advised is used once it is built, and makes the query cheaper", async () => {
    const pages = async (table: PostgresDatabase<Order>) => {
      const all = []
      for (const query of Object.values(build)) {
        const { buffers, indexes } = await table.explain(query, { analyze: true })
        all.push({ pages: (buffers?.hit ?? 0) + (buffers?.read ?? 0), indexes })
      }
      return all
    }
    const now = await pages(db)
    for (const statement of advice.indexes.flatMap(({ up }) => up)) await sql.raw(statement).execute(db.kysely)
    await sql`vacuum analyze orders`.execute(db.kysely)
    const indexes = advice.indexes.map(({ entry }) => entry)
    const built = new PostgresDatabase<Order>({ kysely: db.kysely as never, records: declared({ table: "orders", indexes }) })
    for (const [position, after] of (await pages(built)).entries()) {
      expect(after.indexes.filter((name) => advice.indexes.some((one) => one.name === name)).length, JSON.stringify(after)).toBeGreaterThan(0)
      expect(after.pages * 2).toBeLessThan(now[position]?.pages ?? 0)
    }
    // Their sizes were told within reason.
    for (const { name, bytes } of advice.indexes) {
      const { rows } = await sql<{ size: string }>`select pg_relation_size(${name}::regclass) as size`.execute(db.kysely)
      expect((bytes ?? 0) / Number(rows[0]?.size), name).toBeGreaterThan(0.4)
      expect((bytes ?? 0) / Number(rows[0]?.size), name).toBeLessThan(2.5)
    }
    // And then there is nothing more to build.
    const again = await advise(built, [build["a range"], build["a part of a string"]])
    expect(again.queries.map(({ verdict }) => verdict)).toEqual(["served", "served"])
    expect(again.indexes).toEqual([])
    // A definition that does not know of them is told so.
    const unknown = await advise(db, [build["a prefix"]])
    expect(unknown.queries[0]).toMatchObject({ verdict: "undeclared", reason: expect.stringContaining('add {"kind":"text","field":"fields.number"}') })
    for (const statement of advice.indexes.flatMap(({ down }) => down)) await sql.raw(statement).execute(db.kysely)
    // And one that declares what is not there.
    const lacking = await advise(built, [build["a prefix"]])
    expect(lacking.queries[0]).toMatchObject({ verdict: "missing", indexes: [expect.stringMatching(/^orders_number_/)] })
  }, 300_000)

  test("an index that the new one makes superfluous is named, and HOT updates that are lost are counted", async () => {
    const records = defineRecords<Order, { at: string; by: string }>({ table: "lean", gin: false, indexes: [{ field: "metadata.at" }] })
    const lean = new PostgresDatabase({ kysely: db.kysely as never, records })
    await lean.migrate()
    await sql`insert into lean (id, fields, metadata) select id, fields, jsonb_build_object('at', fields->'placed', 'by', fields->'customer') from orders limit 12000`.execute(
      db.kysely,
    )
    await sql`vacuum analyze lean`.execute(db.kysely)
    const query = { filters: [filter("metadata.at", "between", ["2024-03", "2024-06"]), filter("metadata.by", "=", "c17")] }
    const { indexes } = await advise(lean, [query, { filters: [filter("fields.customer", "=", "c17")] }])
    expect(indexes.map(({ entry }) => entry)).toEqual(expect.arrayContaining([{ field: "fields.customer" }]))
    const fields = indexes.find(({ entry }) => JSON.stringify(entry).includes("fields.customer"))
    expect(fields?.writes?.hotUpdates.without).toBeGreaterThan(0.5)
    expect(fields?.writes?.hotUpdates.with).toBe(0)
    const sorted = await advise(lean, [{ filters: [filter("metadata.at", "=", "2024-03-01T00:00:00.000Z")], sort: [{ field: "fields.total" }], limit: 3 }])
    expect(sorted.queries[0]?.verdict).toBe("served")
    await sql`drop table lean`.execute(db.kysely)
  }, 300_000)

  test("inside a transaction it leaves the transaction as it is", async () => {
    await db.transaction(async (tx) => {
      const { id } = await tx.create({ fields: { total: 5 } as Order })
      expect((await advise(tx, [build["a range"]])).queries[0]?.verdict).toBe("build")
      expect(await tx.exists(id)).toBe(true)
      await tx.delete(id)
    })
  }, 120_000)

  test("a small table needs no index, and says what has never been searched", async () => {
    const { db: small, drop: dropSmall } = await migratedDatabase(kind, defineRecords<Order>({ table: "small" }))
    await small.create({ fields: { total: 5 } as Order })
    const { queries, indexes, unused } = await advise(small, [build["a range"]])
    expect(queries).toMatchObject([{ verdict: "small", reason: expect.stringContaining("kB") }])
    expect([indexes, unused.map(({ name }) => name)]).toEqual([[], ["small_fields_gin", "small_metadata_gin"]])
    await dropSmall()
  }, 120_000)

  test("a wrong query and a table that is not there are refused", async () => {
    await expect(advise(db, [{ limit: -1 }])).rejects.toMatchObject({ name: "InvalidQueryError", pointer: "/limit" })
    const none = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "none" }) })
    await expect(advise(none, [{}])).rejects.toMatchObject({ code: "missing_table" })
  })
})

describe("advise on a server", () => {
  const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

  test("a role that may make no temporary table gets a guess, and a note", async () => {
    const { db, options, drop } = await migratedDatabase(server, orders)
    await LOAD.execute(db.kysely)
    await sql`analyze orders`.execute(db.kysely)
    const role = `reader_${randomUUID().replaceAll("-", "")}`
    const url = new URL(("connectionString" in options ? options.connectionString : undefined) ?? "")
    const database = url.pathname.slice(1)
    await sql
      .raw(`create role ${role} login password 'change-me'; revoke temporary on database ${database} from public; grant select on orders to ${role}`)
      .execute(db.kysely)
    url.username = role
    url.password = "change-me"
    await using reader = new PostgresDatabase<Order>({ connectionString: url.href, records: orders })
    const { queries, indexes, notes } = await advise(reader, [
      { filters: [filter("fields.total", ">", 998)] },
      { filters: [filter("fields.customer", "=", "c17")] },
      { filters: [filter("fields.total", ">", 10)] },
    ])
    expect(queries.map(({ verdict }) => verdict)).toEqual(["build", "served", "unselective"])
    expect(indexes).toMatchObject([{ entry: { field: "fields.total" }, bytes: null, writes: null, queries: [0] }])
    expect(notes).toEqual([expect.stringMatching(/TEMPORARY.*guess/)])
    await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(db.kysely)
    await drop()
  }, 120_000)
})

// What there is in the database, so that nothing of the measurement can stay unseen.
async function objects({ kysely }: PostgresDatabase<Order>): Promise<unknown> {
  const { rows } = await sql`
    select (select count(*)::int from pg_class) as relations, (select count(*)::int from pg_extension) as extensions,
      (select count(*)::int from orders) as records`.execute(kysely)
  return rows
}

// The entries of an advice are for any record; that they fit this one is what is tested.
function declared(options: object): RecordsDefinition<Order> {
  return defineRecords<Order>(options)
}

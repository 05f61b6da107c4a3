import { randomUUID } from "node:crypto"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, filter, type LooseQuery, not, or, PostgresDatabase, type RecordsDefinition } from "../../src/index.ts"
import { type Advice, advise, inspect } from "../../src/operations/index.ts"
import { createIndexSql, indexStatements } from "../../src/statement/index-statement.ts"
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
    ["an id", { filters: [filter("id", "=", "00000000-0000-4000-8000-000000000000")] }, "served", /primary key/],
    ["ids", { filters: [filter("id", "in", ["00000000-0000-4000-8000-000000000000"]), filter("fields.tags", "size", 2)] }, "served", /primary key/],
    ["a page of all records", { filters: [filter("id", ">", "00000000-0000-4000-8000-000000000000")], limit: 20 }, "served", /primary key/],
    ["the first records", { limit: 5 }, "served", /primary key/],
    ["all but one id", { filters: [filter("id", "!=", "00000000-0000-4000-8000-000000000000")] }, "unservable", /negatives/],
    ["every record", {}, "unservable", /every record/],
    ["every record in an order", { sort: [{ field: "fields.total" }] }, "unservable", /limit/],
    ["no record", { limit: 0 }, "served", /no record/],
  ] as const

  let advice: Advice

  test("it says what to build for each query that an index would help, and why none would help the others", async () => {
    const before = await objects(db)
    advice = await advise(db, [...Object.values(build), ...refused.map(([, query]) => query)])
    expect(await objects(db)).toEqual(before)
    expect(advice.queries.slice(0, 6).map(({ verdict }) => verdict)).toEqual(["build", "build", "build", "build", "build", "build"])
    // One index may be for several: none of these is there yet.
    const total = advice.indexes.find(({ entry }) => JSON.stringify(entry) === '{"field":"fields.total"}')
    expect(total?.queries).toEqual([0, 5])
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
      const [comment, create] = up.toReversed()
      expect(create).toMatch(new RegExp(`^create index concurrently if not exists "${name}" on "public"."orders" using `))
      expect(comment).toContain(`comment on index "public"."${name}" is `)
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

  test("a declared index that the new one serves as well is named, in the order of its keys and in no other", async () => {
    const records = defineRecords<Order>({
      table: "narrow",
      indexes: [
        { field: "fields.status" },
        { field: "fields.total" },
        { field: "fields.status", order: "desc" },
        { field: "fields.status", where: filter("fields.total", ">", 5) },
      ],
    })
    const narrow = new PostgresDatabase<Order>({ kysely: db.kysely as never, records })
    await narrow.migrate()
    await sql`insert into narrow (id, fields) select id, fields from orders limit 12000`.execute(db.kysely)
    await sql`vacuum analyze narrow`.execute(db.kysely)
    const query = { filters: [filter("fields.status", "=", "open"), filter("fields.placed", ">", "2024-12-10")] }
    const { queries, indexes } = await advise(narrow, [query])
    expect(queries).toMatchObject([{ verdict: "build" }])
    const [status, ...others] = indexStatements(records)
    // The other way round it is the same index.
    const redundant = [status?.name, others[1]?.name]
    expect(indexes).toMatchObject([{ entry: { fields: ["fields.status", "fields.placed"] }, redundant }])
    // The statements that build it, and then there is nothing more to say.
    for (const statement of indexes.flatMap(({ up }) => up)) await sql.raw(statement).execute(db.kysely)
    const wide = new PostgresDatabase<Order>({ kysely: db.kysely as never, records: declared({ table: "narrow", indexes: indexes.map(({ entry }) => entry) }) })
    for (const one of [status, ...others]) await sql.raw(`drop index "${one?.name}"`).execute(db.kysely)
    await sql`analyze narrow`.execute(db.kysely)
    expect((await advise(wide, [query])).queries).toMatchObject([{ verdict: "served", indexes: [indexes[0]?.name] }])
    expect((await wide.explain({ filters: [filter("fields.status", "=", "none")] })).indexes).toEqual([indexes[0]?.name])
    await sql`drop table narrow`.execute(db.kysely)
  }, 120_000)

  test("a GIN of the definition that is not there, or invalid, is missing where it would help, and is nothing to drop", async () => {
    const bare = new PostgresDatabase<Order>({ kysely: db.kysely as never, records: defineRecords<Order>({ table: "bare" }) })
    await bare.migrate()
    await sql`drop index bare_fields_gin`.execute(db.kysely)
    await sql`insert into bare (id, fields) select id, fields from orders limit 12000`.execute(db.kysely)
    await sql`vacuum analyze bare`.execute(db.kysely)
    const found = { filters: [filter("fields.customer", "=", "c17")] }
    const half = { filters: [filter("fields.status", "in", ["open", "paid"])] }
    const missing = { verdict: "missing", indexes: ["bare_fields_gin"], reason: expect.stringContaining("migrate") }
    expect((await advise(bare, [found, half, build["a range"]])).queries).toMatchObject([missing, { verdict: "unselective" }, { verdict: "build" }])
    await bare.migrate()
    await sql`update pg_index set indisvalid = false where indexrelid = 'bare_fields_gin'::regclass`.execute(db.kysely)
    const invalid = await advise(bare, [found])
    expect(invalid).toMatchObject({ queries: [missing], indexes: [] })
    expect(invalid.unused.map(({ name }) => name)).toEqual(["bare_metadata_gin"])
    // One that holds the same serves, whatever its name is.
    await sql`drop index bare_fields_gin`.execute(db.kysely)
    await sql`create index theirs on bare using gin (fields jsonb_path_ops)`.execute(db.kysely)
    expect((await advise(bare, [found])).queries).toMatchObject([{ verdict: "served", indexes: ["theirs"] }])
    await sql`drop table bare`.execute(db.kysely)
  }, 120_000)

  test("a declared index that is not there is missing only where it would help", async () => {
    const records = defineRecords<Order>({ table: "lacking", gin: false, indexes: [{ field: "fields.total" }, { field: "fields.number", unique: true }] })
    const lacking = new PostgresDatabase<Order>({ kysely: db.kysely as never, records })
    await lacking.migrate()
    const [total, number] = indexStatements(records).map(({ name }) => name)
    await sql.raw(`drop index "${total}", "${number}"`).execute(db.kysely)
    await sql`insert into lacking (id, fields) select id, case when fields->>'status' = 'open' then fields || '{"number": "same"}' else fields end from orders limit 12000`.execute(
      db.kysely,
    )
    await sql`vacuum analyze lacking`.execute(db.kysely)
    const { queries } = await advise(lacking, [build["a range"], { filters: [filter("fields.total", ">", 10)] }])
    expect(queries).toMatchObject([{ verdict: "missing", indexes: [total], pages: { withIndexes: expect.any(Number) } }, { verdict: "unselective" }])
    await sql`drop table lacking`.execute(db.kysely)
  }, 120_000)

  test("an index that is declared the other way round is not advised again, and a unique one is not passed over in silence", async () => {
    const records = defineRecords<Order>({
      table: "turned",
      gin: false,
      indexes: [
        { field: "fields.placed", order: "desc" },
        { field: "fields.number", unique: true },
      ],
    })
    const turned = new PostgresDatabase<Order>({ kysely: db.kysely as never, records })
    await turned.migrate()
    await sql`insert into turned (id, fields) select id, fields from orders limit 12000`.execute(db.kysely)
    await sql`vacuum analyze turned`.execute(db.kysely)
    const placed = filter("fields.placed", "<", "2024-01-01T05")
    const entries = async (queries: readonly LooseQuery[]) => (await advise(turned, queries)).indexes.map(({ entry }) => entry)
    expect(await entries([{ filters: [or(placed, filter("fields.note", "includes", "c4ca42"))] }])).toEqual([{ kind: "trigram", field: "fields.note" }])
    expect(await entries([{ filters: [or(filter("fields.number", "=", "A000017"), filter("fields.total", ">", 999))] }])).toEqual([{ field: "fields.total" }])
    const sorted = { sort: [{ field: "fields.total", order: "desc" }], limit: 3 } as const
    expect(await entries([sorted, { sort: [{ field: "fields.total" }], limit: 3 }, build["a range"]])).toEqual([{ field: "fields.total", order: "desc" }])
    const numbered = await advise(turned, [{ sort: [{ field: "fields.number" }], limit: 3 }])
    expect(numbered).toMatchObject({ queries: [{ verdict: "build" }], indexes: [{ entry: { field: "fields.number" }, redundant: [] }] })
    expect(numbered.notes).toContainEqual(expect.stringMatching(/^the unique index turned_number_\w+ leaves out the records that have no value/))
    const present = { filters: [filter("fields.number", "exists")], sort: [{ field: "fields.number" }], limit: 3 } as const
    expect((await advise(turned, [present])).queries).toMatchObject([{ verdict: "served" }])
    await sql`drop table turned`.execute(db.kysely)
  }, 120_000)

  test("a query is not served by an index that the planner passes over on the table itself", async () => {
    const loaded = await loadedTable(db)
    const query = { filters: [filter("fields.customer", "=", "c17")] }
    expect((await loaded.explain(query)).indexes).toEqual([])
    const passedOver = { verdict: "passed_over", indexes: ["loaded_fields_gin"], reason: expect.stringContaining('vacuum (analyze) "public"."loaded"') }
    expect(await advise(loaded, [query])).toMatchObject({ queries: [passedOver], indexes: [] })
    await sql`vacuum analyze loaded`.execute(db.kysely)
    expect((await advise(loaded, [query])).queries).toMatchObject([{ verdict: "served", indexes: ["loaded_fields_gin"] }])
    await sql`drop table loaded`.execute(db.kysely)
  }, 120_000)

  test("a table that nothing has analyzed is judged by its records", async () => {
    const raw = new PostgresDatabase<Order>({ kysely: db.kysely as never, records: defineRecords<Order>({ table: "raw" }) })
    await sql`create table raw (like orders including all) with (autovacuum_enabled = false)`.execute(db.kysely)
    await sql`insert into raw select * from orders limit 20000`.execute(db.kysely)
    const byGin = { filters: [filter("fields.customer", "=", "c17")] }
    const { queries, table } = await advise(raw, [build["a range"], { filters: [filter("fields.total", ">", 10)] }, byGin])
    expect(table.records).toBeGreaterThan(1_000)
    // The planner guesses, and servers guess differently.
    const { indexes } = await raw.explain(byGin)
    expect(queries.map(({ verdict }) => verdict)).toEqual(["build", "unselective", indexes.length === 0 ? "passed_over" : "served"])
    await sql`drop table raw`.execute(db.kysely)
  }, 120_000)

  test("what there is no time for is not tried, and says so", async () => {
    const { queries, indexes } = await advise(db, [build["a range"], { limit: 0 }], { timeoutMs: 0 })
    expect(queries.map(({ verdict }) => verdict)).toEqual(["untried", "served"])
    expect([queries[0]?.reason, indexes]).toEqual([expect.stringContaining("timeoutMs"), []])
    await expect(advise(db, [{}], { timeoutMs: -1 })).rejects.toMatchObject({ code: "invalid_option" })
    await expect(advise(db, [{}], { timeout: 1 } as never)).rejects.toMatchObject({ code: "unknown_option" })
  })

  test("inside a transaction it leaves the transaction as it is", async () => {
    await db.transaction(async (tx) => {
      const { id } = await tx.create({ fields: { total: 5 } as Order })
      const settings = () => sql`select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`.execute(tx.kysely)
      const before = (await settings()).rows
      expect((await advise(tx, [build["a range"]])).queries[0]?.verdict).toBe("build")
      expect((await settings()).rows).toEqual(before)
      expect(await tx.exists(id)).toBe(true)
      await tx.delete(id)
    })
  }, 120_000)

  test("an index that serves one of the queries is not unused, though nothing has searched it yet", async () => {
    const records = defineRecords<Order>({ table: "young", indexes: [{ field: "fields.total" }, { field: "fields.placed" }] })
    const young = new PostgresDatabase<Order>({ kysely: db.kysely as never, records })
    await young.migrate()
    await sql`insert into young (id, fields) select id, fields from orders limit 12000`.execute(db.kysely)
    await sql`vacuum analyze young`.execute(db.kysely)
    const { queries, unused } = await advise(young, [build["a range"], { filters: [filter("fields.customer", "=", "c17")] }])
    const [total, placed] = indexStatements(records).map(({ name }) => name)
    expect(queries).toMatchObject([
      { verdict: "served", indexes: [total] },
      { verdict: "served", indexes: ["young_fields_gin"] },
    ])
    expect(unused.map(({ name }) => name)).toEqual(["young_metadata_gin", placed])
    await sql`drop table young`.execute(db.kysely)
  }, 120_000)

  test("an index that could not be built, because values are too long for it, is named", async () => {
    const wide = new PostgresDatabase<Order>({ kysely: db.kysely as never, records: defineRecords<Order>({ table: "wide", gin: false }) })
    await wide.migrate()
    await sql`insert into wide (id, fields) select id, case when fields->>'status' = 'open'
      then fields || jsonb_build_object('placed', (select string_agg(md5(i::text || id), '') from generate_series(1, 300) i)) else fields end from orders limit 2000`.execute(
      db.kysely,
    )
    await sql`vacuum analyze wide`.execute(db.kysely)
    const { queries, notes } = await advise(wide, [{ filters: [filter("fields.placed", "<", "2024-01-01T05")] }])
    expect(queries).toMatchObject([{ verdict: "unservable" }])
    expect(notes).toEqual(['{"field":"fields.placed"} could not be built, so that it was not tried: some values are too long for a btree'])
    await sql`drop table wide`.execute(db.kysely)
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
    await expect(advise(db, [{}, { limit: -1 }])).rejects.toMatchObject({
      name: "InvalidQueryError",
      pointer: "/1/limit",
      message: expect.stringMatching(/^\/1\/limit: [^/]+$/),
    })
    await expect(advise(db, [{ "a: b": 1 } as never])).rejects.toMatchObject({ pointer: "/0/a: b", message: expect.stringMatching(/^\/0\/a: b: unknown key/) })
    for (const queries of [undefined, {}, "a"]) await expect(advise(db, queries as never)).rejects.toThrow("advise takes a list of queries, or a recorder")
    for (const query of [null, 5]) await expect(advise(db, [{}, query] as never)).rejects.toMatchObject({ name: "InvalidQueryError", pointer: "/1" })
    const none = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "none" }) })
    await expect(advise(none, [{}])).rejects.toMatchObject({ code: "missing_table" })
  })
})

describe("advise on a server", () => {
  const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

  let db: PostgresDatabase<Order>
  let reader: PostgresDatabase<Order>
  let readerUrl: string
  let drop: () => Promise<void>
  const role = `reader_${randomUUID().replaceAll("-", "")}`

  beforeAll(async () => {
    const made = await migratedDatabase(server, orders)
    db = made.db
    await LOAD.execute(db.kysely)
    await sql`analyze orders`.execute(db.kysely)
    const url = new URL(("connectionString" in made.options ? made.options.connectionString : undefined) ?? "")
    await sql.raw(`create role ${role} login password 'change-me'; grant select on orders to ${role}`).execute(db.kysely)
    url.username = role
    url.password = "change-me"
    readerUrl = url.href
    reader = new PostgresDatabase<Order>({ connectionString: readerUrl, records: orders })
    drop = async () => {
      await reader.close()
      await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(db.kysely)
      await made.drop()
    }
  }, 120_000)
  afterAll(() => drop())

  test("it takes no lock of the table but that of a reader, and waits for none longer than a second", async () => {
    const held = async () => {
      const { rows } = await sql<{ mode: string }>`
        select distinct mode from pg_locks join pg_stat_activity using (pid)
        where pid <> pg_backend_pid() and backend_type = 'client backend' and relation in (select oid from pg_class where relname like 'orders%')`.execute(
        db.kysely,
      )
      return rows.map(({ mode }) => mode)
    }
    const modes = new Set<string>()
    let isDone = false
    const advising = advise(reader, [{ filters: [filter("fields.total", ">", 998)] }, { filters: [filter("fields.placed", "<", "2024-01-02")] }]).finally(
      () => {
        isDone = true
      },
    )
    while (!isDone) for (const mode of await held()) modes.add(mode)
    expect((await advising).queries.map(({ verdict }) => verdict)).toEqual(["build", "build"])
    expect([...modes]).toEqual(["AccessShareLock"])
    await db.transaction(async (tx) => {
      await sql`lock table orders in access exclusive mode`.execute(tx.kysely)
      const began = performance.now()
      const refused = { name: "DatabaseUnavailableError", message: expect.stringMatching(/^advise: .*"public"."orders" locked/) }
      await expect(advise(reader, [{ filters: [filter("fields.total", ">", 998)] }])).rejects.toMatchObject(refused)
      expect(performance.now() - began).toBeLessThan(5_000)
    })
  }, 120_000)

  test("what a failed build has left behind is not copied, and a view is no table", async () => {
    const odd = new PostgresDatabase({
      kysely: db.kysely as never,
      records: defineRecords<Order>({ table: "odd", indexes: [{ field: "fields.number", unique: true }] }),
    })
    await sql`create table odd as select * from orders`.execute(db.kysely)
    await sql`alter table odd add primary key (id)`.execute(db.kysely)
    await sql`update odd set fields = fields || '{"number": "same"}' where fields->>'status' = 'open'`.execute(db.kysely)
    await sql`analyze odd`.execute(db.kysely)
    const [unique] = indexStatements(odd.definition)
    const failing = sql.raw(createIndexSql(unique ?? expect.unreachable(), odd.definition, "concurrently")).execute(db.kysely)
    await expect(failing).rejects.toMatchObject({ code: "23505" })
    const { queries } = await advise(odd, [{ filters: [filter("fields.total", ">", 998)] }])
    expect(queries).toMatchObject([{ verdict: "build" }])
    await sql`create view seen as select * from odd`.execute(db.kysely)
    const seen = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "seen", gin: false }) })
    await expect(advise(seen, [{}])).rejects.toMatchObject({ code: "wrong_table", message: expect.stringContaining("is a view") })
    expect((await inspect(seen, { count: true })).findings).toEqual([])
    await sql`create materialized view kept as select * from odd`.execute(db.kysely)
    await sql`analyze kept`.execute(db.kysely)
    const kept = new PostgresDatabase<Order>({ kysely: db.kysely as never, records: defineRecords<Order>({ table: "kept", gin: false }) })
    expect((await inspect(kept, { count: true })).findings).toEqual([])
    expect((await advise(kept, [{ filters: [filter("fields.total", ">", 998)] }])).queries).toMatchObject([{ verdict: "build" }])
    await sql`drop table odd cascade`.execute(db.kysely)
  }, 120_000)

  test("what is not sorted in to a GIN that the planner passes over is counted where the database has pgstattuple", async () => {
    await sql`create extension pgstattuple`.execute(db.kysely)
    const { queries } = await advise(await loadedTable(db), [{ filters: [filter("fields.customer", "=", "c17")] }])
    expect(queries[0]?.reason).toMatch(/^the table is scanned, \d+ pages of it, .*: \d+ pages of loaded_fields_gin are not sorted in yet/)
    await sql`drop table loaded`.execute(db.kysely)
    await sql`drop extension pgstattuple`.execute(db.kysely)
  }, 120_000)

  test("a query that takes too long says so, and what was measured of the others stays", async () => {
    await sql`create table slow as select id, jsonb_build_object('total', fields->'total', 'lines', (select jsonb_agg(jsonb_build_object('sku', i % 7)) from generate_series(1, 200) i),
      'note', (select string_agg(md5(i::text || id), '') from generate_series(1, 60) i)) as fields,
      metadata, revision, created_at, updated_at from orders limit 2000`.execute(db.kysely)
    await sql`analyze slow`.execute(db.kysely)
    const slow = new PostgresDatabase<Order>({ kysely: db.kysely as never, records: defineRecords<Order>({ table: "slow", gin: false }) })
    await slow.transaction(async (tx) => {
      await sql`set local statement_timeout = '1500ms'`.execute(tx.kysely)
      const nested = or(...Array.from({ length: 240 }, (_, n) => filter("sku", "=", `s${n}`)))
      const { queries } = await advise(tx, [
        { filters: [filter("fields.lines", "any", nested), filter("fields.total", ">", -1)] },
        { filters: [filter("fields.total", ">", 998)] },
      ])
      expect(queries.map(({ verdict }) => verdict)).toEqual(["untried", "build"])
      expect(queries[0]?.reason).toContain("longer")
    })
    await sql`drop table slow`.execute(db.kysely)
  }, 120_000)

  test("of long documents it copies no more than so many bytes", async () => {
    const long = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "long", gin: false }) })
    await long.migrate()
    await sql`alter table long alter column fields set storage external`.execute(db.kysely)
    await sql`insert into long (id, fields) select gen_random_uuid(), jsonb_build_object('n', n, 'text', repeat(md5(n::text), 16384)) from generate_series(1, 400) n`.execute(
      db.kysely,
    )
    await sql`vacuum analyze long`.execute(db.kysely)
    const { notes } = await advise(long, [{ filters: [filter("fields.n", "=", 7)] }])
    expect(notes).toEqual([expect.stringMatching(/^measured on a sample of 2[0-9]{2} of about 400 records$/)])
    await sql`drop table long`.execute(db.kysely)
  }, 120_000)

  test("a role that may not create the extension of a trigram index is told that none was tried", async () => {
    const { queries, notes } = await advise(reader, [{ filters: [filter("fields.note", "includes", "c4ca42")] }])
    expect(queries.map(({ verdict }) => verdict)).toEqual(["unservable"])
    expect(notes).toContain("this role cannot make the extension pg_trgm, so that no index that needs it was tried")
  })

  test("a role that may make no temporary table gets a guess, and a note", async () => {
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db.kysely)
    const build = { down: { sort: [{ field: "fields.total", order: "desc" }], limit: 3 }, up: { sort: [{ field: "fields.total" }], limit: 3 } } as const
    await sql.raw(`revoke temporary on database ${rows[0]?.name} from public`).execute(db.kysely)
    const { queries, indexes, notes } = await advise(reader, [
      { filters: [filter("fields.total", ">", 998)] },
      { filters: [filter("fields.customer", "=", "c17")] },
      { filters: [filter("fields.total", ">", 10)] },
    ])
    expect(queries.map(({ verdict }) => verdict)).toEqual(["build", "served", "unselective"])
    expect(indexes).toMatchObject([{ entry: { field: "fields.total" }, bytes: null, writes: null, queries: [0] }])
    expect(notes).toEqual([expect.stringMatching(/TEMPORARY.*guess/)])
    const total = defineRecords<Order>({ table: "orders", indexes: [{ field: "fields.total" }] })
    await new PostgresDatabase<Order>({ kysely: db.kysely as never, records: total }).migrate()
    // Dear, and less so than what is switched off: before version 18 that is a matter of costs.
    await sql.raw(`alter role ${role} set random_page_cost = 1e5`).execute(db.kysely)
    await using dear = new PostgresDatabase<Order>({ connectionString: readerUrl, records: total })
    const passed = await advise(dear, [{ filters: [filter("fields.total", ">", 998)] }])
    expect(passed).toMatchObject({ queries: [{ verdict: "passed_over", indexes: [indexStatements(total)[0]?.name] }], indexes: [] })
    await sql.raw(`drop index "${indexStatements(total)[0]?.name}"`).execute(db.kysely)
    await sql`drop index orders_fields_gin`.execute(db.kysely)
    const both = await advise(reader, [build.down, build.up])
    expect(both.indexes).toMatchObject([{ entry: { field: "fields.total", order: "desc" }, queries: [0, 1] }])
    const lacking = await advise(reader, [{ filters: [filter("fields.customer", "=", "c17")] }, { filters: [filter("fields.total", ">", 998)] }])
    expect(lacking.queries).toMatchObject([{ verdict: "missing", indexes: ["orders_fields_gin"] }, { verdict: "build" }])
  }, 120_000)
})

/** A table after a load: much of what its GIN hold is not sorted in. */
async function loadedTable({ kysely }: PostgresDatabase<Order>): Promise<PostgresDatabase<Order>> {
  const loaded = new PostgresDatabase<Order>({ kysely: kysely as never, records: defineRecords<Order>({ table: "loaded", partitions: 16 }) })
  await loaded.migrate()
  // It would sort that in.
  for (let n = 0; n < 16; n += 1) await sql.raw(`alter table loaded_p${n} set (autovacuum_enabled = false)`).execute(kysely)
  await sql`insert into loaded (id, fields) select id, fields - '{note,lines,placed,tags}'::text[] from orders`.execute(kysely)
  await sql`analyze loaded`.execute(kysely)
  return loaded
}

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

import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, PostgresDatabase, type RecordsOptions } from "../../src/index.ts"
import { difference, generate, inspect } from "../../src/operations/index.ts"
import { databases } from "../setup/databases.ts"

const OURS = {
  id: "uuid primary key",
  fields: "jsonb not null",
  metadata: "jsonb",
  revision: "bigint not null default 1",
  created_at: "timestamptz(3) not null default now()",
  updated_at: "timestamptz(3) not null default now()",
}

type Columns = NonNullable<RecordsOptions["columns"]>
type Live = Partial<Record<keyof typeof OURS, string>>

/** A table that differs in some columns from the one that migrate makes, its definition, and what is said of it. */
const rows: readonly [what: string, live: Live, columns: Columns | undefined, faults: readonly string[]][] = [
  ["the table that migrate makes", {}, undefined, []],
  ["ids of text", { id: "text primary key" }, { id: { type: "text" } }, []],
  ["ids of a shorter text", { id: "varchar(20) primary key" }, { id: { type: "text" } }, []],
  ["domains", { id: "key primary key", fields: "document not null" }, { id: { type: "text" }, fields: "fields" }, []],
  ["revisions of any whole number", { revision: "integer" }, { revision: "revision" }, []],
  [
    "times of either kind",
    { created_at: "timestamp", updated_at: "timestamptz" },
    { createdAt: { name: "created_at", type: "timestamp" }, updatedAt: "updated_at" },
    [],
  ],
  [
    "ids of text that are said to be UUIDs",
    { id: "text primary key" },
    undefined,
    ['has the column "id" as text, and its definition says uuid: say columns: { id: { name: "id", type: "text" } }, or change the column'],
  ],
  [
    "UUIDs that are said to be texts",
    {},
    { id: { type: "text" } },
    ['has the column "id" as uuid, and its definition says text: say columns: { id: { name: "id", type: "uuid" } }, or change the column'],
  ],
  [
    "ids that are no key",
    { id: "uuid not null" },
    undefined,
    ['has the column "id" neither as its primary key nor as not null and unique by itself: records are told apart by it, so make it one'],
  ],
  [
    "ids of which many may be NULL",
    { id: "text unique" },
    { id: { type: "text" } },
    ['has the column "id" neither as its primary key nor as not null and unique by itself: records are told apart by it, so make it one'],
  ],
  ["ids that are unique and not null", { id: "uuid unique not null" }, undefined, []],
  [
    "ids that are numbers",
    { id: "bigint primary key" },
    undefined,
    ['has the column "id" as bigint, and its definition says uuid: change the column to uuid, or name another one in `columns`'],
  ],
  [
    "ids that are padded, and that find no record again",
    { id: "char(10) primary key" },
    { id: { type: "text" } },
    ['has the column "id" as character, and its definition says text: change the column to text, or name another one in `columns`'],
  ],
  [
    "a time without a zone where one with a zone is said to be, and the other way round",
    { created_at: "timestamp" },
    { createdAt: "created_at", updatedAt: { name: "updated_at", type: "timestamp" } },
    [
      'has the column "created_at" as timestamp without time zone, and its definition says timestamptz: say columns: { createdAt: { name: "created_at", type: "timestamp" } }, or change the column',
      'has the column "updated_at" as timestamp with time zone, and its definition says timestamp: say columns: { updatedAt: { name: "updated_at", type: "timestamptz" } }, or change the column',
    ],
  ],
  [
    "a time that is a date",
    { updated_at: "date" },
    { updatedAt: "updated_at" },
    ['has the column "updated_at" as date, and its definition says timestamptz: change the column to timestamptz, or name another one in `columns`'],
  ],
  [
    "documents that are json, and texts",
    { fields: "json", metadata: "text" },
    { fields: "fields" },
    [
      'has the column "fields" as json, and its definition says jsonb: change the column to jsonb, or name another one in `columns`',
      'has the column "metadata" as text, and its definition says jsonb: change the column to jsonb, or name another one in `columns`',
    ],
  ],
  [
    "revisions that are numeric",
    { revision: "numeric" },
    { revision: "revision" },
    ['has the column "revision" as numeric, and its definition says bigint: change the column to bigint, or name another one in `columns`'],
  ],
  [
    "revisions in another whole number than those that migrate makes",
    { revision: "integer not null default 1" },
    undefined,
    [
      'has the column "revision" as integer, and its definition says bigint: say columns: { revision: "revision" }, which takes it as it is, or change the column',
    ],
  ],
  [
    "columns that may be NULL where migrate makes none that may",
    { fields: "jsonb", created_at: "timestamptz(3)" },
    undefined,
    [
      'has the column "fields" without not null, unlike one that migrate() makes: say columns: { fields: "fields" }, which takes it as it is, or change the column',
      'has the column "created_at" without not null, unlike one that migrate() makes: say columns: { createdAt: "created_at" }, which takes it as it is, or change the column',
    ],
  ],
  [
    "times with microseconds where migrate makes whole milliseconds",
    { created_at: "timestamptz not null", updated_at: "timestamptz(6) not null" },
    { updatedAt: "updated_at" },
    [
      'has the column "created_at" with microseconds, unlike one that migrate() makes: say columns: { createdAt: "created_at" }, which takes it as it is, or change the column',
    ],
  ],
  [
    "columns that are missing",
    {},
    { id: { name: "no", type: "text" }, fields: "data", metadata: "meta", revision: "version" },
    [
      'lacks the column "no" (text): add it, or name in `columns` the one that the table has instead',
      'lacks the column "data" (jsonb): add it, or name in `columns` the one that the table has instead',
      'lacks the column "meta" (jsonb): add it, or name in `columns` the one that the table has instead, or that it has none (columns: { metadata: false })',
      'lacks the column "version" (bigint): add it, or name in `columns` the one that the table has instead, or that it has none (columns: { revision: false })',
    ],
  ],
]

describe.each(databases)("the columns of a table that is there, on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    const created = await kind.create()
    db = new PostgresDatabase(created.options)
    await sql`create domain short as varchar(30)`.execute(db.kysely)
    await sql`create domain key as short check (value <> '')`.execute(db.kysely)
    await sql`create domain document as jsonb`.execute(db.kysely)
    drop = async () => {
      await db.close()
      await created.drop()
    }
  })
  afterAll(() => drop())

  test.each(rows)("%s", async (_, live, columns, faults) => {
    await sql`drop table if exists orders`.execute(db.kysely)
    const made = Object.entries({ ...OURS, ...live }).map(([name, type]) => `${name} ${type}`)
    await sql.raw(`create table orders (${made.join(", ")})`).execute(db.kysely)
    const orders = new PostgresDatabase({ kysely: db.kysely, records: defineRecords({ table: "orders", gin: false, ...(columns && { columns }) }) })
    expect((await difference(orders)).faults).toEqual(faults)
    const wrong = (await inspect(orders)).findings.filter(({ kind: what }) => what === "wrong_table")
    expect(wrong.map(({ what }) => what)).toEqual(faults.map((fault) => `the table ${fault}`))
    if (faults.length === 0) return expect(await orders.migrate()).toEqual([])
    const refused = { code: "table_exists", message: expect.stringMatching(/: "public"."orders" .+; nothing was changed$/) }
    await expect(orders.migrate()).rejects.toMatchObject(refused)
    await expect(generate(orders, { folder: "/nowhere" })).rejects.toMatchObject(refused)
  })

  test("it would be distributed by its own ids", async () => {
    await sql`create table things (thing text primary key, data jsonb not null, created_at timestamptz not null, updated_at timestamptz not null)`.execute(
      db.kysely,
    )
    const columns = { id: { name: "thing", type: "text" }, fields: "data", metadata: false, revision: false } as const
    const records = defineRecords({ table: "things", gin: false, columns, distribute: true })
    const { changes } = await difference(new PostgresDatabase({ kysely: db.kysely, records }))
    expect(changes.map(({ part }) => part.create)).toEqual([
      [`select create_distributed_table('"public"."things"', 'thing')`, `select truncate_local_data_after_distributing_table('"public"."things"')`],
    ])
  })

  test("a view says of no column whether it may be NULL, and is not asked", async () => {
    await sql
      .raw(
        `create table base (${Object.entries(OURS)
          .map(([name, type]) => `${name} ${type}`)
          .join(", ")})`,
      )
      .execute(db.kysely)
    await sql`create view seen as select * from base`.execute(db.kysely)
    const seen = new PostgresDatabase({ kysely: db.kysely, records: defineRecords({ table: "seen", gin: false }) })
    expect(await difference(seen)).toEqual({ isMissing: false, changes: [], faults: [] })
    const indexed = new PostgresDatabase({ kysely: db.kysely, records: defineRecords({ table: "seen" }) })
    await expect(indexed.migrate()).rejects.toMatchObject({ code: "table_exists", message: expect.stringContaining("is a view, which can have no index") })
  })

  test("a mapped table that is not there is missing, and not to be made here", async () => {
    const records = defineRecords({ table: "nowhere", columns: { fields: "data" }, indexes: [{ field: "fields.n" }] })
    const missing = new PostgresDatabase({ kysely: db.kysely, records })
    const refused = {
      code: "missing_table",
      message: expect.stringMatching(/: "public"."nowhere" is not there, and a table whose columns are mapped is the application's to make: make it/),
    }
    await expect(missing.migrate()).rejects.toMatchObject(refused)
    await expect(generate(missing, { folder: "/nowhere" })).rejects.toMatchObject(refused)
    expect(await difference(missing)).toMatchObject({ isMissing: true, changes: [], faults: [expect.stringContaining("is not there")] })
    expect((await inspect(missing)).findings).toMatchObject([{ kind: "missing_table", remedy: expect.stringMatching(/mapped: make it/) }])
  })
})

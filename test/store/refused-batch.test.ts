import { createHash } from "node:crypto"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { DuplicateRecordError, defineRecords, type JsonObject, type PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const items = defineRecords({ table: "items" })
// More than one statement takes.
const MANY = 2500

function id(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
}

function numbered(count: number, odd: Record<number, JsonObject> = {}) {
  return Array.from({ length: count }, (_, n) => ({ id: id(n), fields: odd[n] ?? { n } }))
}

// What a server refuses that took the JSON.
const refusals: [what: string, fields: JsonObject, error: object][] = [
  [
    "a value that a unique index holds",
    { code: "secret" },
    { name: "DuplicateRecordError", message: expect.stringContaining("record 2321: the unique index") },
  ],
  ["a value that is too long for an index", { code: "secret".repeat(5000).concat(randomText()) }, { name: "InvalidRecordError", pointer: "/2321" }],
  ["what a check refuses", { checked: "secret" }, { name: "InvalidRecordError", pointer: "/2321" }],
  ["what a trigger refuses", { raised: "P0001", why: "secret" }, { name: "RecordsError", code: "database_error" }],
]

describe.each(databases)("batches that the server refuses, on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, items))
    await sql`create unique index items_code on items ((fields->>'code'))`.execute(db.kysely)
    await sql`alter table items add check (fields->>'checked' is distinct from 'secret')`.execute(db.kysely)
    await sql`create function raising() returns trigger language plpgsql as
      $$ begin raise exception 'secret' using errcode = new.fields->>'raised'; end $$`.execute(db.kysely)
    await sql`create trigger raising before insert on items for each row when (new.fields ? 'raised') execute function raising()`.execute(db.kysely)
  })
  afterAll(() => drop())
  beforeEach(async () => {
    await sql`truncate items`.execute(db.kysely)
    await db.create({ id: id(9999), fields: { code: "secret" } })
  })

  test.each(refusals)("%s: its place is named, its value is not, and nothing is stored", async (_, fields, expected) => {
    const records = numbered(MANY, { 2321: fields })
    for (const stored of [records, new Set(records)]) {
      const error = await db.createBatch(stored).catch((refused: unknown) => refused)
      expect(error).toMatchObject(expected)
      expect(String(error)).not.toContain("secret")
    }
    expect(await db.count()).toBe(1)
    const { ids, failures } = await db.createBatch(records, { onError: "isolate" })
    expect([ids.length, failures]).toMatchObject([MANY - 1, [{ position: 2321, error: expected }]])
  })

  test("a value that an earlier statement has stored: its place is named where the source is a list", async () => {
    const records = numbered(2 * MANY, { 7: { code: "twice" }, 4321: { code: "twice" }, 4400: { code: "twice" } })
    const taken = { name: "DuplicateRecordError", position: 4321, message: expect.stringContaining("record 4321: the unique index items_code") }
    await expect(db.createBatch(records)).rejects.toMatchObject(taken)
    await expect(db.upsertBatch(records)).rejects.toMatchObject({ ...taken, message: expect.stringContaining("record 4321") })
    await expect(db.transaction((tx) => tx.createBatch(records))).rejects.toMatchObject(taken)
    const iterator = records.toSpliced(4400).values()
    await expect(db.createBatch(iterator)).rejects.toMatchObject({ name: "DuplicateRecordError", position: undefined })
    expect(await db.count()).toBe(1)
    await db.createBatch(numbered(2 * MANY))
    await expect(db.updateBatch(records)).rejects.toMatchObject(taken)
  })

  test("a value that another record of the statement gives up is not what the batch is refused for", async () => {
    await db.create({ id: id(0), fields: { code: "kept" } })
    const records = numbered(MANY + 1, { 7: { code: "twice" }, 2100: { code: "twice" } }).slice(1)
    const swapped = [...records.slice(0, 2000), { id: id(9998), fields: { code: "kept" } }, ...records.slice(2000), { id: id(0), fields: {} }]
    await expect(db.upsertBatch(swapped)).rejects.toMatchObject({ name: "DuplicateRecordError", position: 2100 })
    expect(await db.count()).toBe(2)
  })

  test("an id that is taken is named by its place, the first of several, and in an update or a deletion too", async () => {
    await db.createBatch([
      { id: id(700), fields: {} },
      { id: id(90), fields: {} },
    ])
    await expect(db.createBatch(numbered(MANY))).rejects.toMatchObject({
      position: 90,
      message: expect.stringContaining("createBatch: record 90: there is a record with this id already"),
    })
    const changes = [90, 700, 9999].map((n) => ({ id: id(n), fields: n === 700 ? { checked: "secret" } : {} }))
    await expect(db.updateBatch(changes)).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/1" })
    await sql`create table parts (item uuid references items)`.execute(db.kysely)
    await sql`insert into parts values (${id(700)})`.execute(db.kysely)
    await expect(db.deleteBatch([id(90), id(9999), id(700)])).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/2" })
    expect(await db.count()).toBe(3)
    await sql`drop table parts`.execute(db.kysely)
  })

  test("a record that refers to a later one is not named for what another one is refused for", async () => {
    const parent = sql`alter table items add column parent uuid generated always as ((fields->>'parent')::uuid) stored references items (id)`
    await parent.execute(db.kysely)
    const chained = [0, 1, 2].map((n) => ({ id: id(n), fields: n === 0 ? { parent: id(2) } : {} }))
    const batch = [...chained, { id: id(9999), fields: {} }]
    await expect(db.createBatch(batch)).rejects.toThrow("createBatch: record 3: there is a record with this id already")
    expect(await db.createBatch(chained)).toHaveLength(3)
    await sql`alter table items drop column parent`.execute(db.kysely)
  })

  describe("records that refer to others of their batch", () => {
    const refersTo = (n: number, parent: number) => ({ id: id(n), fields: { parent: id(parent) } })
    const isolate = { onError: "isolate" } as const

    async function referring(deferred: boolean, body: () => Promise<void>): Promise<void> {
      await sql`alter table items add column parent uuid generated always as ((fields->>'parent')::uuid) stored
        constraint parents references items (id) ${sql.raw(deferred ? "deferrable initially deferred" : "")}`.execute(db.kysely)
      try {
        await body()
      } finally {
        await sql`alter table items drop column parent`.execute(db.kysely)
      }
    }

    test.each([false, true])("go in with the others, whichever half or statement these are in (deferred: %s)", (deferred) =>
      referring(deferred, async () => {
        // Each refers to the one behind it, and then each to the one before; in the middle are some that refer to none.
        const there = Array.from({ length: 200 }, (_, n) => refersTo(1900 + n, 1901 + n))
        const back = Array.from({ length: 200 }, (_, n) => refersTo(2101 + n, 2100 + n))
        const poison = [refersTo(9001, 9000), refersTo(9002, 9001)]
        const before = [...numbered(1900), ...there.slice(0, 50)]
        const behind = [...there.slice(50), { id: id(2100), fields: {} }, ...back]
        const { ids, failures } = await db.createBatch([...before, ...poison, ...behind], isolate)
        expect(ids).toEqual([...before, ...behind].map((record) => record.id))
        const refusal = { name: "InvalidRecordError", message: expect.stringContaining("parents") }
        expect(failures).toMatchObject([1950, 1951].map((position) => ({ position, error: { ...refusal, pointer: `/${position}` } })))
        expect(await db.count()).toBe(2302)
      }),
    )

    test("are named when they refer to none, though others refer to later ones", () =>
      referring(false, async () => {
        const chained = [...Array.from({ length: 9 }, (_, n) => refersTo(n, n + 1)), refersTo(10, 5000), { id: id(9), fields: {} }]
        await expect(db.createBatch(chained)).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/9" })
        await expect(db.createBatch([refersTo(9, 8), ...numbered(9, {}), refersTo(10, 11)])).rejects.toMatchObject({ pointer: "/10" })
        expect(await db.count()).toBe(1)
      }))

    test("are named when a deferred constraint refuses them; in a transaction of the caller's it waits for the end", () =>
      referring(true, async () => {
        await expect(db.createBatch([...numbered(9), refersTo(10, 11)])).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/9" })
        await db.transaction(async (tx) => {
          const { failures } = await tx.createBatch([refersTo(1, 2), refersTo(3, 4)], isolate)
          expect(failures).toEqual([])
          await tx.createBatch([refersTo(2, 1), refersTo(4, 3)])
        })
        expect(await db.count()).toBe(5)
      }))

    test("in a ring, go in though another is refused for another reason", () =>
      referring(false, async () => {
        const ring = Array.from({ length: 5 }, (_, n) => refersTo(n, (n + 1) % 5))
        const { failures } = await db.createBatch([...ring.slice(0, 3), { fields: { checked: "secret" } }, ...ring.slice(3)], isolate)
        expect(failures.map(({ position }) => position)).toEqual([3])
      }))

    test("are deleted together, or isolated", () =>
      referring(false, async () => {
        const ring = Array.from({ length: 5 }, (_, n) => (n < 4 ? refersTo(n, n + 1) : { id: id(4), fields: {} }))
        await db.createBatch([...ring, refersTo(6, 9999)])
        const asked = [id(0), id(9999), ...ring.slice(1).map((record) => record.id)]
        await expect(db.deleteBatch(asked)).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/1" })
        const { ids, failures } = await db.deleteBatch([...asked, 5 as never], isolate)
        expect(ids).toEqual(ring.map((record) => record.id))
        expect(failures).toMatchObject([
          { position: 1, error: { name: "InvalidRecordError", pointer: "/1" } },
          { position: 6, error: { name: "InvalidQueryError", pointer: "/6" } },
        ])
      }))
  })

  test("values that a unique constraint keeps apart are exchanged, though another record is refused", async () => {
    await sql`alter table items add column place text generated always as (fields->>'place') stored
      constraint places unique deferrable initially immediate`.execute(db.kysely)
    const ids = await db.createBatch([{ fields: { place: "a" } }, { fields: {} }, { fields: { place: "b" } }])
    const [first = "", second = "", third = ""] = ids
    const exchanged = [
      { id: first, fields: { place: "b" } },
      { id: second, fields: { checked: "secret" } },
      { id: third, fields: { place: "a" } },
    ]
    const updated = await db.updateBatch(exchanged, { onError: "isolate" })
    expect([updated.ids, updated.failures.map(({ position }) => position)]).toEqual([[first, third], [1]])
    await sql`alter table items drop column place`.execute(db.kysely)
  })

  test("of a transaction of the caller's a batch of any size takes nothing along", async () => {
    await db.transaction(async (tx) => {
      await tx.create({ fields: { n: 1 } })
      await expect(tx.createBatch([{ id: id(9999), fields: {} }])).rejects.toThrow(DuplicateRecordError)
      await expect(tx.upsertBatch(numbered(3, { 1: { checked: "secret" } }))).rejects.toMatchObject({ pointer: "/1" })
      expect(await tx.count()).toBe(2)
    })
    expect(await db.count()).toBe(2)
  })

  test("the search ends at the first record, and where nothing more is to be had", async () => {
    await sql`create sequence tries`.execute(db.kysely)
    await sql`create function trying() returns trigger language plpgsql as $$ begin perform nextval('tries'); return null; end $$`.execute(db.kysely)
    await sql`create trigger trying before insert on items for each statement execute function trying()`.execute(db.kysely)
    // What a sequence has given stays given when a savepoint is rolled back.
    const tries = async (write: () => Promise<unknown>): Promise<number> => {
      await sql`select setval('tries', 1)`.execute(db.kysely)
      await write()
      const { rows } = await sql<{ last_value: string | number }>`select last_value from tries`.execute(db.kysely)
      return Number(rows[0]?.last_value) - 1
    }
    await db.createBatch(numbered(2000))
    expect(await tries(() => expect(db.createBatch(numbered(2000))).rejects.toThrow("record 0: there is a record with this id"))).toBeLessThan(20)
    const half = [...numbered(2000), ...Array.from({ length: 2000 }, (_, n) => ({ id: id(5000 + n), fields: {} }))]
    const stored = {
      ids: { length: 2000 },
      failures: { length: 2000, 7: { position: 7, error: { name: "DuplicateRecordError", message: expect.stringContaining("record 7:") } } },
    }
    expect(await tries(() => expect(db.createBatch(half, { onError: "isolate" })).resolves.toMatchObject(stored))).toBeLessThan(20)
    await sql`alter table items add column parent uuid generated always as ((fields->>'parent')::uuid) stored references items (id)`.execute(db.kysely)
    // In no order at all, and the last of them refers to none.
    const chain = Array.from({ length: 64 }, (_, n) => ({ id: id(3000 + n), fields: { parent: id(3001 + n) } })).sort((one, other) =>
      hash(one.id) < hash(other.id) ? -1 : 1,
    )
    const isolated = await tries(() => expect(db.createBatch(chain, { onError: "isolate" })).resolves.toMatchObject({ failures: { length: 64 } }))
    expect(isolated).toBeLessThan(2 * 64 * 3)
    await sql`alter table items drop column parent`.execute(db.kysely)
    await sql`drop trigger trying on items`.execute(db.kysely)
  })

  test("a record is not named for what a trigger says of another one, and what an earlier statement holds is missed", async () => {
    await sql`create function checking() returns trigger language plpgsql as $$ begin
      if new.fields ? 'parent' and not exists (select from items where id = (new.fields->>'parent')::uuid) then raise exception 'no parent'; end if;
      if (new.fields->>'n')::int < 0 then raise exception 'negative'; end if; return new; end $$`.execute(db.kysely)
    await sql`create trigger checking before insert on items for each row execute function checking()`.execute(db.kysely)
    const records = [...numbered(2000), ...Array.from({ length: 50 }, (_, n) => ({ id: id(2000 + n), fields: { parent: id(0), n: n === 30 ? -1 : n } }))]
    const { failures } = await db.createBatch(records, { onError: "isolate" })
    expect(failures.map(({ position }) => position)).toEqual([2030])
    await sql`delete from items where id <> ${id(9999)}`.execute(db.kysely)
    const error = await db.createBatch(records).catch((refused: unknown) => refused)
    expect(error).toMatchObject({ code: "database_error", message: expect.not.stringMatching(/position 20(?!30)/) })
    await sql`drop trigger checking on items`.execute(db.kysely)
  })

  test("what a restricting foreign key and an exclusion constraint refuse is the record's fault", async () => {
    await sql`create table bound (item uuid references items on delete restrict)`.execute(db.kysely)
    await sql`insert into bound values (${id(9999)})`.execute(db.kysely)
    await expect(db.delete(id(9999))).rejects.toMatchObject({ name: "InvalidRecordError", message: expect.stringContaining("bound_item_fkey") })
    await expect(db.deleteBatch([id(1), id(9999)])).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/1" })
    await sql`drop table bound`.execute(db.kysely)
    await sql`alter table items add constraint apart exclude using btree ((fields->>'seat') with =)`.execute(db.kysely)
    const seats = [{ fields: { seat: "a" } }, { fields: {} }, { fields: { seat: "a" } }]
    await expect(db.createBatch(seats)).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/2", message: expect.stringContaining("apart") })
    await sql`alter table items drop constraint apart`.execute(db.kysely)
  })

  const faultsOfServer = [
    ["53100", "database_error"],
    ["55P03", "database_unavailable"],
    ["XX000", "database_error"],
  ]

  test.each(faultsOfServer)("SQLSTATE %s is no record's fault: nothing is stored then", async (state, code) => {
    const records = numbered(5, { 3: { raised: state } })
    await expect(db.createBatch(records, { onError: "isolate" })).rejects.toMatchObject({ code, cause: { code: state } })
    await expect(db.createBatch(records)).rejects.toMatchObject({ code, cause: { code: state } })
    expect(await db.count()).toBe(1)
  })

  test("a record that came just after the statement looked is no conflict", async () => {
    await sql`create function coming() returns trigger language plpgsql as
      $$ begin insert into items (id, fields) values ('${sql.raw(id(1))}', '{}') on conflict do nothing; return null; end $$`.execute(db.kysely)
    await sql`create trigger coming after update on items for each statement execute function coming()`.execute(db.kysely)
    const updated = db.updateBatch([{ id: id(1), fields: {}, expectedRevision: 1 }])
    await expect(updated).rejects.toMatchObject({ code: "not_stored", message: expect.stringContaining("makes the record anew") })
    await sql`drop trigger coming on items`.execute(db.kysely)
  })
})

// So that it cannot be compressed.
function randomText(): string {
  return Array.from({ length: 10_000 }, (_, n) => String.fromCharCode(0x4e00 + ((n * 7919 * (n + 31)) % 20_000))).join("")
}

function hash(text: string): string {
  return createHash("md5").update(text).digest("hex")
}

import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from "vitest"
import {
  type BatchResult,
  DuplicateRecordError,
  defineRecords,
  InvalidQueryError,
  InvalidRecordError,
  type NewBatchOptions,
  type NewRecord,
  PostgresDatabase,
  RecordNotFoundError,
  RevisionConflictError,
  set,
} from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Source {
  by: string
}

interface Item {
  n: number
  text?: string
}

const items = defineRecords<Item, Source>({ table: "items" })
const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
// More than one statement takes.
const MANY = 2500

function id(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
}

function numbered(count: number): NewRecord<Item, Source>[] {
  return Array.from({ length: count }, (_, n) => ({ id: id(n + 1), fields: { n } }))
}

/** The same values in each of the ways that a batch takes. */
const ways: [name: string, of: <T>(values: T[]) => Iterable<T> | AsyncIterable<T>][] = [
  ["a list", (values) => values],
  ["a set", (values) => new Set(values)],
  [
    "a generator",
    function* (values) {
      yield* values
    },
  ],
  [
    "an async generator",
    async function* (values) {
      yield* values
    },
  ],
  ["a stream", (values) => ReadableStream.from(values)],
]

describe.each(databases)("batches on $name", (kind) => {
  let db: PostgresDatabase<Item, Source>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, items))
    await sql`create unique index on items ((fields->>'text'))`.execute(db.kysely)
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate items`.execute(db.kysely))

  const numbers = async () => (await db.search({ sort: [{ field: "fields.n" }] })).map(({ fields }) => fields.n)

  test.each(ways)("%s of any length is stored, and the ids come back in its order", async (_, of) => {
    for (const count of [0, 1, 3, MANY]) {
      await sql`truncate items`.execute(db.kysely)
      const records = Array.from({ length: count }, (_, n) => ({ fields: { n } }))
      const ids = await db.createBatch(of(records))
      const stored = await db.readBatch(of(ids))
      expect(stored.map((record) => record?.fields.n)).toEqual(records.map(({ fields }) => fields.n))
      expect(await db.count()).toBe(count)
    }
  })

  test.each(ways)("what is there is updated, replaced and deleted from %s", async (_, of) => {
    await db.createBatch(numbered(MANY))
    const given = numbered(MANY).reverse()
    const order = given.map((record) => record.id)
    const changes = given.map((record, n) => ({ id: record.id ?? "", fields: { n: n + 1 }, metadata: { by: "x" } }))
    expect(await db.updateBatch(of(changes))).toEqual(order)
    expect(await db.upsertBatch(of(given))).toEqual(order)
    const [last] = await db.readBatch([order[0] ?? ""])
    expect(last).toMatchObject({ fields: { n: MANY - 1 }, metadata: null, revision: 3 })
    expect(await db.deleteBatch(of(order.map(String)))).toEqual(order)
    expect(await db.count()).toBe(0)
  })

  test("what a table refuses is said on one line, with what there is to do", async () => {
    await db.createBatch([
      { id: id(1), fields: { n: 1, text: "a" } },
      { id: id(2), fields: { n: 2 } },
    ])
    const taken = /the unique index \w+ holds this value already: nothing was written; give it another value/
    await expect(db.update(id(2), { fields: { n: 2, text: "a" } })).rejects.toThrow(taken)
    await expect(db.create({ id: id(1), fields: { n: 1 } })).rejects.toThrow(/with this id already: nothing was written; use update\(\)/)
    await sql`update items set metadata = '{}'`.execute(db.kysely)
    await sql`alter table items alter column metadata set not null`.execute(db.kysely)
    await expect(db.create({ fields: { n: 1 } })).rejects.toThrow("a column that must have a value would be empty (metadata)")
    await sql`alter table items alter column metadata drop not null`.execute(db.kysely)
    const unseen = { "a\nb\u0000": Number.NaN, "\udfff": 1 }
    await expect(db.create({ fields: unseen as never })).rejects.toMatchObject({
      pointer: "/fields/a\nb\u0000",
      message: expect.stringMatching(/^\/fields\/a\\u000ab\\u0000: [\x20-\x7e]+$/),
    })
  })

  test("a batch that fails at its end leaves nothing, and says where it failed", async () => {
    const records = numbered(MANY)
    const last = { id: id(MANY + 1), fields: { n: Number.NaN } }
    await expect(db.createBatch([...records, last])).rejects.toMatchObject({ name: "InvalidRecordError", pointer: `/${MANY}/fields/n` })
    await db.create({ id: id(1), fields: { n: -1 } })
    await expect(db.createBatch([...records].reverse())).rejects.toThrow(DuplicateRecordError)
    await expect(db.updateBatch(records.map((record) => ({ id: record.id ?? "", fields: { n: 7 } })))).rejects.toThrow(RecordNotFoundError)
    expect(await numbers()).toEqual([-1])
  })

  test("one bad record in 100,000: nothing is stored, its place is named", async () => {
    const generated = function* () {
      for (let n = 0; n < 100_000; n += 1) yield { fields: n === 99_998 ? { n, text: "a\u0000" } : { n } }
    }
    await expect(db.createBatch(generated())).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/99998/fields/text" })
    expect(await db.count()).toBe(0)
  })

  test("two records of one id are refused, of a list before anything is sent, of an iterable wherever the second one stands", async () => {
    const records = [...numbered(MANY), { id: id(3).toUpperCase(), fields: { n: 0 } }]
    for (const [, of] of ways) {
      const created = db.createBatch(of(records))
      await expect(created).rejects.toThrow(DuplicateRecordError)
      await expect(created).rejects.toThrow(`records 2 and ${MANY} have the same id`)
      await expect(db.upsertBatch(of(records))).rejects.toThrow(DuplicateRecordError)
    }
    await db.createBatch(numbered(3))
    await expect(db.updateBatch([id(1), id(2), id(1)].map((one) => ({ id: one, fields: { n: 9 } })))).rejects.toThrow("records 0 and 2")
    expect(await numbers()).toEqual([0, 1, 2])
    const unconnected = new PostgresDatabase({ records: items, connectionString: "postgres://nobody@127.0.0.1:1/none" })
    await expect(unconnected.createBatch(records)).rejects.toThrow(DuplicateRecordError)
    await unconnected.close()
  })

  test("an iterable that throws half way: nothing is stored, and its error is the cause", async () => {
    const failure = new Error("mine")
    const failing = function* () {
      yield* numbered(MANY)
      throw failure
    }
    const failingLater = async function* () {
      yield* failing()
    }
    for (const source of [failing(), failingLater()]) {
      await expect(db.createBatch(source)).rejects.toMatchObject({ name: "RecordsError", code: "source_failed", cause: failure })
    }
    expect(await db.count()).toBe(0)
  })

  test("an iterable is read no faster than it is written, and is closed when a batch fails", async () => {
    await db.create({ id: id(1), fields: { n: 0 } })
    let read = 0
    let isClosed = false
    const endless = async function* () {
      try {
        for (;;) {
          read += 1
          yield { id: id(read), fields: { n: read }, metadata: { by: "x" } }
        }
      } finally {
        isClosed = true
      }
    }
    await expect(db.createBatch(endless())).rejects.toThrow(DuplicateRecordError)
    // The first statement is the one that fails; while it was under way two more were made ready.
    expect([read <= 6000, isClosed, await db.count()]).toEqual([true, true, 1])
  })

  test("what goes wrong while a source is closed does not hide why a batch failed", async () => {
    const source = function* () {
      try {
        yield* [{ fields: { n: 1 } }, { fields: { n: 1n as never } }]
      } finally {
        // A source may do what a lint rule would not let it.
        closing()
      }
    }
    const closing = () => {
      throw new Error("while closing")
    }
    await expect(db.createBatch(source())).rejects.toThrow(InvalidRecordError)
  })

  test("what a trigger refuses is named by its position, and what one leaves out is not taken for stored", async () => {
    await sql`create function refusing() returns trigger language plpgsql as $$ begin
      if new.fields->>'n' = '7' then raise exception 'no'; end if; if new.fields->>'n' = '8' then return null; end if; return new; end $$`.execute(db.kysely)
    await sql`create trigger refusing before insert on ${sql.table(db.definition.table)} for each row execute function refusing()`.execute(db.kysely)
    try {
      await expect(db.createBatch(numbered(20))).rejects.toMatchObject({ code: "database_error", message: expect.stringContaining("position 7") })
      await expect(db.create({ fields: { n: 8 } })).rejects.toMatchObject({ code: "not_stored" })
      await expect(db.upsert({ id: id(8), fields: { n: 8 } })).rejects.toMatchObject({ code: "not_stored" })
      expect(await db.count()).toBe(0)
      for (const write of ["createBatch", "upsertBatch"] as const) {
        const isolated = await db[write](numbered(20), { onError: "isolate" })
        expect(isolated.failures).toMatchObject([{ position: 7 }, { position: 8, error: { code: "not_stored" } }])
        expect([isolated.ids.length, await db.count()]).toEqual([18, 18])
        await sql`truncate ${sql.table(db.definition.table)}`.execute(db.kysely)
        const many = Array.from({ length: 5007 }, (_, position) => ({ fields: { n: position === 5006 ? 8 : 9 } }))
        await expect(db[write](many)).rejects.toMatchObject({ code: "not_stored", message: expect.stringContaining("position 5006") })
        expect(await db.count()).toBe(0)
        // A statement alone is committed when its count is known.
        await expect(db[write]([{ fields: { n: 8 } }, { fields: { n: 9 } }])).rejects.toMatchObject({
          code: "partly_stored",
          message: expect.stringContaining("1 of the 2"),
        })
        expect(await db.count()).toBe(1)
        await sql`truncate ${sql.table(db.definition.table)}`.execute(db.kysely)
      }
    } finally {
      await sql`drop function refusing() cascade`.execute(db.kysely)
    }
  })

  test("a change that a trigger leaves out is an error, of every kind of write", async () => {
    await db.createBatch(numbered(3))
    const table = sql.table(db.definition.table)
    await sql`create function leaving() returns trigger language plpgsql as $$ begin if old.fields->>'n' = '1' then return null; end if; return coalesce(new, old); end $$`.execute(
      db.kysely,
    )
    await sql`create trigger leaving before update or delete on ${table} for each row execute function leaving()`.execute(db.kysely)
    const two = id(2)
    const change = [set("fields.n", 9)] as const
    const left = { code: "not_stored" }
    try {
      await expect(db.update(two, { fields: { n: 9 } })).rejects.toMatchObject(left)
      await expect(db.update(two, { fields: { n: 9 } }, { expectedRevision: 1 })).rejects.toMatchObject(left)
      const placed = { ...left, message: expect.stringContaining("position 1") }
      const changed = [1, 2, 3].map((n) => ({ id: id(n), fields: { n: 0 }, revision: 1 }))
      await expect(db.updateBatch(changed.map(({ id: one, fields }) => ({ id: one, fields })))).rejects.toMatchObject(placed)
      await expect(db.upsertBatch(changed, { onConflict: "replaceIfRevision" })).rejects.toMatchObject(placed)
      const isolated = await db.updateBatch(
        [
          { id: two, fields: { n: 9 }, expectedRevision: 1 },
          { id: UNKNOWN_ID, fields: { n: 9 } },
        ],
        { onError: "isolate" },
      )
      expect(isolated.failures).toMatchObject([
        { position: 0, error: left },
        { position: 1, error: { name: "RecordNotFoundError" } },
      ])
      await expect(db.upsert({ id: two, fields: { n: 9 } })).rejects.toMatchObject(left)
      await expect(db.upsertBatch([{ id: two, fields: { n: 9 } }])).rejects.toMatchObject(left)
      await expect(db.patch(two, change)).rejects.toMatchObject(left)
      await expect(
        db.patchBatch([
          { id: id(1), changes: change },
          { id: two, changes: change },
        ]),
      ).rejects.toMatchObject({ code: "partly_stored" })
      await db.transaction(async (tx) => {
        const patches = [3, 2].map((n) => ({ id: id(n), changes: change }))
        await expect(tx.patchBatch(patches)).rejects.toMatchObject(placed)
        expect((await tx.read(id(3)))?.fields).toEqual({ n: 2 })
      })
      await expect(db.delete(two, { expectedRevision: 1 })).rejects.toMatchObject(left)
      expect(await db.delete(two)).toBe(false)
      expect((await db.claim({ sort: [{ field: "id" }] }, change, { limit: 2 })).map((one) => one.id)).toEqual([id(1)])
      expect(await db.read(two)).toMatchObject({ fields: { n: 1 }, revision: 1 })
    } finally {
      await sql`drop function leaving() cascade`.execute(db.kysely)
    }
  })

  test("patches come from a source that may fail, and large ones go in statements of their own", async () => {
    const failure = new Error("half way")
    await db.createBatch(numbered(5))
    const broken = async function* () {
      yield { id: id(1), changes: [set("fields.n", 1)] }
      throw failure
    }
    await expect(db.patchBatch(broken())).rejects.toMatchObject({ code: "source_failed", cause: failure })
    const large = "x".repeat(400_000)
    const patched = await db.patchBatch(numbered(5).map(({ id: one = "" }) => ({ id: one, changes: [set("fields.big" as never, large as never)] })))
    expect(patched.map(({ id: one, revision }) => [one, revision])).toEqual([1, 2, 3, 4, 5].map((n) => [id(n), 2]))
  })

  test("a statement that is refused ends a batch whose source has nothing more to give for now", async () => {
    await db.create({ id: id(3000), fields: { n: 0 } })
    let isClosed = false
    let goOn = (): void => {}
    const more = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const stalling = async function* () {
      try {
        yield* numbered(2 * MANY)
        await more
        yield { fields: { n: -1 } }
      } finally {
        isClosed = true
      }
    }
    await expect(db.createBatch(stalling())).rejects.toThrow(DuplicateRecordError)
    expect([isClosed, await db.count()]).toEqual([false, 1])
    goOn()
    await expect.poll(() => isClosed).toBe(true)
  })

  test("in a transaction of the caller's a batch that fails leaves the rest of it", async () => {
    await db.transaction(async (tx) => {
      await tx.create({ fields: { n: 1 } })
      await expect(tx.createBatch([...numbered(MANY), { fields: { n: 1n as never } }])).rejects.toThrow(InvalidRecordError)
      await tx.createBatch(numbered(MANY))
      await expect(
        tx.updateBatch([
          { id: id(1), fields: { n: -1 } },
          { id: UNKNOWN_ID, fields: { n: -1 } },
        ]),
      ).rejects.toThrow(RecordNotFoundError)
      expect(await tx.count()).toBe(MANY + 1)
    })
    expect(await db.count()).toBe(MANY + 1)
    await expect(
      db.transaction(async (tx) => {
        await tx.deleteBatch(numbered(MANY).map((record) => record.id ?? ""))
        throw new Error("mine")
      }),
    ).rejects.toThrow("mine")
    expect(await db.count()).toBe(MANY + 1)
  })

  test("readBatch gives null for what is not there, and each record as often as it is asked for", async () => {
    const [ada] = await db.createBatch([{ fields: { n: 1 } }])
    const found = await db.readBatch([UNKNOWN_ID, ada ?? "", "no id", (ada ?? "").toUpperCase(), "' or 1=1 --"])
    expect(found.map((record) => record?.id ?? null)).toEqual([null, ada, null, ada, null])
    expect(await db.readBatch(["no id"])).toEqual([null])
  })

  test("deleteBatch gives the ids of those that were there, once", async () => {
    await db.createBatch(numbered(3))
    expect(await db.deleteBatch([id(3), UNKNOWN_ID, id(1).toUpperCase(), id(3), "no id"])).toEqual([id(3), id(1)])
    expect(await numbers()).toEqual([1])
    expect(await db.deleteBatch([])).toEqual([])
  })

  test("updateBatch replaces what each change names, and nothing else", async () => {
    await db.createBatch(numbered(3).map((record) => ({ ...record, metadata: { by: "test" } })))
    await db.updateBatch([
      { id: id(2), metadata: null },
      { id: id(1), fields: { n: 10 }, expectedRevision: 1 },
      { id: id(3), metadata: { by: "x" } },
    ])
    expect(await db.readBatch([id(1), id(2), id(3)])).toMatchObject([
      { fields: { n: 10 }, metadata: { by: "test" }, revision: 2 },
      { fields: { n: 1 }, metadata: null, revision: 2 },
      { fields: { n: 2 }, metadata: { by: "x" }, revision: 2 },
    ])
    const { rows } = await sql`select from items where metadata is null`.execute(db.kysely)
    expect(rows).toHaveLength(1)
  })

  test("updateBatch for a revision: one record that has another one, and nothing is written", async () => {
    await db.createBatch(numbered(3))
    await db.update(id(2), { fields: { n: 9 } })
    const changes = [id(1), id(2), id(3)].map((one) => ({ id: one, fields: { n: 0 }, expectedRevision: 1 }))
    await expect(db.updateBatch(changes)).rejects.toMatchObject({
      name: "RevisionConflictError",
      id: id(2),
      position: 1,
      expectedRevision: 1,
      currentRevision: 2,
      message: expect.stringMatching(/^\/1: the record with the id/),
    })
    expect(await numbers()).toEqual([0, 2, 9])
    const unknown = { fields: { n: 0 } }
    for (const missing of [UNKNOWN_ID, "no id"]) {
      const updated = db.updateBatch([
        { id: id(1), ...unknown },
        { id: missing, ...unknown },
      ])
      await expect(updated).rejects.toMatchObject({ name: "RecordNotFoundError", position: 1, message: expect.stringMatching(/^\/1: there is no record/) })
    }
    await expect(db.update(UNKNOWN_ID, unknown)).rejects.toMatchObject({ position: undefined, message: expect.stringMatching(/^there is no record/) })
  })

  describe("ids that are taken", () => {
    beforeEach(async () => {
      await db.create({ id: id(2), fields: { n: -2 }, metadata: { by: "test" } })
    })
    const given = numbered(3)

    test("skip leaves what is stored, and its id out", async () => {
      expect(await db.createBatch(given, { onConflict: "skip" })).toEqual([id(1), id(3)])
      expect((await db.read(id(2)))?.fields.n).toBe(-2)
      expect(await db.upsertBatch(given, { onConflict: "skip" })).toEqual([])
    })

    test("replace puts the record in its place, with one more revision", async () => {
      expect(await db.createBatch(given, { onConflict: "replace" })).toEqual([id(1), id(2), id(3)])
      const [, second] = await db.readBatch([id(1), id(2)])
      expect(second).toMatchObject({ fields: { n: 1 }, metadata: null, revision: 2 })
      await db.upsertBatch(given)
      expect((await db.read(id(2)))?.revision).toBe(3)
    })

    test("error is what createBatch does otherwise, and upsertBatch when it is asked to", async () => {
      await expect(db.createBatch(given)).rejects.toThrow(DuplicateRecordError)
      await expect(db.upsertBatch(given, { onConflict: "error" })).rejects.toThrow(DuplicateRecordError)
      expect(await numbers()).toEqual([-2])
    })

    test("replaceIfRevision does so for the stored revision only; another one is a conflict and nothing is written", async () => {
      const now = given.map((record) => ({ ...record, revision: 1 }))
      expect(await db.upsertBatch(now, { onConflict: "replaceIfRevision" })).toEqual([id(1), id(2), id(3)])
      expect((await db.search()).map(({ revision }) => revision)).toEqual([2, 2, 2])
      const late = [...now.map((record) => ({ ...record, revision: 2 })), { id: id(4), fields: { n: 4 }, revision: 0 }]
      await db.update(id(3), { metadata: { by: "other" } })
      await expect(db.upsertBatch(late, { onConflict: "replaceIfRevision" })).rejects.toMatchObject({ id: id(3), expectedRevision: 2, currentRevision: 3 })
      expect((await db.search()).map(({ revision }) => revision)).toEqual([2, 2, 3])
      const { ids, failures } = await db.upsertBatch(late, { onConflict: "replaceIfRevision", onError: "isolate" })
      expect(ids).toEqual([id(1), id(2), id(4)])
      expect(failures).toMatchObject([{ position: 2, error: { name: "RevisionConflictError", currentRevision: 3 } }])
      expect((await db.read(id(4)))?.revision).toBe(1)
      for (const records of [given as never[], [{ ...given[0], revision: Number.MAX_SAFE_INTEGER } as never]]) {
        const refused = db.upsertBatch(records, { onConflict: "replaceIfRevision" })
        await expect(refused).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/0/revision" })
      }
    })
  })

  test("isolate stores what can be stored, and tells of the rest by position and reason", async () => {
    await db.createBatch([{ id: id(100), fields: { n: -1, text: "taken" } }])
    const records: unknown[] = numbered(MANY)
    records[0] = { fields: { n: Number.POSITIVE_INFINITY } }
    records[17] = { id: id(100), fields: { n: 17 } }
    records[18] = { id: id(19), fields: { n: 18, text: "taken" } }
    records[99] = { id: id(1800), fields: { n: 99 } }
    records[2321] = { id: "no id", fields: { n: 2321 } }
    records[2499] = "no record"
    const { ids, failures } = await db.createBatch(records as NewRecord<Item, Source>[], { onError: "isolate" })
    expect(failures.map(({ position, error }) => [position, error.name])).toEqual([
      [0, "InvalidRecordError"],
      [17, "DuplicateRecordError"],
      [18, "DuplicateRecordError"],
      [1799, "DuplicateRecordError"],
      [2321, "InvalidRecordError"],
      [2499, "InvalidRecordError"],
    ])
    expect(failures[0]?.error).toMatchObject({ pointer: "/0/fields/n" })
    expect(ids).toHaveLength(MANY - 6)
    expect(await db.count()).toBe(MANY - 6 + 1)
    expect((await db.readBatch(ids)).every((record) => record !== null)).toBe(true)
    expect(ids[98 - 3]).toBe(id(99))
  })

  test("a record that throws when it is read is named by its place, and its error is the cause", async () => {
    const thrown = new Error("a getter of somebody's")
    const throwing = {
      get n(): number {
        throw thrown
      },
    }
    const error = { name: "InvalidRecordError", pointer: "/1/fields", cause: thrown }
    const records = [{ fields: { n: 1 } }, { fields: throwing }, Object.defineProperty({}, "fields", { get: () => throwing.n, enumerable: true }) as never]
    await expect(db.createBatch(records)).rejects.toMatchObject(error)
    const { ids, failures } = await db.createBatch(new Set(records), { onError: "isolate" })
    expect([ids.length, failures]).toMatchObject([
      1,
      [
        { position: 1, error },
        { position: 2, error: { ...error, pointer: "/2" } },
      ],
    ])
    await expect(
      db.updateBatch([
        { id: ids[0] ?? "", fields: { n: 2 } },
        { id: id(2), fields: throwing },
      ]),
    ).rejects.toMatchObject(error)
    expect(await numbers()).toEqual([1])
    const nameless = Object.defineProperty({ fields: { n: 3 } }, "id", { get: () => throwing.n, enumerable: true })
    for (const write of ["createBatch", "upsertBatch"] as const) {
      await expect(db[write]([{ id: id(7), fields: { n: 3 } }, nameless as never])).rejects.toMatchObject({ ...error, pointer: "/1" })
      const isolated = await db[write]([nameless as never], { onError: "isolate" })
      expect(isolated.failures).toMatchObject([{ position: 0, error: { ...error, pointer: "/0" } }])
    }
    await expect(db.updateBatch([nameless as never])).rejects.toMatchObject({ ...error, pointer: "/0" })
  })

  test("a regular expression that a check of the table cannot read is the fault of its record", async () => {
    const table = sql.table(db.definition.table)
    await sql`alter table ${table} add constraint readable check (('' ~ (fields->>'text')) is not null or not fields ? 'text')`.execute(db.kysely)
    try {
      const records = [{ fields: { n: 1 } }, { fields: { n: 2, text: "(" } }]
      const error = { name: "InvalidRecordError", pointer: "/1" }
      await expect(db.createBatch(records)).rejects.toMatchObject(error)
      expect((await db.createBatch(records, { onError: "isolate" })).failures).toMatchObject([{ position: 1, error }])
    } finally {
      await sql`alter table ${table} drop constraint readable`.execute(db.kysely)
    }
  })

  test("isolate for updates tells of records that are not there and of other revisions", async () => {
    await db.createBatch(numbered(3))
    const { ids, failures } = await db.updateBatch(
      [
        { id: UNKNOWN_ID, fields: { n: 1 } },
        { id: id(1), fields: { n: 10 } },
        { id: id(2), fields: { n: 11 }, expectedRevision: 7 },
        { id: "no id", fields: { n: 1 } },
        { id: id(3), fields: {} as Item, metadata: 1n as never },
      ],
      { onError: "isolate" },
    )
    expect(ids).toEqual([id(1)])
    expect(failures.map(({ position, error }) => [position, error.constructor])).toEqual([
      [0, RecordNotFoundError],
      [2, RevisionConflictError],
      [3, RecordNotFoundError],
      [4, InvalidRecordError],
    ])
    expect(await numbers()).toEqual([1, 2, 10])
  })

  test("isolate does not hide what is no record's fault", async () => {
    const missing = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "nowhere" }) })
    await expect(missing.createBatch([{ fields: {} }, { fields: {} }], { onError: "isolate" })).rejects.toMatchObject({ code: "missing_table" })
  })

  test.each([
    ["createBatch", { onConflict: "merge" }, "/onConflict"],
    ["createBatch", { onConflict: null }, "/onConflict"],
    ["createBatch", { onError: "ignore" }, "/onError"],
    ["createBatch", { onconflict: "skip" }, "/onconflict"],
    ["updateBatch", { onConflict: "skip" }, "/onConflict"],
    ["upsertBatch", null, ""],
    ["deleteBatch", [], ""],
  ] as const)("%s with options %j is refused", async (operation, options, pointer) => {
    const runs = {
      createBatch: () => db.createBatch([], options as never),
      updateBatch: () => db.updateBatch([], options as never),
      upsertBatch: () => db.upsertBatch([], options as never),
      deleteBatch: () => db.deleteBatch([], options as never),
    }
    await expect(runs[operation]()).rejects.toMatchObject({ name: "InvalidQueryError", pointer })
  })

  test.each([5, null, undefined, "text", { length: 2 }])("%j is no batch", async (source) => {
    for (const options of [{}, { onError: "isolate" }] as const) {
      for (const run of [db.createBatch(source as never, options), db.upsertBatch(source as never, options), db.updateBatch(source as never, options)]) {
        await expect(run).rejects.toThrow(InvalidRecordError)
      }
    }
    await expect(db.readBatch(source as never)).rejects.toThrow(InvalidQueryError)
    await expect(db.deleteBatch(source as never)).rejects.toThrow(InvalidQueryError)
  })

  test.each([
    [{ fields: { n: 1 } }, "/1/id"],
    [{ id: UNKNOWN_ID }, "/1"],
    [{ id: UNKNOWN_ID, fields: null }, "/1/fields"],
    [{ id: UNKNOWN_ID, fields: {}, revision: 1 }, "/1/revision"],
    [{ id: UNKNOWN_ID, fields: {}, expectedRevision: "1" }, "/1/expectedRevision"],
    [null, "/1"],
  ])("the change %j is refused at its place", async (change, pointer) => {
    await db.createBatch(numbered(1))
    await expect(db.updateBatch([{ id: id(1), fields: { n: 5 } }, change as never])).rejects.toMatchObject({ name: "InvalidRecordError", pointer })
    expect(await numbers()).toEqual([0])
  })

  test("what is no string is no id", async () => {
    await expect(db.deleteBatch([id(1), 2 as never])).rejects.toMatchObject({ name: "InvalidQueryError", pointer: "/1" })
    await expect(db.readBatch([null as never])).rejects.toMatchObject({ pointer: "/0" })
  })

  test("createdAt and updatedAt of all of a batch are one time", async () => {
    await db.createBatch(numbered(MANY))
    const { rows } = await sql`select distinct created_at, updated_at from items`.execute(db.kysely)
    expect(rows).toHaveLength(1)
  })
})

test.each(databases)("an id that is taken is called an id on a partitioned table of $name too", async (kind) => {
  const { db, drop } = await migratedDatabase(kind, defineRecords<Item>({ table: "parted", partitions: 4 }))
  const ids = await db.createBatch(Array.from({ length: 20 }, (_, n) => ({ fields: { n } })))
  for (const given of ids) await expect(db.create({ id: given, fields: { n: 1 } })).rejects.toThrow(/a record with this id/)
  await drop()
})

test("the result follows from the options", () => {
  const calls = (db: PostgresDatabase<Item>, options: NewBatchOptions, skip: { onConflict: "skip" }) => ({
    plain: db.createBatch([]),
    aborted: db.createBatch([], { onError: "abort" }),
    empty: db.createBatch([], {}),
    either: db.updateBatch([], { onError: options.onError }),
    given: db.createBatch([], options),
    narrowed: db.createBatch([], skip),
    skipped: db.createBatch([], { onConflict: "skip" }),
    isolated: db.upsertBatch([], { onError: "isolate", onConflict: "replace" }),
    // @ts-expect-error a change names its record
    without: db.updateBatch([{ fields: { n: 1 } }]),
    // @ts-expect-error there is no such option
    wrong: db.createBatch([], { onConflict: "merge" }),
  })
  expectTypeOf(calls).returns.toMatchObjectType<{ plain: Promise<string[]>; skipped: Promise<string[]>; isolated: Promise<BatchResult> }>()
  expectTypeOf(calls).returns.toMatchObjectType<{ aborted: Promise<string[]>; empty: Promise<string[]>; either: Promise<string[] | BatchResult> }>()
  expectTypeOf(calls).returns.toMatchObjectType<{ given: Promise<string[] | BatchResult>; narrowed: Promise<string[]> }>()
})

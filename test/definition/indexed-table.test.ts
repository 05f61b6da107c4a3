import { createHash } from "node:crypto"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  defineRecords,
  filter,
  InvalidRecordError,
  type JsonObject,
  type LooseCondition,
  matches,
  PostgresDatabase,
  RecordStore,
  type StoredRecord,
} from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const LAST = "\u{10ffff}"

/** A text of this length that compression does not make shorter. */
function long(length: number): string {
  let text = ""
  while (text.length < length) text += createHash("sha512").update(String(text.length)).digest("base64")
  return text.slice(0, length)
}

/** Values of every kind, and strings at the edges of what an index orders. */
const values: unknown[] = [
  null,
  [],
  {},
  "",
  "a",
  "ab",
  "abc",
  "b",
  "%",
  "_x",
  "\\",
  "\u{d7ff}",
  "\u{d7ff}a",
  "\u{e000}",
  "\u{ffff}",
  "\u{10000}",
  LAST,
  LAST + LAST,
  `${LAST}a`,
  `a${LAST}`,
  `a${LAST}b`,
  "é",
  "Z",
  `${"x".repeat(499)}yz`,
  `${"x".repeat(500)}yz`,
  `${"x".repeat(600)}y`,
  `${"😀".repeat(500)}!`,
  -1e300,
  -1,
  0,
  1,
  1.5,
  1e300,
  true,
  false,
  ["a"],
  ["a", "b", 1],
  [["a"]],
  { a: 1 },
  { a: { b: [1] } },
]

const texts = values.filter((value) => typeof value === "string")
const ordered = [...texts.slice(0, 12), -1, 0, 1.25, 1e300]
const v = (operator: string, value?: unknown): object => ({ field: "fields.v", operator, ...(value === undefined ? {} : { value }) })

const conditions: object[] = [
  ...values.filter((value) => value !== null).map((value) => v("=", value)),
  ...ordered.flatMap((value) => [">", ">=", "<", "<="].map((operator) => v(operator, value))),
  ...texts.flatMap((text) => [v("starts_with", text), v("like", `${text.replaceAll(/[\\%_]/g, "\\$&")}%`), v("includes", text), v("ends_with", text)]),
  v("like", "a_c"),
  v("like", "%b%"),
  v("ilike", "A%"),
  v("regex", "^a.*b"),
  v("between", ["a", "b"]),
  v("between", [-1, 1.5]),
  v("in", ["a", 1, true, "ab"]),
  v("in", []),
  v("exists"),
  v("not_exists"),
  v("contains", "a"),
  v("contains", ["a", 1]),
  v("contains", { a: 1 }),
  v("contains", []),
  v("contains_any", ["b", 1]),
  v("type", ["null", "missing", "array"]),
  v("!=", "a"),
  v("not_in", ["a", 1]),
  v("not_between", [0, 2]),
  { or: [v("=", "a"), { field: "fields.w", operator: ">", value: 30 }] },
  { not: { and: [v("<", 1), { field: "fields.w", operator: "=", value: 1 }] } },
]

const kinds = [
  { field: "fields.v" },
  { fields: ["fields.w", { field: "fields.v", order: "desc", nulls: "last" }] },
  { fields: ["fields.u", "fields.v"], unique: true, where: { field: "fields.w", operator: "<", value: 0 } },
  { kind: "text", field: "fields.v" },
  { kind: "trigram", field: "fields.v" },
  { kind: "array", field: "fields.v" },
  { field: "fields.w", where: { field: "fields.v", operator: "exists" } },
]

/** No definition may change what a query finds: each of the indexes alone, all at once, and none, not even a GIN. */
const definitions = [
  ...kinds.map((index) => defineRecords(JSON.parse(JSON.stringify({ indexes: [index] })))),
  defineRecords(JSON.parse(JSON.stringify({ indexes: kinds }))),
  defineRecords({ gin: false }),
]

describe.each(databases)("a table with indexes on $name", (kind) => {
  let plain: PostgresDatabase
  let records: StoredRecord[]
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db: plain, drop } = await migratedDatabase(kind, definitions[7]))
    await plain.createBatch([...values.map((value, w) => ({ fields: { v: value as never, w } })), { fields: { w: -1 } }, { fields: {} }])
    records = await plain.search()
  })
  afterAll(() => drop())

  test("finds what the evaluator finds, whatever its definition says", { timeout: 120_000 }, async () => {
    const sent = new Set<string>()
    for (const definition of definitions) {
      const db = new RecordStore(plain.kysely, definition)
      for (const condition of conditions) {
        const given = condition as LooseCondition
        const statement = JSON.stringify(db.preview({ filters: [condition as never] }))
        if (sent.has(statement)) continue
        sent.add(statement)
        const found = await db.search({ filters: [condition as never], select: ["id"] })
        const expected = records.filter((record) => matches(given, record)).map(({ id }) => ({ id }))
        expect(found, JSON.stringify({ condition, indexes: definition.indexes.length })).toEqual(expected)
      }
    }
  })

  test("sorts alike, whatever its definition says", async () => {
    for (const definition of definitions) {
      const db = new RecordStore(plain.kysely, definition)
      for (const nulls of ["first", "last", undefined] as const) {
        for (const order of ["asc", "desc"] as const) {
          for (const filters of [[], [filter("fields.v", "exists")], [filter("fields.v", ">=", 0)], [filter("fields.w", "=", 1)]]) {
            const query = { filters, sort: [{ field: "fields.v", order, nulls }], select: ["id"] } as const
            const unindexed = new RecordStore(plain.kysely, defineRecords())
            expect(await db.search(query)).toEqual(await unindexed.search(query))
          }
        }
      }
    }
  })
})

describe.each(databases)("values too long for a btree on $name", (kind) => {
  test.each([
    [3_000, false],
    [30_000, true],
  ])("%d characters: a path index refuses them with an error that says so, the others take them", async (length, isAnonymous) => {
    const paths = { field: "fields.v" } as const
    const { db, drop } = await migratedDatabase(
      kind,
      defineRecords<JsonObject>({
        indexes: [
          { kind: "text", field: "fields.t" },
          { kind: "trigram", field: "fields.t" },
          { kind: "array", field: "fields.a" },
          { kind: "array", field: "fields.t" },
          { field: "fields.t", where: filter("fields.indexed", "=", true) },
          paths,
        ],
      }),
    )
    try {
      const text = long(length)
      const { id } = await db.create({ fields: { t: text, a: [text, { [text]: text }] }, metadata: { [text]: text } })
      expect(await db.search({ filters: [filter("fields.t", "starts_with", text)], select: ["id"] })).toEqual([{ id }])
      expect(await db.search({ filters: [filter("fields.t", "starts_with", `${text.slice(0, 900)}!`)] })).toEqual([])
      expect(await db.count({ filters: [filter("fields.t", "includes", text.slice(100, 2_000))] })).toBe(1)
      expect(await db.count({ filters: [filter("fields.a", "contains", text)] })).toBe(1)
      const refused = await db.create({ fields: { v: text } }).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(InvalidRecordError)
      expect(String(refused)).toMatch(
        isAnonymous
          ? /create: a value is too long for an index of "public"."records": nothing was written/
          : /create: a value is too long for the index records_v_[0-9a-f]{8}: nothing was written/,
      )
      expect(String(refused)).not.toContain(text.slice(0, 20))
      expect(await db.count()).toBe(1)
    } finally {
      await drop()
    }
  })
})

test.each(databases)("two definitions share one database on $name", async (kind) => {
  const people = defineRecords<{ name: string }>({ table: "people", indexes: [{ field: "fields.name", unique: true }] })
  const { db, drop } = await migratedDatabase(kind, people)
  try {
    const orders = new PostgresDatabase({
      kysely: db.kysely,
      records: defineRecords<{ name: string }>({ table: "orders", indexes: [{ field: "fields.name" }] }),
    })
    await orders.migrate()
    await orders.createBatch([{ fields: { name: "Ada" } }, { fields: { name: "Ada" } }])
    await db.create({ fields: { name: "Ada" } })
    await expect(db.create({ fields: { name: "Ada" } })).rejects.toThrow(/the unique index people_name_[0-9a-f]{8} holds this value already/)
    // No value is no duplicate.
    await db.createBatch(JSON.parse('[{ "fields": {} }, { "fields": { "name": null } }]'))
    expect([await db.count(), await orders.count()]).toEqual([3, 2])
  } finally {
    await drop()
  }
})

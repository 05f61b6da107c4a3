import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import {
  defineRecords,
  filter,
  InapplicableChangeError,
  increment,
  type LooseChange,
  merge,
  multiply,
  PostgresDatabase,
  pull,
  push,
  pushUnique,
  RawJson,
  RecordNotFoundError,
  RevisionConflictError,
  rename,
  set,
  unset,
} from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
const records = defineRecords({ table: "people" })

interface Row {
  readonly what: string
  readonly before: string
  readonly changes: readonly LooseChange[]
  /** The text of `fields` after them; a number is the position of the change that cannot apply. */
  readonly after: string | number
}

// Each document is text: its numbers are compared to the last digit.
const rows: readonly Row[] = [
  { what: "a value, whatever was there", before: '{"a": 1}', changes: [set("fields.a", { b: [null] })], after: '{"a": {"b": [null]}}' },
  { what: "JSON null", before: '{"a": 1}', changes: [set("fields.a", null)], after: '{"a": null}' },
  { what: "the objects on the way", before: "{}", changes: [set("fields.a.b.c", 1)], after: '{"a": {"b": {"c": 1}}}' },
  { what: "the objects in the place of null", before: '{"a": {"b": null}}', changes: [set("fields.a.b.c", 1)], after: '{"a": {"b": {"c": 1}}}' },
  { what: "no object in the place of text", before: '{"a": "x"}', changes: [set("fields.a.b", 1)], after: 0 },
  { what: "no object in the place of a list", before: '{"a": []}', changes: [set("fields.a.b", 1)], after: 0 },
  { what: "no object in the place of false", before: '{"a": false}', changes: [set("fields.a.b.c", 1)], after: 0 },
  {
    what: "raw JSON, to the last digit",
    before: "{}",
    changes: [set("fields.a", new RawJson("1.50")), push("fields.b", new RawJson("123456789012345678901234567890.10"))],
    after: '{"a": 1.50, "b": [123456789012345678901234567890.10]}',
  },
  { what: "the whole document", before: '{"a": 1}', changes: [set("fields", { b: 2 })], after: '{"b": 2}' },
  { what: "an element", before: '{"a": [1, 2, 3]}', changes: [set("fields.a.1", "x")], after: '{"a": [1, "x", 3]}' },
  { what: "an element from the end", before: '{"a": [1, 2, 3]}', changes: [set(["fields", "a", -1], "x")], after: '{"a": [1, 2, "x"]}' },
  { what: "an element that is null", before: '{"a": [null]}', changes: [set("fields.a.0.b", "x")], after: '{"a": [{"b": "x"}]}' },
  { what: "no element behind the end", before: '{"a": [1]}', changes: [set("fields.a.1", "x")], after: 0 },
  { what: "no element before the start", before: '{"a": [1]}', changes: [set(["fields", "a", -2], "x")], after: 0 },
  { what: "no element of an object", before: '{"a": {"0": 1}}', changes: [set("fields.a.0", "x")], after: 0 },
  { what: "no element of a scalar, which PostgreSQL takes for a list of one", before: '{"a": 5}', changes: [set("fields.a.0", "x")], after: 0 },
  { what: "no list where there is none", before: "{}", changes: [set("fields.a.0", "x")], after: 0 },
  { what: "a key that looks like an index", before: "{}", changes: [set(["fields", "0", "-1"], "x")], after: '{"0": {"-1": "x"}}' },
  {
    what: "any key",
    before: "{}",
    changes: [set(["fields", "", 'it\'s \\ "q" $1', "__proto__"], 1)],
    after: '{"": {"it\'s \\\\ \\"q\\" $1": {"__proto__": 1}}}',
  },
  { what: "through the elements of elements", before: '{"a": [[1, {"b": 2}]]}', changes: [set("fields.a.0.1.b", 3)], after: '{"a": [[1, {"b": 3}]]}' },
  { what: "a Date as its text", before: "{}", changes: [set("fields.at", new Date(0))], after: '{"at": "1970-01-01T00:00:00.000Z"}' },
  {
    what: "what an SQL path names",
    before: '{"a": {"b": 1}}',
    changes: [set("fields->'a'->>'b'", 2), set("fields#>>'{a,c}'", 3)],
    after: '{"a": {"b": 2, "c": 3}}',
  },

  { what: "a key", before: '{"a": 1, "b": 2}', changes: [unset("fields.a")], after: '{"b": 2}' },
  { what: "a key that holds null", before: '{"a": null}', changes: [unset("fields.a")], after: "{}" },
  {
    what: "an element, and those behind it move up",
    before: '{"a": [1, 2, 3]}',
    changes: [unset("fields.a.0"), unset(["fields", "a", -1])],
    after: '{"a": [2]}',
  },
  {
    what: "nothing where nothing is",
    before: '{"a": "x"}',
    changes: [unset("fields.b.c"), unset("fields.a.b"), unset("fields.a.0"), unset("fields.c.9")],
    after: '{"a": "x"}',
  },
  { what: "a key that looks like a number", before: '{"a": {"1": 1, "x": 2}}', changes: [unset(["fields", "a", "1"])], after: '{"a": {"x": 2}}' },

  { what: "exact decimals", before: '{"a": 0.1}', changes: [increment("fields.a", 0.2)], after: '{"a": 0.3}' },
  { what: "a whole number beyond 2^53", before: '{"a": 9007199254740993}', changes: [increment("fields.a", 2)], after: '{"a": 9007199254740995}' },
  { what: "a bigint", before: '{"a": 1.5}', changes: [increment("fields.a", 2n ** 70n)], after: '{"a": 1180591620717411303425.5}' },
  {
    what: "from no value, which counts as 0",
    before: '{"a": null}',
    changes: [increment("fields.a", 2), increment("fields.b.c", -1.5)],
    after: '{"a": 2, "b": {"c": -1.5}}',
  },
  { what: "an element", before: '{"a": [1, {"n": 1}]}', changes: [increment("fields.a.0", 1), increment("fields.a.1.n", 1)], after: '{"a": [2, {"n": 2}]}' },
  { what: "no text, however much it looks like a number", before: '{"a": "1"}', changes: [increment("fields.a", 1)], after: 0 },
  { what: "no boolean", before: '{"a": true}', changes: [increment("fields.a", 1)], after: 0 },
  { what: "no list", before: '{"a": [1]}', changes: [increment("fields.a", 1)], after: 0 },
  { what: "no sum that numeric cannot hold", before: `{"a": ${"9".repeat(131_072)}}`, changes: [increment("fields.a", 1)], after: 0 },

  {
    what: "exact decimals beyond a JavaScript number",
    before: '{"a": 0.1}',
    changes: [increment("fields.a", new RawJson("0.00000000000000000000000000000000001")), multiply("fields.a", new RawJson("1e40"))],
    after: '{"a": 1000000000000000000000000000000000100000.00000000000000000000000000000000000}',
  },
  {
    what: "as much as fits",
    before: `{"a": 1e${65_535}, "b": 9e${131_070}}`,
    changes: [
      multiply("fields.a", new RawJson(`1e${65_535}`)),
      increment("fields.b", new RawJson(`1.${"0".repeat(8190)}1e0`)),
      set("fields.a", 0),
      set("fields.b", 0),
    ],
    after: '{"a": 0, "b": 0}',
  },
  { what: "exactly", before: '{"a": 1.10}', changes: [multiply("fields.a", 0.3)], after: '{"a": 0.330}' },
  { what: "nothing where there is no value", before: "{}", changes: [multiply("fields.a", 2)], after: 0 },
  { what: "no null", before: '{"a": null}', changes: [multiply("fields.a", 2)], after: 0 },
  { what: "no product that numeric cannot hold", before: `{"a": 1${"0".repeat(70_000)}}`, changes: [multiply("fields.a", 2)], after: 0 },
  { what: "no product that would be rounded", before: `{"a": 0.${"0".repeat(9000)}1}`, changes: [multiply("fields.a", 2)], after: 0 },

  { what: "an element at the end", before: '{"a": [1]}', changes: [push("fields.a", [2]), push("fields.a", null)], after: '{"a": [1, [2], null]}' },
  {
    what: "the first element of a list that is not there",
    before: '{"a": null}',
    changes: [push("fields.a", 1), push("fields.b.c", {})],
    after: '{"a": [1], "b": {"c": [{}]}}',
  },
  { what: "nothing onto text", before: '{"a": "x"}', changes: [push("fields.a", 1)], after: 0 },
  { what: "nothing onto an object", before: '{"a": {}}', changes: [push("fields.a", 1)], after: 0 },

  {
    what: "what is not there",
    before: '{"a": [1, {"b": 2}]}',
    changes: [pushUnique("fields.a", 1.0), pushUnique("fields.a", "1"), pushUnique("fields.a", { b: 2 }), pushUnique("fields.a", {})],
    after: '{"a": [1, {"b": 2}, "1", {}]}',
  },
  { what: "nothing unique onto text", before: '{"a": "x"}', changes: [pushUnique("fields.a", "x")], after: 0 },

  {
    what: "every equal element, and keeps the order of the others",
    before: '{"a": [3, 1, "1", 1.0, 2, [1]]}',
    changes: [pull("fields.a", 1)],
    after: '{"a": [3, "1", 2, [1]]}',
  },
  { what: "the last one", before: '{"a": [null]}', changes: [pull("fields.a", null)], after: '{"a": []}' },
  { what: "nothing where nothing is", before: '{"b": null}', changes: [pull("fields.a", 1), pull("fields.b", 1), pull("fields.c.d", 1)], after: '{"b": null}' },
  { what: "nothing out of text", before: '{"a": "x"}', changes: [pull("fields.a", "x")], after: 0 },

  { what: "a key", before: '{"a": {"x": 1.10, "y": 2}}', changes: [rename("fields.a.x", "it's\\")], after: '{"a": {"y": 2, "it\'s\\\\": 1.10}}' },
  { what: "a key that holds null, over one that does", before: '{"a": null, "b": null}', changes: [rename("fields.a", "b")], after: '{"b": null}' },
  { what: "no key that is not there", before: '{"b": 1}', changes: [rename("fields.a", "c")], after: 0 },
  { what: "no key over one that has a value", before: '{"a": 1, "b": 2}', changes: [rename("fields.a", "b")], after: 0 },
  { what: "no key of text", before: '{"a": "x"}', changes: [rename("fields.a.x", "y")], after: 0 },

  {
    what: "keys, to any depth",
    before: '{"a": {"b": 1.10, "c": {"d": 1, "e": 2}}}',
    changes: [merge("fields", { a: { c: { d: null, f: 3 } }, x: [{ y: null }] })],
    after: '{"a": {"b": 1.10, "c": {"e": 2, "f": 3}}, "x": [{"y": null}]}',
  },
  {
    what: "into what is not there, without its nulls",
    before: "{}",
    changes: [merge("fields.a", { b: { c: null, d: 1 }, e: null })],
    after: '{"a": {"b": {"d": 1}}}',
  },
  {
    what: "in the place of what is no object",
    before: '{"a": [1], "b": "x"}',
    changes: [merge("fields", { a: { x: 1 }, b: {} })],
    after: '{"a": {"x": 1}, "b": {}}',
  },
  {
    what: "any key",
    before: '{"it\'s": 1, "\\\\": {"0": 1}}',
    changes: [merge("fields", { "it's": null, "\\": { "0": null, "": { a: 1 } } })],
    after: '{"\\\\": {"": {"a": 1}}}',
  },
  {
    what: "raw JSON, as what it holds",
    before: '{"a": 1, "b": {"c": 1, "d": 2}}',
    changes: [merge("fields", { a: new RawJson("null"), b: new RawJson('{"c": null, "e": 1.50}') })],
    after: '{"b": {"d": 2, "e": 1.50}}',
  },
  {
    what: "raw JSON of the language's own as what it says",
    before: '{"a": 1, "b": 2}',
    changes: [
      merge(
        "fields",
        JSON.parse('{"a": null, "b": 3}', (_, value) => (value === null ? rawJson("null") : value)),
      ),
    ],
    after: '{"b": 3}',
  },
  { what: "nothing below text", before: '{"a": "x"}', changes: [merge("fields.a.b", { c: 1 })], after: 0 },

  {
    what: "one after the other",
    before: '{"a": {"b": 1}}',
    changes: [increment("fields.a.b", 1), rename("fields.a.b", "c"), multiply("fields.a.c", 5), set("fields.b", []), push("fields.b", 1), unset("fields.a")],
    after: '{"b": [1]}',
  },
  { what: "all or nothing, and says which", before: '{"a": 1}', changes: [increment("fields.a", 1), set("fields.a.b", 1), increment("fields.c", 1)], after: 1 },
  { what: "what a change before it has made", before: '{"a": "x"}', changes: [unset("fields.a"), push("fields.a", 1)], after: '{"a": [1]}' },
  {
    what: "nothing around it",
    before: '{"a": 1, "n": [1.10, 100, 123456789012345678901234567890.5000, 1.0, -0.0]}',
    changes: [set("fields.a", 2), push("fields.m", 1)],
    after: '{"a": 2, "m": [1], "n": [1.10, 100, 123456789012345678901234567890.5000, 1.0, 0.0]}',
  },
]

// Newer than the types of the language that this package is written for.
function rawJson(text: string): unknown {
  return Reflect.get(JSON, "rawJSON")(text)
}

describe.each(databases)("patches on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, records))
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate people`.execute(db.kysely))

  async function stored(fields: string, metadata: string | null = null): Promise<string> {
    const { id } = await db.create({ fields: {} })
    await sql`update people set fields = ${fields}::jsonb, metadata = ${metadata}::jsonb`.execute(db.kysely)
    return id
  }

  async function texts(): Promise<unknown> {
    const { rows } = await sql`select fields::text, metadata::text, revision::text from people order by id`.execute(db.kysely)
    return rows
  }

  test.each(rows.map((row) => [row.changes.map(({ change }) => change).join(", "), row.what, row] as const))(
    "%s: %s",
    async (_, __, { before, changes, after }) => {
      const id = await stored(before)
      if (typeof after === "number") {
        const unchanged = await texts()
        await expect(db.patch(id, changes as never)).rejects.toMatchObject({
          code: "inapplicable_change",
          id,
          pointer: `/${after}`,
          failures: [{ id, pointer: `/${after}` }],
        })
        expect(await texts()).toEqual(unchanged)
      } else {
        const record = await db.patch(id, changes as never)
        expect(await texts()).toEqual([{ fields: after, metadata: null, revision: "2" }])
        expect(record).toEqual(await db.read(id))
      }
    },
  )

  test("metadata that is SQL NULL is made where a change needs it, and SQL NULL again when it is unset", async () => {
    const id = await stored("{}")
    await db.patch(id, [set("metadata.a.b", 1), increment("fields.n", 1)])
    expect(await texts()).toEqual([{ fields: '{"n": 1}', metadata: '{"a": {"b": 1}}', revision: "2" }])
    for (const change of [unset("metadata"), set("metadata", null as never)]) {
      await db.patch(id, [set("metadata", { x: 1 })])
      expect((await db.patch(id, [change])).metadata).toBeNull()
    }
    await db.patch(id, [unset("metadata.x"), pull("metadata.y", 1)])
    expect(await texts()).toEqual([{ fields: '{"n": 1}', metadata: null, revision: "7" }])
  })

  test("of changes to both documents the first that cannot apply is named", async () => {
    const id = await stored('{"a": "x"}', '{"a": "x"}')
    const changes = [set("fields.b", 1), set("metadata.b", 1), increment("metadata.a", 1), increment("fields.a", 1)]
    await expect(db.patch(id, changes)).rejects.toMatchObject({ pointer: "/2" })
    expect(await texts()).toEqual([{ fields: '{"a": "x"}', metadata: '{"a": "x"}', revision: "1" }])
  })

  test("one that leaves the documents as they are is a write all the same", async () => {
    const before = await db.create({ fields: { a: 1 } })
    const after = await db.patch(before.id, [set("fields.a", 1), unset("fields.b")])
    expect(after).toMatchObject({ fields: { a: 1 }, revision: 2, createdAt: before.createdAt })
    expect(after.updatedAt.getTime()).toBeGreaterThanOrEqual(before.updatedAt.getTime())
  })

  test("a hundred changes, and five hundred", async () => {
    const { id } = await db.create({ fields: {} })
    const hundred = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? increment(`fields.n.k${index % 10}`, 0.1) : push("fields.list", index)))
    const { fields } = await db.patch(id, hundred)
    expect(fields).toMatchObject({ n: { k0: 1, k8: 1 } })
    expect(fields["list"]).toHaveLength(50)
    const more = Array.from({ length: 500 }, () => increment("fields.total", 1))
    expect((await db.patch(id, more)).fields["total"]).toBe(500)
  })

  test("what is large or deep works up to the limits", async () => {
    const { id } = await db.create({ fields: {} })
    const deep = ["fields", ...Array.from({ length: 50 }, () => "k")] as const
    await db.patch(id, [set(deep, 1), increment(deep, 1)] as never)
    let nested: object = { leaf: 1 }
    for (let level = 1; level < 50; level += 1) nested = { n: nested, gone: null }
    await db.patch(id, [merge("fields.nested", nested)])
    await db.patch(id, [merge("fields.wide", Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`k${index}`, { a: index, b: null }])))])
    const { fields } = await db.patch(id, [merge("fields.wide", { k1499: { c: 1 } })])
    expect(fields["wide"]).toMatchObject({ k0: { a: 0 }, k1499: { a: 1499, c: 1 } })
  })

  test("many changes below as many lists as there may be", async () => {
    const { id } = await db.create({ fields: { list: JSON.parse(`${"[".repeat(49)}0${"]".repeat(49)}`) } })
    const innermost = ["fields", "list", ...Array.from({ length: 49 }, () => 0)] as const
    const { fields } = await db.patch(id, Array.from({ length: 40 }, () => increment(innermost, 1)) as never)
    expect(JSON.stringify(fields)).toBe(`{"list":${"[".repeat(49)}40${"]".repeat(49)}}`)
  })

  test("a merge of as many objects as there may be, again and again", async () => {
    const { id } = await db.create({ fields: {} })
    const members = Object.fromEntries(Array.from({ length: 1_990 }, (_, index) => [`k${index}`, { a: null, b: index }]))
    for (let turn = 0; turn < 2; turn += 1) await db.patch(id, [merge("fields", members)])
    const { fields, revision } = (await db.read(id)) ?? expect.unreachable()
    expect([Object.keys(fields).length, fields["k1989"], revision]).toEqual([1_990, { b: 1989 }, 3])
    const path = ["fields", ...Array.from({ length: 45 }, (_, index) => `p${index}`)] as const
    await expect(db.patch(id, [merge(path as never, Object.fromEntries(Object.entries(members).slice(0, 1_000)) as never)])).rejects.toMatchObject({
      name: "InvalidRecordError",
      message: expect.stringContaining("20000"),
    })
  }, 60_000)

  test("what was written as JSON and read again is the same change", async () => {
    const { id } = await db.create({ fields: { a: 1, gone: 1, x: 1, tags: ["a"], o: { p: 1 } } })
    const changes = [
      set("fields.b", [1]),
      unset("fields.gone"),
      increment("fields.a", 1),
      push("fields.tags", "b"),
      rename("fields.x", "y"),
      merge("fields.o", { p: null }),
    ]
    const { fields } = await db.patch(id, JSON.parse(JSON.stringify(changes)))
    expect(fields).toEqual({ a: 2, b: [1], tags: ["a", "b"], y: 1, o: {} })
  })

  test("no message shows a value of a document", async () => {
    const id = await stored('{"a": "s3cret"}')
    for (const changes of [[increment("fields.a", 1)], [set("fields.a", "s3cret\u0000")], [set("fields.a.b", "s3cret")]]) {
      await expect(db.patch(id, changes)).rejects.toMatchObject({ message: expect.not.stringContaining("s3cret") })
    }
  })

  test("a change that cannot apply leaves the transaction as it was: the rest of it goes on", async () => {
    const { id } = await db.create({ fields: { a: "x" } })
    await db.transaction(async (tx) => {
      await tx.patch(id, [set("fields.b", 1)])
      await expect(tx.patch(id, [set("fields.b", 2), increment("fields.a", 1)])).rejects.toThrow(InapplicableChangeError)
      await tx.patch(id, [set("fields.c", 3)])
    })
    expect(await db.read(id)).toMatchObject({ fields: { a: "x", b: 1, c: 3 }, revision: 3 })
  })

  test("expectedRevision: the record must be there and have that revision", async () => {
    const { id } = await db.create({ fields: { n: 1, a: "x" } })
    expect(await db.patch(id, [increment("fields.n", 1)], { expectedRevision: 1 })).toMatchObject({ fields: { n: 2 }, revision: 2 })
    const conflict = { name: "RevisionConflictError", id, expectedRevision: 1, currentRevision: 2 }
    await expect(db.patch(id, [increment("fields.n", 1)], { expectedRevision: 1 })).rejects.toMatchObject(conflict)
    // The document is not the one that the changes were made for.
    await expect(db.patch(id, [increment("fields.a", 1)], { expectedRevision: 1 })).rejects.toThrow(RevisionConflictError)
    await expect(db.patch(UNKNOWN_ID, [increment("fields.n", 1)], { expectedRevision: 1 })).rejects.toThrow(RecordNotFoundError)
    await expect(db.patch(id, [increment("fields.n", 1)], { revision: 1 } as never)).rejects.toMatchObject({ pointer: "/revision" })
    expect((await db.read(id))?.fields["n"]).toBe(2)
  })

  test("a record that is not there", async () => {
    for (const id of [UNKNOWN_ID, "no id", "' or 1=1 --"]) await expect(db.patch(id, [set("fields.a", 1)])).rejects.toThrow(RecordNotFoundError)
    await expect(db.patch(3 as never, [set("fields.a", 1)])).rejects.toMatchObject({ name: "InvalidQueryError" })
  })
})

describe.each(databases)("patches of a table that was there before, on $name", (kind) => {
  test("its own names and types, also where a name is one that the statement uses", async () => {
    const { options, drop } = await kind.create()
    const old = defineRecords({
      table: "old",
      columns: {
        id: { name: "patched", type: "text" },
        fields: "new_fields",
        metadata: false,
        revision: "failed",
        createdAt: "met",
        updatedAt: { name: "place", type: "timestamp" },
      },
    })
    const db = new PostgresDatabase({ ...options, records: old })
    try {
      await sql`create table old (patched text primary key, new_fields jsonb, failed int, met timestamptz, place timestamp)`.execute(db.kysely)
      await sql`insert into old (patched, new_fields) values ('a', null), ('b', '{"n": 1}')`.execute(db.kysely)
      expect(await db.patch("a", [increment("fields.n", 1)])).toMatchObject({ id: "a", fields: { n: 1 }, metadata: null, revision: 1 })
      expect(await db.patch("b", [increment("fields.n", 1)], { expectedRevision: 0 })).toMatchObject({ fields: { n: 2 }, revision: 1 })
      await expect(db.patch("b", [increment("fields.n", 1)], { expectedRevision: 0 })).rejects.toThrow(RevisionConflictError)
      const batch = await db.patchBatch(["b", "a"].map((id) => ({ id, changes: [increment("fields.n", 10)] })))
      expect(batch.map(({ id, fields }) => [id, fields["n"]])).toEqual([
        ["b", 12],
        ["a", 11],
      ])
      expect(await db.patchWhere({ filters: [filter("id", "=", "a")] }, [increment("fields.n", 10)])).toBe(1)
      const claimed = await db.claim({ sort: [{ field: "fields.n", order: "desc" }, { field: "updatedAt" }], limit: 2 }, [set("fields.taken", true)])
      expect(claimed.map(({ id }) => id)).toEqual(["a", "b"])
      await expect(db.patch("a", [set("metadata.x", 1)])).rejects.toMatchObject({ code: "invalid_record", pointer: "/0/field" })
      expect(await db.updateWhere({ all: true }, { fields: {} })).toBe(2)
      expect(await db.deleteWhere({ all: true })).toBe(2)
    } finally {
      await db.close()
      await drop()
    }
  })
})

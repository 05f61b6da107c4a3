import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { filter, InvalidQueryError, matches, type PostgresDatabase, RawJson } from "../../src/index.ts"
import { type JsonPointer, pointerText } from "../../src/json/json-pointer.ts"
import { jsonText } from "../../src/json/json-text.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

function text(value: unknown): string {
  return jsonText(value, { pointer: "", refuse, bigint: "refused" })
}

function refuse(pointer: JsonPointer, reason: string): never {
  throw new Error(`${pointerText(pointer)}: ${reason}`)
}

/** JSON text, and the text that `jsonb` makes of it; `undefined` where the server refuses it. */
const numbers: [written: string, stored: string | undefined][] = [
  ["12345678901234567890.123", "12345678901234567890.123"],
  ["-0", "0"],
  ["1.50e2", "150"],
  ["0.10", "0.10"],
  ["9007199254740993", "9007199254740993"],
  [`1${"0".repeat(131_071)}`, `1${"0".repeat(131_071)}`],
  [`1${"0".repeat(131_072)}`, undefined],
  ["9.9e131071", `99${"0".repeat(131_070)}`],
  ["1e131072", undefined],
  ["0.001e131074", `1${"0".repeat(131_071)}`],
  ["0.001e131075", undefined],
  [`0.${"0".repeat(16_382)}1`, `0.${"0".repeat(16_382)}1`],
  [`0.${"0".repeat(16_383)}1`, undefined],
  [`1.${"0".repeat(16_384)}`, undefined],
  ["1e-16383", `0.${"0".repeat(16_382)}1`],
  ["1e-16384", undefined],
  ["1.5e-16383", undefined],
  ["0e131073", "0"],
  ["0e1073741823", "0"],
  ["0e1073741824", undefined],
  ["-1e-99999999999", undefined],
  [`0.${"1".repeat(20_000)}e3617`, `${"1".repeat(3617)}.${"1".repeat(16_383)}`],
  [`0.${"1".repeat(20_000)}e3616`, undefined],
]

const refused: [text: string, message: string | RegExp][] = [
  ["", ": the text of a RawJson is not JSON: expected a JSON value at line 1, column 1"],
  ["1 2", ": the text of a RawJson is not JSON: expected nothing more at line 1, column 3"],
  ['{"a": [1,]}\n', /expected a JSON value at line 1, column 10/],
  ["\ufeff1", /expected a JSON value at line 1, column 1/],
  ["01", /not JSON/],
  ["NaN", /not JSON/],
  ["1\u00a0", /not JSON/],
  ['{"a": ["x", "\\u0000"]}', /^\/a\/1: a NUL/],
  ['{"a": {"b~\\u0000": 1}}', "/a/b~0\u0000: a NUL"],
  ['[{"a": 1}, {"a/b": "\\ud800"}]', /^\/1\/a~1b: a lone surrogate/],
  ['["\\udc00\\ud800"]', /^\/0: a lone surrogate/],
  ['["\ud800"]', /^\/0: a lone surrogate/],
  // Together they are one character to JavaScript, and two broken ones in UTF-8.
  ['["\\ud83d\ude00"]', /^\/0: a lone surrogate/],
  ['{"a": 1, "b": {"a": 1, "c": [], "a": 2}}', /^\/b\/a: this key stands twice/],
  ['{"a": 1, "\\u0061": 2}', /^\/a: this key stands twice/],
  ['{"__proto__": 1, "__proto__": 2}', /^\/__proto__: this key stands twice/],
  ['{"a": "\\u0000", "a": 2}', /^\/a: a NUL/],
  ['{"a": [1, 2, [3, 1e131072]]}', /^\/a\/2\/1: a number with more than 131072 digits before the point/],
  ["[".repeat(2001) + "]".repeat(2001), /: nested deeper than 2000 levels/],
]

test.each(refused)("%j is refused at its place", (raw, message) => {
  expect(() => text(new RawJson(raw))).toThrow(message)
})

test.each([[3], [undefined], [{ toString: () => "1" }]])("a RawJson of %j is refused", (raw) => {
  expect(() => text({ a: new RawJson(raw as never) })).toThrow("/a: a RawJson holds JSON text, a string")
})

test.each(["1", '"\\ud83d\\ude00 \\\\ \\""', ' {"a": {"a": [[], {}, null, true]}, "": [1.0]} '])("%j is written as it stands", (raw) => {
  expect(text(new RawJson(raw))).toBe(raw.trim())
  expect(text({ a: [new RawJson(raw), 1] })).toBe(`{"a":[${raw.trim()},1]}`)
})

test("a place inside is one below the place of the raw text, and so is a level", () => {
  expect(() => text({ a: [0, new RawJson('{"b": 1, "b": 2}')] })).toThrow(/^\/a\/1\/b: /)
  const deepest = "[".repeat(1999) + "]".repeat(1999)
  expect(text([new RawJson(deepest)])).toBe(`[${deepest}]`)
  expect(() => text([[new RawJson(deepest)]])).toThrow(/nested deeper/)
})

test("a number by JSON.rawJSON, the language's own form of it, is taken as well", () => {
  const rawJSON: unknown = Reflect.get(JSON, "rawJSON")
  const number: unknown = typeof rawJSON === "function" ? rawJSON("1.000000000000000000001") : expect.unreachable()
  expect(text([number])).toBe("[1.000000000000000000001]")
})

test("a RawJson of another copy of the package is not taken for a plain object", () => {
  expect(() => text([{ [Symbol.toStringTag]: "RawJson", text: "1" }])).toThrow(/^\/0: a RawJson would not come back/)
})

test("a long text is checked in time that grows with its length alone", () => {
  const raw = `[${Array.from({ length: 200_000 }, (_, index) => `{"k${index}": "${"\\n".repeat(20)}", "n": ${index}.5}`).join(", ")}]`
  expect(text(new RawJson(raw))).toBe(raw)
})

describe.each(databases)("raw JSON on $name", (kind) => {
  let db: PostgresDatabase<{ name?: string; n?: number; list?: number[] }>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind))
  })
  afterAll(() => drop())

  const stored = async (id: string): Promise<string | undefined> => {
    const { rows } = await sql<{ n: string }>`select fields->>'n' as n from records where id = ${id}`.execute(db.kysely)
    return rows[0]?.n
  }

  test("a number is refused before it is sent exactly where the server would refuse it", async () => {
    for (const [written, expected] of numbers) {
      const sent = sql<{ n: string }>`select ${written}::jsonb::text as n`.execute(db.kysely).then(
        ({ rows }) => rows[0]?.n,
        () => undefined,
      )
      expect(await sent, written.slice(0, 40)).toBe(expected)
      const created = db.create({ fields: { n: new RawJson(written) } })
      if (expected === undefined) await expect(created).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/fields/n" })
      else expect(await stored((await created).id)).toBe(expected)
    }
  })

  test("whole documents and parts of them, in every write", async () => {
    const ada = await db.create({ fields: new RawJson('{"n": 0.100000000000000000001}'), metadata: new RawJson("[1, 2]") })
    expect([await stored(ada.id), ada.metadata]).toEqual(["0.100000000000000000001", [1, 2]])
    await db.update(ada.id, { fields: { name: "Ada", n: new RawJson("99999999999999999999") }, metadata: new RawJson(" null ") })
    expect([await stored(ada.id), (await db.read(ada.id))?.metadata]).toEqual(["99999999999999999999", null])
    const ids = await db.createBatch([{ fields: { n: 1 } }, { fields: { n: new RawJson("1.10"), list: [1, new RawJson("2.20")] } }])
    expect(await stored(ids[1] ?? "")).toBe("1.10")
    const { rows } = await sql`select id from records where metadata is not null`.execute(db.kysely)
    expect(rows).toEqual([])
    await expect(db.createBatch([{ fields: {} }, { fields: { list: [1, new RawJson("{")] } }])).rejects.toMatchObject({ pointer: "/1/fields/list/1" })
    await expect(db.create({ fields: new RawJson(" null\n") })).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/fields" })
  })

  test("an operand is compared by its exact value, here and in memory", async () => {
    await sql`truncate records`.execute(db.kysely)
    await db.createBatch(["9007199254740993", "9007199254740992", "0.1", "0.1000000000000000000001"].map((n) => ({ fields: { n: new RawJson(n) } })))
    const large = filter("fields.n", "=", new RawJson("9007199254740993.0"))
    expect(await db.count({ filters: [large] })).toBe(1)
    expect(matches(large, { fields: { n: 9007199254740992 } })).toBe(false)
    expect(await db.count({ filters: [filter("fields.n", ">", new RawJson("0.1"))] })).toBe(3)
    expect(await db.count({ filters: [filter("fields.n", "between", [new RawJson("0.10000000000000000000001"), 1n])] })).toBe(1)
    expect(await db.count({ filters: [filter("fields.n", "in", [new RawJson("0.1000000000000000000001"), 7])] })).toBe(1)
    expect(await db.count({ filters: [filter(["fields"], "contains", { n: new RawJson("1e-1") })] })).toBe(1)
    for (const wrong of ["null", "1e131072", "1,"]) {
      await expect(db.count({ filters: [filter("fields.n", "=", new RawJson(wrong))] })).rejects.toThrow(InvalidQueryError)
    }
    await expect(db.count({ filters: [filter("fields.n", ">", new RawJson("[1]"))] })).rejects.toMatchObject({ pointer: "/filters/0/value" })
  })
})

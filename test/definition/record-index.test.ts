import { describe, expect, test } from "vitest"
import { ConfigurationError, defineRecords, filter, type JsonObject, type RecordsDefinition } from "../../src/index.ts"
import { createIndexSql, extensionOf, indexStatements } from "../../src/statement/index-statement.ts"

/** What the compiler would refuse, as JavaScript and JSON may bring it. */
function defined(...indexes: unknown[]): RecordsDefinition {
  return defineRecords(JSON.parse(JSON.stringify({ table: "people", indexes })))
}

function created(definition: RecordsDefinition<never> | RecordsDefinition): string[] {
  return indexStatements(definition).map((statement) => createIndexSql(statement, definition, "at once").replace(/^.* on /, ""))
}

const V = `(coalesce("fields"->'v', 'null'))`

describe("an index becomes SQL", () => {
  const rows: readonly [index: object, sql: string][] = [
    [{ field: "fields.v" }, `using btree (${V}, ("id"))`],
    [{ kind: "path", field: "fields->>'v'", order: "desc" }, `using btree (${V} desc, ("id") desc)`],
    [
      { field: ["fields", "a.b", 0] },
      `using btree ((coalesce((case when jsonb_typeof("fields"->'a.b') = 'array' then "fields"->'a.b'->0 end), 'null')), ("id"))`,
    ],
    [{ field: "createdAt", order: "desc" }, `using btree (("created_at") desc, ("id") desc)`],
    [{ field: "fields.v", unique: true }, `using btree (${V}) where (coalesce("fields"->'v', 'null') <> 'null')`],
    [
      { fields: ["fields.v", "metadata.w"], unique: true },
      `using btree (${V}, (coalesce("metadata"->'w', 'null'))) where (coalesce("fields"->'v', 'null') <> 'null') and (coalesce("metadata"->'w', 'null') <> 'null')`,
    ],
    [{ fields: [{ field: "fields.v", order: "desc" }, "fields.w", { field: "id" }] }, `using btree (${V} desc, (coalesce("fields"->'w', 'null')), ("id"))`],
    [{ field: "fields.v", nulls: "last" }, `using btree ((coalesce("fields"->'v', 'null') = 'null'), ${V}, ("id"))`],
    [
      { fields: [{ field: "fields.v", order: "desc", nulls: "first" }] },
      `using btree ((coalesce("fields"->'v', 'null') = 'null') desc, ${V} desc, ("id") desc)`,
    ],
    [
      { field: "fields.v", where: filter("fields.status", "=", "it's \\open") },
      `using btree (${V}, ("id")) where (coalesce("fields"->'status', 'null') = E'"it''s \\\\\\\\open"'::jsonb)`,
    ],
    [
      { field: "fields.v", where: { and: [filter("fields.n", ">", 5), filter("fields.s", "in", ["a", "b"])] } },
      `using btree (${V}, ("id")) where ((coalesce("fields"->'n', 'null') > '5'::jsonb and coalesce("fields"->'n', 'null') < 'false')) and (coalesce("fields"->'s', 'null') = any(array['"a"', '"b"']::jsonb[]))`,
    ],
    [{ kind: "text", field: "fields.v" }, `using btree ((left("fields"->>'v', 500)) text_pattern_ops)`],
    [{ kind: "trigram", field: "fields.v" }, `using gin (("fields"->>'v') gin_trgm_ops)`],
    [{ kind: "array", field: "fields.v" }, `using gin (${V} jsonb_path_ops)`],
  ]

  test.each(rows)("%j", (index, sql) => {
    expect(created(defined(index))).toEqual([`"public"."people" ${sql}`])
  })

  test("only a trigram index needs an extension", () => {
    const { indexes } = defined(
      { field: "fields.v" },
      { kind: "text", field: "fields.v" },
      { kind: "trigram", field: "fields.v" },
      { kind: "array", field: "fields.v" },
    )
    expect(indexes.map(extensionOf)).toEqual([undefined, undefined, "pg_trgm", undefined])
  })

  test("the condition of a partial index is the same whatever other indexes there are", () => {
    const partial = { field: "fields.v", where: filter("fields.status", "=", "open") }
    expect(created(defined(partial, { field: "fields.status" }))[0]).toBe(created(defined(partial))[0])
  })
})

describe("the name of an index", () => {
  const names = (...indexes: object[]) => indexStatements(defined(...indexes)).map(({ name }) => name)

  test("says what it holds, fits PostgreSQL, and is another one for another index", () => {
    const long = "a very long key ".repeat(20)
    const all = names(
      { field: "fields.age" },
      { field: "fields.age", order: "desc" },
      { field: "fields.age", unique: true },
      { field: "fields.age", where: filter("fields.age", "exists") },
      { kind: "text", field: "fields.age" },
      { field: ["fields", long] },
      { field: ["fields", `${long}!`] },
      { field: ["fields", "ключ"] },
      { field: "fields" },
      { fields: ["fields.address.city", "createdAt"] },
    )
    expect(new Set(all).size).toBe(all.length)
    for (const name of all) {
      expect(name).toMatch(/^people_[a-z0-9_]+_[0-9a-f]{8}$/)
      expect(name.length).toBeLessThanOrEqual(63)
    }
    expect(all[0]).toMatch(/^people_age_[0-9a-f]{8}$/)
    expect(all.at(-1)).toMatch(/^people_address_city_createdat_[0-9a-f]{8}$/)
  })

  test("is the same whatever the spelling of the field", () => {
    expect(names({ field: "fields.address.city" })).toEqual(names({ field: "fields->'address'->>'city'" }))
    expect(names({ field: "fields.address.city" })).toEqual(names({ fields: [["fields", "address", "city"]] }))
  })
})

describe("an index without a meaning is refused, with its place", () => {
  const refusals: readonly [indexes: unknown, message: RegExp][] = [
    [{ field: "fields.v" }, /indexes is a list/],
    ["fields.v", /indexes is a list/],
    [[null], /\/indexes\/0: an index is an object/],
    [["fields.v"], /\/indexes\/0: an index is an object/],
    [[{}], /\/indexes\/0\/field: a field is a string/],
    [[{ field: "fields.v" }, { field: "name" }], /\/indexes\/1\/field: a field starts with fields or metadata/],
    [[{ field: "fields..v" }], /\/indexes\/0\/field: a dotted path has an empty segment/],
    [[{ field: "fields.v", column: "x" }], /\/indexes\/0\/column: unknown key: an index has kind, field, fields, order, nulls, unique, where/],
    [[{ field: "fields.v", kind: "hash" }], /\/indexes\/0\/kind: is one of path, text, trigram, array/],
    [[{ field: "fields.v", kind: "__proto__" }], /\/indexes\/0\/kind: is one of/],
    [[{ field: "fields.v", unique: "yes" }], /\/indexes\/0\/unique: is true or false/],
    [[{ field: "fields.v", kind: "text", unique: true }], /\/indexes\/0\/unique: an index of the kind text cannot be unique/],
    [[{ field: "fields.v", order: "down" }], /\/indexes\/0\/order: is one of asc, desc/],
    [[{ field: "fields.v", nulls: "middle" }], /\/indexes\/0\/nulls: is one of first, last/],
    [[{ field: "id", nulls: "last" }], /\/indexes\/0\/nulls: is for fields in a document, and id is a column/],
    [[{ field: "fields.v", nulls: "last", unique: true }], /\/indexes\/0: a unique index leaves out the records without a value/],
    [[{ field: "fields.v", fields: ["fields.w"] }], /\/indexes\/0: has fields, or field, order and nulls, not both/],
    [[{ fields: ["fields.w"], order: "asc" }], /\/indexes\/0: has fields, or field, order and nulls, not both/],
    [[{ fields: [] }], /\/indexes\/0\/fields: is a list of at least one field/],
    [[{ fields: "fields.v" }], /\/indexes\/0\/fields: is a list of at least one field/],
    [[{ fields: ["fields.v", 7] }], /\/indexes\/0\/fields\/1: is a field, or \{ field, order, nulls \}/],
    [[{ fields: ["fields.v", "nowhere"] }], /\/indexes\/0\/fields\/1: a field starts with/],
    [[{ fields: [{ field: "fields.v", nulls: 1 }] }], /\/indexes\/0\/fields\/0\/nulls: is one of/],
    [[{ fields: [{ field: "fields.v", unique: true }] }], /\/indexes\/0\/fields\/0\/unique: unknown key: a key has field, order, nulls/],
    [[{ fields: ["fields.v", "fields->'v'"] }], /\/indexes\/0\/fields: names a field twice/],
    [[{ fields: Array.from({ length: 32 }, (_, n) => `fields.v${n}`) }], /\/indexes\/0: has more than the 32 columns that PostgreSQL allows/],
    [[{ fields: Array.from({ length: 16 }, (_, n) => ({ field: `fields.v${n}`, nulls: "last" })) }], /\/indexes\/0: has more than the 32 columns/],
    [[{ kind: "text", fields: ["fields.v", "fields.w"] }], /\/indexes\/0: an index of the kind text has one field, inside a document, and no order/],
    [[{ kind: "trigram", field: "id" }], /\/indexes\/0: an index of the kind trigram has one field, inside a document/],
    [[{ kind: "array", field: "fields.v", order: "desc" }], /\/indexes\/0: an index of the kind array has one field, .* and no order/],
    [[{ kind: "array", field: "fields.v", nulls: "last" }], /\/indexes\/0: an index of the kind array has one field, .* and no order/],
    [[{ field: "fields.v", where: "fields.v" }], /\/indexes\/0\/where: a condition is an object/],
    [[{ field: "fields.v", where: { field: "fields.v", operator: "=" } }], /\/indexes\/0\/where\/value: undefined is no operand/],
    [[{ field: "fields.v", where: { field: "fields.v", operator: "is", value: 1 } }], /\/indexes\/0\/where\/operator: unknown operator/],
    [
      [{ field: "fields.v", where: { not: { field: "fields.v", operator: "any", value: { field: "", operator: "=", value: 1 } } } }],
      /\/indexes\/0\/where: a partial index cannot use any/,
    ],
    [[{ field: "fields.v" }, { field: "fields.w" }, { field: ["fields", "v"], order: "asc" }], /\/indexes\/2: is the same index as \/indexes\/0/],
  ]

  test.each(refusals)("%j", (indexes, message) => {
    expect(() => defineRecords(JSON.parse(JSON.stringify({ indexes })))).toThrow(ConfigurationError)
    expect(() => defineRecords(JSON.parse(JSON.stringify({ indexes })))).toThrow(message)
  })

  test("a hole in a list is no index and no field", () => {
    const sparse: { field: "fields.v" }[] = []
    sparse[1] = { field: "fields.v" }
    expect(() => defineRecords<JsonObject>({ indexes: sparse })).toThrow(/\/indexes\/0: an index is an object/)
  })
})

test("an index of another kind, order, direction or condition is no duplicate", () => {
  const where = filter("fields.v", "exists")
  expect(
    defined(
      { field: "fields.v" },
      { field: "fields.v", order: "desc" },
      { field: "fields.v", unique: true },
      { field: "fields.v", where },
      { kind: "text", field: "fields.v" },
    ).indexes,
  ).toHaveLength(5)
})

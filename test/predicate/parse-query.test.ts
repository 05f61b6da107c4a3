import { describe, expect, expectTypeOf, test } from "vitest"
import {
  defineRecords,
  InvalidQueryError,
  type PostgresDatabase,
  parseQuery,
  previewQuery,
  type Query,
  type RecordShape,
  type Selection,
} from "../../src/index.ts"

interface Person {
  name: string
  age?: number
  address: { city: string; zip?: string }
}
const people = defineRecords<Person, { source: string }>({ table: "people" })

const adults = { filters: [{ field: "fields.age", operator: ">=", value: 18 }], sort: [{ field: "fields.name" }], limit: 10 }

function refusal(json: unknown, options?: Parameters<typeof parseQuery>[1]): [code: string, pointer: string] {
  try {
    parseQuery(json, options)
  } catch (error) {
    if (error instanceof InvalidQueryError) return [error.code, error.pointer]
    throw error
  }
  return ["accepted", ""]
}

const nested = (levels: number): unknown => (levels === 1 ? { field: "fields.age", operator: "exists" } : { not: nested(levels - 1) })

describe("a query from outside", () => {
  test("comes back as it was given, from text or from what a parser has made of it", () => {
    expect(parseQuery(JSON.stringify(adults), { definition: people })).toEqual(adults)
    expect(parseQuery(adults)).toEqual(adults)
    expect(parseQuery({})).toEqual({})
  })

  test("has the type of its definition, and the database takes it", () => {
    expectTypeOf(parseQuery("{}", { definition: people })).toEqualTypeOf<
      Query<RecordShape<Person, { source: string }>, Selection<RecordShape<Person, { source: string }>>>
    >()
    const search = (db: PostgresDatabase<Person, { source: string }>) => db.search(parseQuery("{}", { definition: people }))
    expectTypeOf<Awaited<ReturnType<typeof search>>[number]["revision"]>().toEqualTypeOf<number | undefined>()
  })

  test("keeps whole numbers beyond 2^53 exact when it comes as text", () => {
    const query = parseQuery('{"filters":[{"field":"fields.n","operator":"in","value":[9007199254740993,1.5,1e400]}]}'.replace(",1e400", ""))
    expect(previewQuery(query).parameters).toEqual([['{"n":9007199254740993}', '{"n":1.5}']])
  })

  test("keeps every number of a text exact, and JSON.stringify writes it again", () => {
    const text = '{"filters":[{"field":"fields.n","operator":"in","value":[0.10000000000000000001,1e400]}]}'
    const query = parseQuery(text)
    expect(previewQuery(query).parameters).toEqual([['{"n":0.10000000000000000001}', '{"n":1e400}']])
    expect(JSON.stringify(query)).toBe(text)
    expect(previewQuery(parseQuery('{"filters":[{"field":"revision","operator":">","value":1.00000000000000000001}]}')).parameters).toEqual(["2"])
    expect(refusal('{"limit":1.00000000000000000001}')).toEqual(["invalid_query", "/limit"])
  })

  test("says where a text is no JSON, and refuses a key that stands twice in one object", () => {
    expect(() => parseQuery("{\n filters: []}")).toThrow('the text is no JSON: expected a key in double quotes or "}" at line 2, column 2')
    expect(refusal('{"limit":1,"limit":1000}')).toEqual(["invalid_query", "/limit"])
    expect(refusal('{"filters":[{"field":"fields.a","\\u0066ield":"id","operator":"exists"}]}')).toEqual(["invalid_query", "/filters/0/field"])
  })

  test.each([
    [{ maxlimit: 10 }, "unknown_option"],
    [{ maxLimit: Number.NaN }, "invalid_option"],
    [{ maxDepth: "3" }, "invalid_option"],
    [{ maxConditions: -1 }, "invalid_option"],
    [{ allow: "fields.name" }, "invalid_option"],
  ])("the option %j, which would bound nothing, is refused", (options, code) => {
    expect(() => parseQuery({}, options as never)).toThrow(expect.objectContaining({ name: "ConfigurationError", code }))
  })

  test("means the same after JSON.stringify and back", () => {
    const query = {
      filters: [{ field: "fields.born", operator: "<", value: new Date(0) }, { not: { field: "createdAt", operator: "in", value: [new Date(1)] } }],
    } as const
    expect(previewQuery(parseQuery(JSON.stringify(query)))).toEqual(previewQuery(query))
  })

  test.each([
    ["", "not_json", ""],
    ["{", "not_json", ""],
    ["null", "invalid_query", ""],
    ["[]", "invalid_query", ""],
    ['{"filters":null}', "invalid_query", "/filters"],
    ['{"filters":[{"field":"fields.a","operator":"==","value":1}]}', "invalid_query", "/filters/0/operator"],
    ['{"filters":[{"__proto__":{"field":"id"}}]}', "invalid_query", "/filters/0/__proto__"],
  ])("%j is refused as %s at %j", (text, code, pointer) => {
    expect(refusal(text)).toEqual([code, pointer])
  })

  test("is refused beyond the depth, the number of conditions and the limit that are allowed", () => {
    expect(refusal({ filters: [nested(3)] }, { maxDepth: 3 })).toEqual(["accepted", ""])
    expect(refusal({ filters: [nested(4)] }, { maxDepth: 3 })).toEqual(["too_deep", "/filters/0/not/not/not"])
    expect(refusal({ filters: [{ field: "fields.l", operator: "any", value: nested(3) }] }, { maxDepth: 3 })).toEqual(["too_deep", "/filters/0/value/not/not"])
    expect(refusal({ filters: [nested(33)] })).toEqual(["too_deep", expect.any(String)])
    expect(refusal({ filters: [{ or: [nested(1), nested(1)] }, nested(1)] }, { maxConditions: 2 })).toEqual(["too_many_conditions", "/filters/1"])
    expect(refusal({ limit: 11 }, { maxLimit: 10 })).toEqual(["limit_too_high", "/limit"])
    expect(parseQuery({}, { maxLimit: 10 })).toEqual({ limit: 10 })
    expect(parseQuery({ limit: 0 }, { maxLimit: 10 })).toEqual({ limit: 0 })
  })

  test("names only the fields that are allowed, and what lies below them, in every spelling", () => {
    const allow = ["fields.address", "createdAt"] as const
    const of = (field: unknown) => refusal({ filters: [{ not: { field, operator: "=", value: "2025-01-01T00:00:00.000Z" } }] }, { allow })
    for (const field of ["fields.address", "fields.address.city", "fields->'address'->>'city'", ["fields", "address", "zip", 0], "createdAt"])
      expect(of(field)).toEqual(["accepted", ""])
    for (const field of ["fields", "fields.name", "fields.addresses", ["fields", "address.city"], "id", "metadata.address"]) {
      expect(of(field)).toEqual(["field_not_allowed", "/filters/0/not/field"])
    }
    expect(refusal({ sort: [{ field: "fields.name" }] }, { allow })).toEqual(["field_not_allowed", "/sort/0/field"])
    expect(refusal({ select: ["createdAt", "id"] }, { allow })).toEqual(["field_not_allowed", "/select/1"])
    expect(refusal({ filters: [{ field: "fields.address", operator: "any", value: { field: "name", operator: "exists" } }] }, { allow })).toEqual([
      "accepted",
      "",
    ])
    expect(() => parseQuery({}, { allow: ["nope"] })).toThrow(/allow/)
  })

  test("is read without running out of stack, however deep it is", () => {
    expect(refusal(`{"filters":[${'{"not":'.repeat(100_000)}{"and":[]}${"}".repeat(100_000)}]}`)[0]).toBe("too_deep")
    let deep: unknown = { and: [] }
    for (let level = 0; level < 100_000; level += 1) deep = { not: deep }
    expect(refusal({ filters: [deep] }, { maxDepth: 1_000_000 })[0]).toBe("too_deep")
    const operand = (inside: string) => `{"filters":[{"field":"fields.a","operator":"=","value":${"[".repeat(100_000)}${inside}${"]".repeat(100_000)}}]}`
    expect([refusal(operand(""))[0], refusal(operand("9007199254740993"))[0]]).toEqual(["invalid_query", "invalid_query"])
  })
})

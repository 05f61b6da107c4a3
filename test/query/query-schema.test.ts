import { Ajv2020 } from "ajv/dist/2020.js"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { parseQuery, querySchema } from "../../src/index.ts"
import { type OperatorName, operators } from "../../src/query/operator.ts"
import { condition } from "../fuzz/conditions.ts"

const accepts = new Ajv2020({ strict: false }).compile(querySchema)

const candidates: unknown[] = [
  undefined,
  null,
  true,
  0,
  1,
  -1,
  2.5,
  "",
  "a",
  "string",
  "%",
  [],
  [1],
  ["a"],
  [1, 2],
  ["a", "b"],
  [1, "a"],
  [1, 2, 3],
  [null],
  [[1]],
  ["string"],
  ["missing", "null"],
  {},
  { a: 1 },
  { and: [] },
  { field: "", operator: "exists" },
  { field: "x", operator: "=", value: 1 },
  { field: "x", operator: "any", value: { or: [] } },
  { field: "x", operator: "nope" },
]

function isParsed(query: unknown): boolean {
  try {
    parseQuery(query)
    return true
  } catch {
    return false
  }
}

describe("the JSON Schema of a query", () => {
  test.each(Object.keys(operators))("says of %s what the parser says, for operands of every form", (operator) => {
    for (const value of candidates) {
      const query = JSON.parse(JSON.stringify({ filters: [{ field: "fields.v", operator, value }] }))
      expect([JSON.stringify(query), accepts(query)]).toEqual([JSON.stringify(query), isParsed(query)])
    }
  })

  test("names every operator in one place, with the operands it takes", () => {
    const leaves = querySchema.$defs.condition["anyOf"] as { properties?: { operator?: { enum: OperatorName[] } } }[]
    const named = leaves.flatMap((leaf) => leaf.properties?.operator?.enum ?? [])
    expect(named.toSorted()).toEqual(Object.keys(operators).toSorted())
  })

  test("accepts every query that the parser accepts", () => {
    fc.assert(
      fc.property(condition, (given) => {
        // A Date travels as its string, and a bigint has no wire format but its digits.
        const text = JSON.stringify({ filters: [given] }, (_, value) => (typeof value === "bigint" ? Number(value) : value))
        const query = JSON.parse(text)
        if (isParsed(query)) expect(accepts(query), text).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  test.each([
    [{ limit: -1 }],
    [{ limit: 1.5 }],
    [{ offset: "1" }],
    [{ select: [] }],
    [{ sort: [{ field: "fields.a", order: "DESC" }] }],
    [{ sort: [{ order: "asc" }] }],
    [{ filters: [{ and: [], or: [] }] }],
    [{ filters: [{ field: "fields.a", operator: "=", value: 1, negate: true }] }],
    [{ filters: [{ field: "name", operator: "exists" }] }],
    [{ filter: [] }],
    [[]],
    [null],
  ])("refuses %j, as the parser does", (query) => {
    expect([accepts(query), isParsed(query)]).toEqual([false, false])
  })
})

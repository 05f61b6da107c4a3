import fc from "fast-check"
import { type Compilable, sql } from "kysely"
import { expect, test } from "vitest"
import { defineRecords, increment, RawJson, RecordsError, set } from "../../src/index.ts"
import { checkedQuery } from "../../src/predicate/checked-query.ts"
import { operators } from "../../src/query/operator.ts"
import { CompiledStatements, type Given } from "../../src/statement/compiled-statements.ts"
import { queryShape } from "../../src/statement/query-shape.ts"
import { RecordStatements } from "../../src/statement/record-statements.ts"
import { unconnected } from "../../src/statement/records-tables.ts"
import { countStatement, previewOf, searchStatement } from "../../src/statement/search.ts"
import { givenPatch } from "../../src/store/patch-batch.ts"
import { condition } from "../fuzz/conditions.ts"
import { order } from "../fuzz/orders.ts"
import { definitions } from "../fuzz/tables.ts"

const id = "00000000-0000-4000-8000-000000000001"

function counted() {
  const statements = new CompiledStatements()
  const built: object[] = []
  const run = (shape: string, values: { readonly a: string; readonly b?: string }) =>
    statements
      .named(shape, values, ({ a, b }: { readonly a: Given<string>; readonly b?: Given<string> }) => {
        built.push({ shape, a, b })
        return unconnected.selectNoFrom([sql`${"own"}`.as("own"), sql`${b ?? "none"}`.as("b"), sql`${a}`.as("a"), sql`${a}`.as("again")])
      })
      .compile()
  return { built, run }
}

test("a statement is built once for all runs that differ in their values alone, and each run has its own", () => {
  const { built, run } = counted()
  const [one, other] = [run("x", { a: "1", b: "2" }), run("x", { a: "3", b: "4" })]
  expect([one.parameters, other.parameters]).toEqual([
    ["own", "2", "1", "1"],
    ["own", "4", "3", "3"],
  ])
  expect([other.sql, built.length]).toEqual([one.sql, 1])
  expect(run("x", { a: "5" }).parameters).toEqual(["own", "none", "5", "5"])
  run("y", { a: "6" })
  expect(built).toHaveLength(3)
})

test("of many shapes the oldest are forgotten", () => {
  const { built, run } = counted()
  for (let shape = 0; shape < 1000; shape += 1) run(String(shape), { a: "1" })
  run("999", { a: "1" })
  expect(built).toHaveLength(1000)
  expect(run("0", { a: "2" }).parameters).toEqual(["own", "none", "2", "2"])
  expect(built).toHaveLength(1001)
})

test("writes that differ in more than their values have texts of their own", () => {
  const definition = defineRecords()
  const statements = new RecordStatements(definition)
  const record = { id, fields: "{}", metadata: "null" }
  const patch = (change: ReturnType<typeof set>) => {
    const given = givenPatch(id, [change], {}, definition)
    return statements.patch(given.patch.changes, [given])
  }
  const of = (expectedRevision?: number) => ({ id, expectedRevision })
  const texts = [
    statements.create(record),
    statements.read(id, undefined),
    statements.read(id, "exact"),
    statements.exists(id),
    statements.update(of(), { fields: "1" }),
    statements.update(of(), { metadata: "1" }),
    statements.update(of(), { fields: "1", metadata: "2" }),
    statements.update(of(0), { fields: "1" }),
    statements.upsert(of(), record),
    statements.upsert(of(3), record),
    statements.delete(of()),
    statements.delete(of(1)),
    patch(set("fields.a", 1)),
    patch(set("fields.b", 1)),
    patch(set(["fields", "a", 0], 1)),
    patch(set(["fields", "a", "0"], 1)),
    patch(increment("fields.a", 1) as never),
  ].map((statement) => statement.compile())
  expect(new Set(texts.map((text) => text.sql))).toHaveLength(texts.length)
  expect(statements.update(of(0), { fields: "7" }).compile()).toMatchObject({ sql: texts[7]?.sql, parameters: [id, "7", id, 0] })
  expect(patch(set("fields.a", "other")).compile()).toMatchObject({ sql: texts[12]?.sql, parameters: [expect.stringContaining('["other"]'), [id], [id]] })
})

test("a search from a kept text is the search that is built for it alone, and so is a count", () => {
  const kept = new Map(Object.values(definitions).map((definition) => [definition, new RecordStatements(definition)]))
  const bound = fc.option(fc.nat(100), { nil: undefined })
  const selection = fc.option(fc.constantFrom<unknown[]>(["id"], ["fields.name", "fields->'v'"], [["fields", "a,b", 0]]), { nil: undefined })
  const given = fc.record({ order, filter: condition, limit: bound, offset: bound, select: selection, numbers: fc.constantFrom("exact" as const, undefined) })
  fc.assert(
    fc.property(given, ({ order: { filters, sort }, filter, limit, offset, select, numbers }) => {
      for (const [definition, statements] of kept) {
        for (const conditions of [filters, [...filters, filter]]) {
          const query = { filters: conditions, sort, limit, offset, select }
          const checked = checkedQuery(query, definition)
          // Twice, so that the second is filled into the text of the first.
          for (let run = 0; run < 2; run += 1) {
            expect(previewOf(statements.search(query, numbers).statement)).toEqual(previewOf(searchStatement(unconnected, definition, checked, numbers)))
            expect(previewOf(statements.count(query))).toEqual(previewOf(countStatement(unconnected, definition, checked)))
          }
        }
      }
    }),
    { numRuns: 150 },
  )
})

test("searches that differ in more than their values have texts of their own", () => {
  const statements = new RecordStatements(defineRecords())
  const queries = [
    {},
    { limit: 1 },
    { offset: 1 },
    { limit: 1, offset: 1 },
    { select: ["id"] },
    { sort: [{ field: "fields.a" }] },
    { sort: [{ field: "fields.a", order: "desc" }] },
    { sort: [{ field: "fields.a" }, { field: "fields.b" }] },
    { filters: [{ field: "fields.a", operator: ">", value: 1 }] },
    { filters: [{ field: "fields.b", operator: ">", value: 1 }] },
    { filters: [{ field: "fields.a", operator: ">", value: "x" }] },
    { filters: [{ not: { field: "fields.a", operator: ">", value: 1 } }] },
  ]
  const texts = [...queries.map((query) => statements.search(query, undefined).statement), ...queries.slice(8).map((query) => statements.count(query))]
  expect(new Set(texts.map((statement) => statement.compile().sql))).toHaveLength(texts.length)
  expect(statements.search({ offset: 7, limit: 8 }, undefined).statement.compile()).toMatchObject({ sql: texts[3]?.compile().sql, parameters: [8, 7] })
})

const places = ["v", "w", "list", "w.0", "serial", "it's", "v.v"].map((place) => `fields.${place}`)
const fields = [...places, "metadata.v", "metadata.it's", "metadata", "fields", "id", "revision", ["fields", "a"], "none", 7]

const texts = ["", "a", "Ada", "50%_\\", "\\", "(", "é", "\ud7fe", "\ud7ff", "\ue000", "\uffff", "\u{10ffff}", "a\u{10ffff}", "😀", "\ud800", "\u0000"]
const scalars = [...texts, "x".repeat(500), "x".repeat(501), "😀".repeat(300), 0, -0, 1.5, 7n, Number.NaN, true, false, new Date(0), new Date(Number.NaN)]
const lists = [
  [],
  ["a"],
  ["a", ""],
  [1, true],
  [1, 2],
  ["a", "b"],
  ["a", 1],
  [new Date(0), "z"],
  [null],
  [[1]],
  ["string", "null"],
  [{ a: 1 }],
  Object.assign([], { length: 2 }),
]
const others = [undefined, null, { a: 1 }, new RawJson("1"), new RawJson('"a"'), { field: "", operator: "=", value: 1 }]

function outcome(run: () => Compilable): object {
  try {
    return previewOf(run())
  } catch (error) {
    if (!(error instanceof RecordsError)) throw error
    return { code: error.code, message: error.message }
  }
}

test("whatever the operand, a query of a known shape has the statement, or the error, of one that is seen for the first time", () => {
  const values = fc.shuffledSubarray([...scalars, ...lists, ...others], { minLength: 40 })
  const operator = fc.constantFrom(...Object.keys(operators), "nothing")
  fc.assert(
    fc.property(operator, values, fc.constantFrom(...fields), (name, operands, field) => {
      for (const definition of Object.values(definitions)) {
        const statements = new RecordStatements(definition)
        for (const value of operands) {
          const query = {
            filters: [{ field: "fields.b", operator: "=", value: "b" }, value === undefined ? { field, operator: name } : { field, operator: name, value }],
          }
          const first = outcome(() => searchStatement(unconnected, definition, checkedQuery(query, definition)))
          expect(outcome(() => statements.search(query, undefined).statement)).toEqual(first)
          expect(outcome(() => statements.count(query))).toEqual(outcome(() => countStatement(unconnected, definition, checkedQuery(query, definition))))
        }
      }
    }),
    { numRuns: 150 },
  )
})

test.each<[shape: string | undefined, query: unknown]>([
  ["", {}],
  ["filters0|", { filters: [] }],
  ["filters1|fields.a|=|text|", { filters: [{ field: "fields.a", operator: "=", value: "x" }] }],
  ["filters1|fields.a|between|number to number|", { filters: [{ value: [1, 2], operator: "between", field: "fields.a" }], sort: undefined }],
  ["limit|sort1|fields.a|desc||select1|id|", { limit: 3, sort: [{ field: "fields.a", order: "desc" }], select: ["id"] }],
  [undefined, { limit: -1 }],
  [undefined, { filters: [{ field: "fields.a", operator: "=", value: { a: 1 } }] }],
  [undefined, { filters: [{ field: "fields.a", operator: "=", value: 1, more: 1 }] }],
  [undefined, { filters: [{ field: "fields.a\u0000=\u0000text", operator: "=", value: 1 }] }],
  [undefined, { filters: [{ or: [] }] }],
  [undefined, { filters: Object.assign([], { length: 1 }) }],
  [undefined, { more: [] }],
  [undefined, new (class Query {})()],
  [undefined, null],
])("the shape is %j for %j", (shape, query) => {
  expect(queryShape(query)?.text.replaceAll("\u0000", "|")).toBe(shape)
})

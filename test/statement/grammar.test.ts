import fc from "fast-check"
import { CompiledQuery, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, type QueryResult } from "kysely"
import { describe, expect, test } from "vitest"
import { defineRecords, type LooseCondition, PostgresDatabase, previewQuery, type RecordsDefinition } from "../../src/index.ts"
import { isJsonPath } from "../../src/path/json-path.ts"
import { checkedCondition } from "../../src/predicate/checked-condition.ts"
import type { Predicate } from "../../src/predicate/predicate.ts"
import { createIndexSql, dropIndexSql, indexStatements } from "../../src/statement/index-statement.ts"
import { cases, untyped } from "../conformance/cases.ts"
import { rows } from "../expression/rows.ts"
import { condition } from "../fuzz/conditions.ts"
import { readStatement } from "./sql-constants.ts"

/*
 * Every statement is read by PostgreSQL's own parser. The constants in its text are the keys of paths and the few words
 * of this package; all else that came from a caller is a parameter.
 */

// The words of the SQL that this package writes.
const OWN_STRINGS = ["null", "false", "array", "string", "number", "missing", "[]", "{}", "-1e131071", '"\\udbff\\udfff"', "UTC"]
const OWN_NUMBERS = ["500"]

// With every kind of index, so that every form of SQL is there.
const indexed = defineRecords({
  table: "indexed",
  indexes: [
    { field: "fields.v" },
    { field: "fields.w", unique: true },
    { fields: ["fields.v.v", { field: "createdAt", order: "desc" }] },
    { kind: "text", field: "fields.v" },
    { kind: "trigram", field: "fields.w" },
    { kind: "array", field: "fields.v.list" },
    { field: "metadata.v", where: { field: "fields.w", operator: "=", value: "Ada" } },
  ] as never,
})
const bare = defineRecords({ table: "bare", gin: false })
const definitions: readonly (readonly [string, RecordsDefinition])[] = [
  ["no definition", defineRecords()],
  ["every kind of index", indexed],
  ["no index at all", bare],
]

describe.each(definitions)("with %s", (_, definition) => {
  test("the conditions of all rows and cases parse, with nothing but keys in their text", async () => {
    for (const { condition } of rows) await expectKeysOnly(condition as LooseCondition, definition)
    for (const { query } of cases.filter(({ expect, op }) => expect.error === undefined && op !== "createBatch")) {
      const { filters = [], ...rest }: { filters?: LooseCondition[] } = untyped(query)
      for (const one of filters) await expectKeysOnly(one, definition)
      expect((await readStatement(previewQuery({ filters, ...rest } as never, definition).sql)).statements).toBe(1)
    }
  })

  test("any condition parses, with nothing but keys in its text", async () => {
    await fc.assert(
      fc.asyncProperty(condition, (given) => expectKeysOnly(given, definition)),
      { numRuns: 700 },
    )
  })
})

test("a value is never in the text, whatever operator it is the operand of", async () => {
  const text = `it's "M4RKER" \\ $1 -- /* ; %_`
  const operands: Record<string, unknown> = {
    "=": [text, { [text]: text }, [text, 987654321]],
    ">": [text, 987654321, new Date("2031-05-07")],
    between: [
      [text, `${text}z`],
      [987654321, 987654322n],
    ],
    in: [[text, 987654321, true]],
    like: [text],
    ilike: [text],
    regex: ["M4RKER'\"--"],
    starts_with: [text],
    ends_with: [text],
    includes: [text],
    contains: [text, [text], { [text]: [text] }],
    contains_any: [[text]],
    size: [987654321],
    any: [{ field: [text], operator: "=", value: 987654321 }],
  }
  for (const [, definition] of definitions) {
    for (const [operator, values] of Object.entries(operands)) {
      for (const value of values as unknown[]) {
        for (const field of ["fields.v", "fields.w", "metadata.v", "fields.v.list"]) {
          const { sql, parameters } = previewQuery({ filters: [{ field, operator, value } as never] }, definition)
          const { strings, numbers } = await readStatement(sql)
          expect(numbers, sql).not.toContain("987654321")
          expect(strings.filter((string) => string.includes("M4RKER") && !(operator === "any" && string === text))).toEqual([])
          expect(JSON.stringify(parameters, (_, one: unknown) => (typeof one === "bigint" ? String(one) : one))).toMatch(/M4RKER|987654321|2031/)
        }
      }
    }
  }
})

test("a key is one constant, exactly as it stands", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: "grapheme" }).filter(isKey), { minLength: 1, maxLength: 4 }), async (keys) => {
      for (const operator of ["exists", "not_exists"]) {
        const { strings } = await readStatement(previewQuery({ filters: [{ field: ["fields", ...keys], operator } as never] }).sql)
        expect(strings.filter((string) => string !== "null" || keys.includes("null"))).toEqual(expect.arrayContaining(keys))
        expect(strings.length).toBeLessThanOrEqual(keys.length + 2)
      }
    }),
    { numRuns: 500 },
  )
})

test("sort, select, limit and offset parse, with the limits as parameters", async () => {
  const { sql, parameters } = previewQuery({
    filters: [{ field: "fields.v", operator: ">", value: 3 }],
    sort: [{ field: ["fields", "it's", -1], order: "desc", nulls: "last" }, { field: "createdAt" }],
    select: ["id", "fields.v", ["metadata", "a\\b"]],
    limit: 987654321,
    offset: 987654322,
  })
  const read = await readStatement(sql)
  expect(new Set(read.strings.filter((string) => !OWN_STRINGS.includes(string)))).toEqual(new Set(["v", "it's", "a\\b"]))
  expect(read.numbers.filter((number) => number.startsWith("98765"))).toEqual([])
  expect(read.parameters.size).toBe(parameters.length)
})

test("the statements of indexes parse", async () => {
  for (const statement of indexStatements(indexed)) {
    for (const build of ["at once", "concurrently"] as const) {
      expect((await readStatement(createIndexSql(statement, indexed, build))).statements).toBe(1)
      expect((await readStatement(dropIndexSql(statement.name, indexed, build))).statements).toBe(1)
    }
  }
})

test("every statement that an operation sends parses, with no value in its text", async () => {
  const sent: CompiledQuery[] = []
  const db = new PostgresDatabase<never, never>({ kysely: recording(sent) })
  const id = "0190b0d2-5d3c-7c4e-8f10-0123456789ab"
  const fields = { "it's M4RKER": "M4RKER'; drop table records; --" }
  for (const record of [{ fields }, { id, fields, metadata: fields }]) {
    await db.create(untyped(record))
    await db.createBatch([untyped(record)])
    await db.upsert?.(untyped({ id, ...record }))
    await db.update(id, untyped({ fields, metadata: fields })).catch(() => undefined)
  }
  await db.read(id)
  await db.exists(id)
  await db.delete(id)
  await db.count({ filters: [untyped({ field: "fields.v", operator: "=", value: "M4RKER" })] })
  await db.search({ filters: [untyped({ field: "fields.v", operator: "=", value: "M4RKER" })], select: untyped(["fields.v"]) })
  await db.transaction(async (tx) => {
    await tx.transaction(async (inner) => void (await inner.exists(id)))
  })
  expect(sent.length).toBeGreaterThan(12)
  for (const { sql } of sent) {
    const { statements, strings } = await readStatement(sql)
    expect(statements, sql).toBe(1)
    expect(strings.join(), sql).not.toMatch(/M4RKER|0190b0d2/)
  }
})

async function expectKeysOnly(given: LooseCondition, definition: RecordsDefinition): Promise<void> {
  const { sql, parameters } = previewQuery({ filters: [given] } as never, definition)
  const { statements, strings, numbers, parameters: used } = await readStatement(sql)
  const steps = stepsOf(checkedCondition(given, ""))
  // The condition of a partial index is a literal: PostgreSQL compares texts to see that a query asks for it.
  const partial = definition === indexed ? ["Ada", '"Ada"', '{"w":"Ada"}'] : []
  const allowed = new Set<string>([...OWN_STRINGS, ...partial, ...steps.map(String)])
  expect(statements, sql).toBe(1)
  expect(
    strings.filter((string) => !allowed.has(string)),
    sql,
  ).toEqual([])
  const indexes = new Set([...OWN_NUMBERS, ...steps.map(String)])
  expect(
    numbers.filter((number) => !indexes.has(number)),
    sql,
  ).toEqual([])
  expect(used.size, sql).toBe(parameters.length)
}

function stepsOf(predicate: Predicate): readonly (string | number)[] {
  if (predicate.kind === "not") return stepsOf(predicate.of)
  if ("of" in predicate) return predicate.of.flatMap(stepsOf)
  if (predicate.kind === "column" || !isJsonPath(predicate.path)) return []
  return [...predicate.path.steps, ...(predicate.operator === "any" ? stepsOf(predicate.operand) : [])]
}

function isKey(text: string): boolean {
  return text.isWellFormed() && !text.includes("\u0000")
}

// A driver that answers every statement with one row and keeps what it was sent.
function recording(sent: CompiledQuery[]): Kysely<unknown> {
  const row = { id: "0190b0d2-5d3c-7c4e-8f10-0123456789ab", fields: {}, metadata: null, revision: 1, created_at: new Date(0), updated_at: new Date(0) }
  const connection = {
    executeQuery: (query: CompiledQuery): Promise<QueryResult<never>> => {
      sent.push(query)
      return Promise.resolve({ rows: [row as never] })
    },
    streamQuery: () => {
      throw new Error("nothing streams here")
    },
  }
  const raw = (sql: string): Promise<void> => connection.executeQuery(CompiledQuery.raw(sql)).then(() => undefined)
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createDriver: () => ({
        init: () => Promise.resolve(),
        acquireConnection: () => Promise.resolve(connection),
        beginTransaction: () => raw("begin"),
        commitTransaction: () => raw("commit"),
        rollbackTransaction: () => raw("rollback"),
        releaseConnection: () => Promise.resolve(),
        destroy: () => Promise.resolve(),
      }),
    },
  })
}

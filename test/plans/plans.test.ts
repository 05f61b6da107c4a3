import { readFileSync, writeFileSync } from "node:fs"
import type pg from "pg"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import {
  compileFilter,
  defineRecords,
  type JsonObject,
  type LooseCondition,
  type LooseQuery,
  type Preview,
  previewQuery,
  type RecordsDefinition,
} from "../../src/index.ts"
import { unconnected } from "../../src/statement/records-tables.ts"
import { previewOf } from "../../src/statement/search.ts"
import { type PlanNode, textAt } from "../../src/store/plan.ts"
import { type Claim, type Column, claims, columns } from "./claims.ts"
import { indexTable, withTable } from "./index-table.ts"
import { planModes, planned } from "./planned.ts"
import { besides, definitions, indexedTables, several } from "./tables.ts"

const DOCUMENT = new URL("../../docs/indexes.md", import.meta.url)

let client: pg.Client
let drop: () => Promise<void>

beforeAll(async () => {
  ;({ client, drop } = await indexedTables())
}, 300_000)
afterAll(() => drop())

describe("the indexes that serve a query, on 50,000 records", () => {
  const served = new Map<string, readonly Column[]>()

  test.each(claims)("$asked: $served", { timeout: 120_000 }, async (claim) => {
    const by: Column[] = []
    for (const column of columns) {
      const answers = await answersOf(claim, column)
      const isServed = answers.some(({ isServed }) => isServed)
      // Whatever the value, and whether the plan sees it or not.
      expect(
        answers.filter((answer) => answer.isServed !== isServed),
        `${column} serves some of these and not all`,
      ).toEqual([])
      if (isServed) by.push(column)
    }
    served.set(claim.asked, by)
    expect(by).toEqual(claim.served)
  })

  test("are those in the table of docs/indexes.md", () => {
    const document = readFileSync(DOCUMENT, "utf8")
    const measured = withTable(document, indexTable(served))
    if (process.env["WRITE_INDEX_TABLE"] === "1") writeFileSync(DOCUMENT, measured)
    else expect(document, "run `npm run docs:indexes`").toBe(measured)
  })
})

async function answersOf({ queries }: Claim, column: Column) {
  const answers: { mode: string; query: LooseQuery; isServed: boolean }[] = []
  for (const mode of planModes) {
    for (const { field, query } of queries) {
      const plan = await planned(client, preview(besides(query, column, field), definitions[column]), mode)
      answers.push({ mode, query, isServed: isServed(plan, field, column, query) })
    }
  }
  return answers
}

// An index serves a condition when it is read by what the condition asks of the field, and a sort when nothing else sorts.
function isServed(plan: readonly PlanNode[], field: string, column: Column, { sort = [] }: LooseQuery): boolean {
  const scans = plan.filter((node) => textAt(node, "Index Name")?.startsWith(`by_${column}_`))
  if (sort.length > 0) return scans.length > 0 && !plan.some((node) => textAt(node, "Node Type") === "Sort")
  return scans.some((node) => textAt(node, "Index Cond")?.includes(column === "gin" ? "@>" : `'${field}'`))
}

function preview(query: LooseQuery, definition: RecordsDefinition): Preview {
  return previewQuery(query as never, definition)
}

describe.each(planModes)("under %s", (mode) => {
  const indexesOf = async (query: LooseQuery | Preview, definition = several) => {
    const plan = await planned(client, "sql" in query ? query : preview(query, definition), mode)
    return {
      sorts: plan.flatMap((node) => textAt(node, "Node Type") ?? []).filter((type) => type.endsWith("Sort")),
      indexes: [...new Set(plan.flatMap((node) => textAt(node, "Index Name") ?? []).map((name) => name.replace(/_[0-9a-f]{8}$/, "")))].toSorted(),
    }
  }

  test("`or` of two indexed conditions reads both indexes", async () => {
    const filters = [
      { or: [{ field: "fields.score", operator: "=", value: 150 } as const, { field: "fields.name", operator: "starts_with", value: "9f614" } as const] },
    ]
    expect((await indexesOf({ filters })).indexes).toEqual(["by_several_name", "by_several_score"])
    const withGin = {
      or: [
        { field: "fields.name", operator: "=", value: "x" },
        { field: "fields.tags", operator: "contains", value: "t77" },
      ],
    } as const
    expect((await indexesOf({ filters: [withGin] }, definitions.gin)).indexes).toEqual(["by_gin_fields_gin"])
  })

  test("the GIN on metadata serves all that containment asks of it", async () => {
    const asked: LooseCondition[] = [
      { field: "metadata.source", operator: "=", value: "s17" },
      { field: "metadata.source", operator: "in", value: ["s17", "s18"] },
      { field: "metadata.source", operator: "in", value: Array.from({ length: 150 }, (_, n) => `s${n}`) },
      { field: "metadata.labels", operator: "contains", value: "l17" },
      { field: "metadata.labels", operator: "contains_any", value: ["l17", "l18"] },
      {
        or: [
          { field: "metadata.source", operator: "=", value: "s17" },
          { field: "metadata.labels", operator: "contains", value: "l18" },
        ],
      },
    ]
    for (const condition of asked)
      expect({ condition, indexes: (await indexesOf({ filters: [condition] }, definitions.gin)).indexes }).toEqual({
        condition,
        indexes: ["by_gin_metadata_gin"],
      })
    const either: LooseCondition = {
      or: [
        { field: "metadata.source", operator: "=", value: "s17" },
        { field: "fields.name", operator: "=", value: "x" },
      ],
    }
    expect((await indexesOf({ filters: [either] }, definitions.gin)).indexes).toEqual(["by_gin_fields_gin", "by_gin_metadata_gin"])
  })

  test("`count` and a filter in a query of one's own read the index", async () => {
    const condition = compileFilter({ field: "fields.score", operator: ">", value: 74_800 }, several, { alias: "r" })
    const counted = unconnected
      .selectFrom("by_several as r" as "records as r")
      .select(({ fn }) => fn.countAll().as("count"))
      .where(condition)
    expect((await indexesOf(previewOf(counted))).indexes).toEqual(["by_several_score"])
  })

  test("a compound index serves an equality and the sort behind it, in either direction", async () => {
    const filters = [{ field: "fields.topic", operator: "=", value: "name" }] as const
    for (const [first, second] of [
      ["desc", "asc"],
      ["asc", "desc"],
    ] as const) {
      const sort = [
        { field: "fields.born", order: first },
        { field: "fields.score", order: second },
      ]
      // `id` goes the way of the last key, as it does in the index.
      expect(await indexesOf({ filters, sort, limit: 20 })).toEqual({ sorts: [], indexes: ["by_several_topic_born_score"] })
    }
  })

  test("an index with `nulls` serves the sort that says the same", async () => {
    expect(await indexesOf({ sort: [{ field: "fields.born", nulls: "last" }], limit: 20 })).toEqual({ sorts: [], indexes: ["by_several_born"] })
    // Read backwards, it is its mirror.
    expect(await indexesOf({ sort: [{ field: "fields.born", order: "desc", nulls: "first" }], limit: 20 })).toEqual({ sorts: [], indexes: ["by_several_born"] })
    expect(await indexesOf({ sort: [{ field: "fields.address.zip", order: "desc", nulls: "first" }], limit: 20 })).toEqual({
      sorts: [],
      indexes: ["by_several_address_zip"],
    })
  })

  test("numbers below one are found at once where nearly all values are strings, sorted or not", async () => {
    const filters = [{ field: "fields.name", operator: "<", value: 300 }] as const
    for (const query of [{ filters }, { filters, sort: [{ field: "fields.name" }], limit: 3 }]) {
      const plan = await planned(client, preview(query, definitions.path), mode, true)
      expect(plan.flatMap((node) => textAt(node, "Index Name") ?? [])).toEqual([expect.stringContaining("by_path_name")])
      expect(plan.map((node) => node["Rows Removed by Filter"] ?? 0)).toEqual(plan.map(() => 0))
    }
  })

  test("a partial index serves the sort with `nulls` that its own condition settles", async () => {
    const filters = [{ field: "fields.spec", operator: "exists" }] as const
    const definition = defineRecords<JsonObject>({ table: "by_path", gin: false, indexes: [{ field: "fields.spec", where: filters[0] as never }] })
    const { sql } = preview({ filters, sort: [{ field: "fields.spec", nulls: "last" }], limit: 3 }, definition)
    expect(sql).toMatch(/order by coalesce\("fields"->'spec', 'null'\) asc, "id" asc limit/)
  })

  test("a sort by a column reads the index on it", async () => {
    for (const order of ["asc", "desc"] as const) {
      expect(await indexesOf({ sort: [{ field: "createdAt", order }], limit: 20 })).toEqual({ sorts: [], indexes: ["by_several_createdat"] })
    }
  })

  test.each([
    ["id", "by_several_pkey", "00000000-0000-4000-8000-00000000000a", "0006cdb7-0000-4000-8000-000000000000"],
    ["revision", "by_several_revision", 17, 18.5],
    ["createdAt", "by_several_createdat", new Date("2020-01-17"), "2020-01-18T00:00:00.000Z"],
  ] as const)("conditions on the column %s read the index on it", async (field, index, low, high) => {
    const conditions: LooseCondition[] = [
      { field, operator: "=", value: low },
      { field, operator: "in", value: [low, high] },
      { field, operator: "between", value: [low, high] },
      {
        and: [
          { field, operator: ">", value: low },
          { field, operator: "<", value: high },
        ],
      },
      {
        and: [
          { field, operator: ">=", value: low },
          { field, operator: "<=", value: high },
        ],
      },
    ]
    for (const condition of conditions)
      expect({ condition, indexes: (await indexesOf({ filters: [condition] })).indexes }).toEqual({ condition, indexes: [index] })
  })

  test("an index on one field leaves the condition on another one alone", async () => {
    expect((await indexesOf({ filters: [{ field: "fields.note", operator: "=", value: "x" }] })).indexes).toEqual([])
  })
})

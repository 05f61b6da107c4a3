import { expect, test } from "vitest"
import { planFacts, planNodes, planOf } from "../../src/store/plan.ts"
import { planOutline, planSummary } from "../../src/store/plan-text.ts"
import { withoutShards } from "../../src/store/table-plan.ts"

// As Citus 13 answers `explain (analyze, buffers, format json)` for a table in 32 shards.
const distributed = {
  Plan: {
    "Node Type": "Custom Scan",
    "Custom Plan Provider": "Citus Adaptive",
    "Total Cost": 0,
    "Plan Rows": 100_000,
    "Actual Rows": 12,
    "Actual Loops": 1,
    "Shared Hit Blocks": 0,
    "Distributed Query": {
      Job: {
        "Task Count": 32,
        "Tasks Shown": "One of 32",
        Tasks: [
          {
            Node: "host=worker1 port=5432 dbname=app",
            "Remote Plan": [
              [
                {
                  Plan: {
                    "Node Type": "Bitmap Heap Scan",
                    "Relation Name": "people_102008",
                    "Plan Rows": 3,
                    "Actual Rows": 2,
                    "Actual Loops": 1,
                    "Shared Hit Blocks": 7,
                    "Shared Read Blocks": 2,
                    Plans: [
                      { "Node Type": "Bitmap Index Scan", "Index Name": "people_city_12345678_102008", "Plan Rows": 3, "Actual Rows": 2, "Actual Loops": 1 },
                    ],
                  },
                },
              ],
            ],
          },
        ],
      },
    },
  },
  "Execution Time": 3.25,
}

test("a plan that Citus distributes: the index of the shard is that of the table, and the pages of both servers count", () => {
  const plan = withoutShards(planOf([{ "QUERY PLAN": [distributed] }]))
  expect(planFacts(plan)).toEqual({
    indexes: ["people_city_12345678"],
    rows: { estimated: 96, actual: 12 },
    cost: 0,
    buffers: { hit: 7, read: 2 },
    executionMs: 3.25,
  })
  expect(planSummary(plan)).toBe(
    "Finds records with the index people_city_12345678. 12 rows came. It looked at 9 pages of 8 kB, 2 from outside of the cache, in 3.3 ms. 32 shards are asked, and the plan shows 1 of them.",
  )
  expect(planOutline(plan)).toBe(
    [
      "Custom Scan: 100,000 rows expected, 12 rows given",
      "  Bitmap Heap Scan on people: 3 rows expected, 2 rows given",
      "    Bitmap Index Scan using people_city_12345678: 3 rows expected, 2 rows given",
    ].join("\n"),
  )
})

test("a driver may leave the JSON as text", () => {
  expect(planFacts(withoutShards(planOf([{ "QUERY PLAN": JSON.stringify([distributed]) }]))).indexes).toEqual(["people_city_12345678"])
})

test("every node of a plan is found, of whatever kind and wherever it stands", () => {
  const scan = (name: string) => ({ "Node Type": "Index Scan", "Index Name": name, "Relation Name": "people", "Index Cond": "(a = 1)", "Plan Rows": 1 })
  const plan = planOf([
    { plan: [{ Plan: { "Node Type": "Something New", "Plan Rows": 2, Plans: [scan("b"), scan("a")], Subplans: { "Of Its Own": [{ Plan: scan("c") }] } } }] },
  ])
  expect(planNodes(plan).map((node) => node["Node Type"])).toEqual(["Something New", "Index Scan", "Index Scan", "Index Scan"])
  expect(planFacts(plan)).toEqual({ indexes: ["a", "b", "c"], rows: { estimated: 2 }, cost: 0 })
})

test.each([
  [[]],
  [[{}]],
  [[{ x: null }]],
  [[{ x: [] }]],
  [[{ x: [[]] }]],
  [[{ x: [{ Plan: null }] }]],
  [[{ x: [{ Plan: { "Node Type": 7, "Plan Rows": "1" } }] }]],
])("what is no plan has nothing to say, and is no error: %j", (rows) => {
  const plan = planOf(rows)
  expect(planFacts(plan)).toEqual({ indexes: [], rows: { estimated: 0 }, cost: 0 })
  expect([planOutline(plan), planSummary(plan)]).toEqual(["", "Reads no table. The planner expects 0 rows."])
})

test("rows of a node that ran more than once are counted together", () => {
  const plan = planOf([
    {
      x: [
        {
          Plan: {
            "Node Type": "Gather",
            "Plan Rows": 9,
            "Actual Rows": 9,
            "Actual Loops": 1,
            Plans: [
              { "Node Type": "Seq Scan", "Relation Name": "people", "Plan Rows": 3, "Actual Rows": 3.33, "Actual Loops": 3, "Rows Removed by Filter": 100 },
            ],
          },
        },
      ],
    },
  ])
  expect(planSummary(plan)).toMatch(/^Scans all of people and throws 300 records away\. 9 rows came\. It looked at 0 pages/)
  expect(planOutline(plan)).toContain("Seq Scan on people: 3 rows expected, 10 rows given, 300 rows thrown away")
})

// As PostgreSQL calls the partitions of one table.
const partition = (table: string, n: number, more: object) => ({ "Relation Name": `${table}_p${n}`, Alias: `${table}_${n + 1}`, "Plan Rows": 2, ...more })

test("the partitions of a table are told together, under its name", () => {
  const ran = { "Actual Rows": 30, "Actual Loops": 1, "Rows Removed by Filter": 1_000 }
  const scans = Array.from({ length: 16 }, (_, n) => partition("people_1", n, { "Node Type": "Seq Scan", ...ran }))
  expect(planSummary({ Plan: { "Node Type": "Append", "Plan Rows": 32, "Actual Rows": 480, "Actual Loops": 1, Plans: scans } })).toBe(
    "Scans all of people_1 and throws 16,000 records away. 480 rows came. The planner expected 32 records of people_1 and 480 came: run `analyze` on it. It looked at 0 pages of 8 kB, all in the cache.",
  )
  const found = { "Node Type": "Index Scan", "Index Name": "people_age", "Index Cond": "(a = 1)" }
  const mixed = [partition("people", 0, found), partition("people", 1, { "Node Type": "Seq Scan" }), partition("people", 2, { ...found, ...ran })]
  const summary = planSummary({ Plan: { "Node Type": "Append", "Plan Rows": 6, Plans: mixed } })
  expect(summary).toBe("Finds records with the index people_age and throws 1,000 records away, scans all of people. The planner expects 6 rows.")
})

test("one partition, and a table that is called so, go by their own names", () => {
  const scan = (relation: string, alias: string) => planSummary({ Plan: { "Node Type": "Seq Scan", "Relation Name": relation, Alias: alias, "Plan Rows": 1 } })
  expect(scan("people_p3", "people")).toMatch(/^Scans all of people_p3\./)
  expect(scan("year_2024", "year_2024")).toMatch(/^Scans all of year_2024\./)
  expect(scan("year_2024_p3", "year_2024")).toMatch(/^Scans all of year_2024_p3\./)
})

test.each([
  [9, 900, "The planner expected 9 records of people and 900 came: run `analyze` on it. "],
  [90, 900, "The planner expected 90 records of people and 900 came: run `analyze` on it. "],
  [91, 900, ""],
  [1, 99, ""],
  [900, 9, ""],
])("where %i rows were expected and %i came, it says so when that is far off", (expected, actual, said) => {
  const scan = { "Node Type": "Seq Scan", "Relation Name": "people", "Plan Rows": expected, "Actual Rows": actual, "Actual Loops": 1 }
  expect(planSummary({ Plan: scan })).toBe(`Scans all of people. ${actual} rows came. ${said}It looked at 0 pages of 8 kB, all in the cache.`)
})

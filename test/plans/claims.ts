import type { LooseCondition, LooseQuery } from "../../src/index.ts"

/** What the table of docs/indexes.md has a column for. */
export const columns = ["gin", "path", "unique", "compound", "partial", "text", "trigram", "array"] as const

export type Column = (typeof columns)[number]

/** A row of the table: what is asked, and which indexes serve it. Each serves every query of the row, or none of them. */
export interface Claim {
  readonly asked: string
  readonly queries: readonly { readonly field: string; readonly query: LooseQuery }[]
  readonly served: readonly Column[]
}

const btrees: readonly Column[] = ["path", "unique", "compound", "partial"]

const NAME = "9f61408e3afb"

function where(field: string, operator: LooseCondition extends infer C ? (C extends { operator: infer O } ? O : never) : never, ...values: unknown[]) {
  const filters = values.length === 0 ? [{ field: `fields.${field}`, operator }] : values.map((value) => ({ field: `fields.${field}`, operator, value }))
  return filters.map((filter) => ({ field, query: { filters: [filter] } }))
}

function sorted(field: string, filters: readonly LooseCondition[], nulls?: "first" | "last") {
  return (["asc", "desc"] as const).map((order) => ({ field, query: { filters, sort: [{ field: `fields.${field}`, order, nulls }], limit: 20 } }))
}

const exists = (field: string): LooseCondition => ({ field: `fields.${field}`, operator: "exists" })

export const claims: readonly Claim[] = [
  {
    asked: "`=` a string, number, boolean or Date",
    queries: [...where("name", "=", NAME, true, 100), ...where("score", "=", 150, "s55"), ...where("born", "=", new Date("2001-02-03T04:00:00Z"))],
    served: ["gin", ...btrees],
  },
  {
    asked: "`=` an array or object",
    queries: [...where("tags", "=", ["t5", 5]), ...where("spec", "=", { k: 5, n: 5 })],
    served: btrees,
  },
  {
    asked: "`in`",
    queries: [...where("name", "in", [NAME, "x", 100]), ...where("score", "in", [150, 151.5, "s55"])],
    served: ["gin", ...btrees],
  },
  {
    asked: "`>` `>=` `<` `<=` a number",
    queries: [...where("score", ">", 74_800), ...where("score", ">=", 74_800), ...where("score", "<", 150), ...where("score", "<=", 150)],
    served: btrees,
  },
  {
    asked: "`>` `>=` `<` `<=` a string or Date",
    queries: [
      ...where("name", ">", "ff"),
      ...where("name", ">=", "ff"),
      ...where("name", "<", "01"),
      ...where("name", "<=", "01"),
      ...where("born", ">", new Date("2005-09-10")),
      ...where("born", "<", new Date("2000-01-05")),
    ],
    served: btrees,
  },
  {
    asked: "`between`",
    queries: [...where("score", "between", [150, 300]), ...where("name", "between", ["9f", "9f7"])],
    served: btrees,
  },
  { asked: "`like`, with a literal start", queries: where("name", "like", "9f61%", "9f61_08e%of%"), served: ["text", "trigram"] },
  { asked: "`like`, otherwise", queries: where("name", "like", "%9f614%", "_9f614%"), served: ["trigram"] },
  { asked: "`ilike`", queries: where("name", "ilike", "9F61%", "%9F614%"), served: ["trigram"] },
  { asked: "`regex`", queries: where("name", "regex", "^9f61408", "9f614[0-9a]8"), served: ["trigram"] },
  { asked: "`starts_with`", queries: where("name", "starts_with", "9f614", `${NAME} of`), served: ["text", "trigram"] },
  { asked: "`ends_with`", queries: where("name", "ends_with", "9f6140"), served: ["trigram"] },
  { asked: "`includes`", queries: where("name", "includes", "9f6140"), served: ["trigram"] },
  { asked: "`contains` a scalar or list", queries: where("tags", "contains", "t77", ["t77", 5077]), served: ["gin", "array"] },
  { asked: "`contains` an object", queries: where("spec", "contains", { k: 77 }), served: ["gin", "array"] },
  { asked: "`contains_any`", queries: where("tags", "contains_any", ["t77", 78]), served: ["gin", "array"] },
  { asked: "`not_exists`", queries: [...where("score", "not_exists"), ...where("name", "not_exists")], served: ["path", "compound", "partial"] },
  { asked: "`exists`", queries: where("score", "exists"), served: [] },
  { asked: "`type`", queries: where("score", "type", ["null", "missing"]), served: [] },
  {
    asked: "`size` `min_size` `max_size`",
    queries: [...where("tags", "size", 7), ...where("tags", "min_size", 7), ...where("tags", "max_size", 0)],
    served: [],
  },
  { asked: "`any`", queries: where("tags", "any", { field: "", operator: "=", value: 77 }), served: [] },
  {
    asked: "`!=` and every other `not_...`",
    queries: [
      ...where("name", "!=", NAME),
      ...where("score", "not_in", [150]),
      ...where("name", "not_like", "9f61%"),
      ...where("name", "not_ilike", "9f61%"),
      ...where("name", "not_regex", "^9f61"),
    ],
    served: [],
  },
  { asked: "`not`", queries: [{ field: "score", query: { filters: [{ not: { field: "fields.score", operator: "<", value: 74_900 } }] } }], served: [] },
  { asked: "`sort`, with a limit", queries: [...sorted("score", []), ...sorted("name", [])], served: ["path", "compound", "partial"] },
  {
    asked: "`sort` of records that a condition says have a value, also with `nulls`",
    queries: [...sorted("score", [exists("score")]), ...sorted("score", [exists("score")], "last"), ...sorted("name", [exists("name")], "first")],
    served: btrees,
  },
]

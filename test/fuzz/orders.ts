import fc from "fast-check"
import { recordOrder } from "../../src/evaluation/record-order.ts"
import { recordTest } from "../../src/evaluation/record-test.ts"
import type { LooseCondition } from "../../src/index.ts"
import { checkedQuery } from "../../src/predicate/checked-query.ts"
import { searchStatement } from "../../src/statement/search.ts"
import { condition } from "./conditions.ts"
import { readIn, type Way, wayText } from "./planner.ts"
import type { Population } from "./population.ts"
import { definitions, partialConditions } from "./tables.ts"

type Field = string | readonly (string | number)[]

/** A search whose order counts. */
export interface Order {
  readonly filters: readonly LooseCondition[]
  readonly sort: readonly { readonly field: Field; readonly order: "asc" | "desc" | undefined; readonly nulls: "first" | "last" | undefined }[]
}

const documentFields: readonly Field[] = [
  "fields.v",
  "fields.v",
  "fields.w",
  "fields.w",
  "fields.list",
  "fields",
  "metadata",
  "metadata.v",
  "fields.w.0",
  "fields.v.v",
  "fields.serial",
  ["fields", "it's"],
  ["metadata", "it's"],
  ["fields", "list", -1],
]

const key = fc.record({
  field: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom<Field>(...documentFields) },
    { weight: 1, arbitrary: fc.constantFrom<Field>("id", "revision", "createdAt") },
  ),
  order: fc.constantFrom<"asc" | "desc" | undefined>("asc", "desc", undefined),
  nulls: fc.constantFrom<"first" | "last" | undefined>("first", "last", undefined),
})

const filters = fc.oneof(
  fc.constant([]),
  fc.subarray<LooseCondition>(Object.values(partialConditions)),
  fc.constantFrom<LooseCondition[]>([{ field: "fields.v", operator: "exists" }], [{ field: "fields.w", operator: "=", value: "a" }]),
  condition.map((one) => [one]),
)

/** Any order of what any condition finds. */
export const order: fc.Arbitrary<Order> = fc.record({ filters, sort: fc.array(key, { maxLength: 3 }) })

const orderWays: readonly Way[] = [{}, { enable_seqscan: "off", enable_bitmapscan: "off", enable_sort: "off", enable_incremental_sort: "off" }]

/** Where the order of the database and the one in memory differ. */
export async function orderDivergence({ kysely, tables }: Population, given: Order): Promise<string | undefined> {
  for (const { definition, subjects } of tables) {
    // A sort sees the microseconds of a column, and its SQL NULL, which no record in memory has.
    if (definition === definitions.mapped && given.sort.some(({ field }) => field === "createdAt" || field === "revision")) continue
    const query = checkedQuery({ ...given, select: ["id"] }, definition)
    const test = recordTest({ kind: "and", of: query.filters })
    const expected = subjects.filter(test).toSorted(recordOrder(query.sort))
    for (const way of orderWays) {
      const found = await readIn(kysely, way, (trx) => searchStatement(trx as never, definition, query).execute())
      const ids = found.map((row: object) => Object.values(row)[0])
      const odd = expected.findIndex(({ id }, index) => id !== ids[index])
      if (odd !== -1 || ids.length !== expected.length) {
        return `${definition.table} with ${wayText(way)}: at ${odd} the database has ${ids[odd]}, in memory there is ${JSON.stringify(expected[odd])}`
      }
    }
  }
  return undefined
}

import fc from "fast-check"
import type { Kysely } from "kysely"
import type { LooseCondition } from "../../src/index.ts"
import { divergence } from "./comparison.ts"
import { condition } from "./conditions.ts"
import { type Order, order, orderDivergence } from "./orders.ts"
import { type Way, ways } from "./planner.ts"
import { type Population, population } from "./population.ts"

/** What a round draws: records, then conditions and orders over them. */
export interface RoundSize {
  readonly records: number
  readonly conditions: number
  readonly orders: number
  /** Whether every condition is asked in all ways to read a table, or in one, in turn. */
  readonly ways: "all" | "one in turn"
}

/** What a round found, made as small as can be, and how to find it again. */
export interface Finding {
  readonly property: "conditions" | "orders"
  readonly report: string
}

// So many conditions share a statement.
const BATCH = 25

/** New records of a seed, and as many conditions and orders over them as are asked for; the first finding ends it. */
export async function round(kysely: Kysely<never>, seed: number, size: RoundSize): Promise<Finding | undefined> {
  const drawn = await population(kysely, seed, size.records)
  return (await firstCondition(drawn, seed, size)) ?? (await firstOrder(drawn, seed, size.orders))
}

async function firstCondition(drawn: Population, seed: number, { conditions: count, ways: asked }: RoundSize): Promise<Finding | undefined> {
  const all = fc.sample(condition, { seed, numRuns: count })
  for (let start = 0; start < count; start += BATCH) {
    if (await holds(() => divergence(drawn, all.slice(start, start + BATCH), asked === "all" ? undefined : (table) => [wayInTurn(start / BATCH + table)])))
      continue
    // One by one, beginning with the first of the batch, until the one is found; then smaller and smaller.
    const result = await fc.check(
      property(condition, (given: LooseCondition) => divergence(drawn, [given])),
      { seed, path: String(start), numRuns: BATCH, includeErrorInReport: true },
    )
    return { property: "conditions", report: result.failed ? reportOf(result) : `only together: conditions ${start} and following` }
  }
  return undefined
}

function wayInTurn(turn: number): Way {
  return ways[turn % ways.length] ?? {}
}

async function firstOrder(drawn: Population, seed: number, numRuns: number): Promise<Finding | undefined> {
  const result = await fc.check(
    property(order, (given: Order) => orderDivergence(drawn, given)),
    { seed, numRuns, includeErrorInReport: true },
  )
  return result.failed ? { property: "orders", report: reportOf(result) } : undefined
}

function property<Given>(arbitrary: fc.Arbitrary<Given>, difference: (given: Given) => Promise<string | undefined>): fc.IAsyncProperty<[Given]> {
  return fc.asyncProperty(arbitrary, async (given) => {
    const found = await difference(given)
    if (found !== undefined) throw new Error(found)
  })
}

function reportOf<Given>(result: fc.RunDetails<Given>): string {
  return fc.defaultReportMessage(result) ?? ""
}

async function holds(difference: () => Promise<string | undefined>): Promise<boolean> {
  try {
    return (await difference()) === undefined
  } catch {
    // An error of the database is as bad as a wrong answer.
    return false
  }
}

import { AssertionError } from "node:assert"
import { ConfigurationError } from "../errors.ts"
import type { Explanation } from "../store/explanation.ts"

/** What `db.explain` gives, as far as the assertions look at it. */
export type PlanAnswer = Pick<Explanation, "sql" | "indexes" | "buffers" | "text">

/**
 * Asserts that a plan uses an index. `index` is its name; of an index that a definition declares, the name without the
 * digest at its end is enough, unless indexes of several kinds on the same fields differ in it alone.
 *
 * @example
 * usesIndex(await db.explain({ filters: [filter("id", "=", ada.id)] }), "records_pkey")
 * @throws AssertionError with the plan in its message.
 */
export function usesIndex(explanation: PlanAnswer, index: string): void {
  const { pass, message } = indexUse(explanation, index)
  if (!pass) throw new AssertionError({ message, expected: index, actual: explanation.indexes, operator: "usesIndex", stackStartFn: usesIndex })
}

/**
 * Asserts that a query has looked at no more than so many pages of 8 kB, whether PostgreSQL found them in its cache or not.
 * Only a query that was run has looked at any: it takes what `explain` gives with `{ analyze: true }`.
 *
 * @example
 * readsAtMost(await db.explain({ filters: [filter("fields.name", "=", "Ada")] }, { analyze: true }), 20)
 * @throws AssertionError with the plan in its message; ConfigurationError when the query was not run.
 */
export function readsAtMost(explanation: PlanAnswer, pages: number): void {
  const { pass, message, actual } = pagesRead(explanation, pages)
  if (!pass) throw new AssertionError({ message, expected: pages, actual, operator: "readsAtMost", stackStartFn: readsAtMost })
}

/** Whether something is so, and the words for who expected otherwise. */
export interface Verdict {
  readonly pass: boolean
  readonly message: string
}

/** Whether a plan uses an index. */
export function indexUse(explanation: PlanAnswer, index: string): Verdict {
  const { indexes } = explanation
  const pass = indexes.some((name) => name === index || name.replace(/_[0-9a-f]{8}$/, "") === index)
  const used = indexes.length === 0 ? "it uses none" : `it uses ${indexes.join(", ")}`
  return { pass, message: `the query ${pass ? "uses" : "does not use"} the index ${index}: ${used}${plan(explanation)}` }
}

/** Whether a query has looked at no more than so many pages. */
export function pagesRead(explanation: PlanAnswer, pages: number): Verdict & { readonly actual: number } {
  const { buffers } = explanation
  if (buffers === undefined) throw new ConfigurationError("not_analyzed", "only a query that was run has read pages: explain it with { analyze: true }")
  const actual = buffers.hit + buffers.read
  const pass = actual <= pages
  return { pass, actual, message: `the query reads ${actual} pages, ${pass ? "no more" : "more"} than ${pages}${plan(explanation)}` }
}

function plan({ sql, text }: PlanAnswer): string {
  return `\n\n${text}\n\n${sql}`
}

import { indexUse, type PlanAnswer, pagesRead, type Verdict } from "./plan-assertion.ts"

/** What a matcher of Vitest or Jest gives. */
interface Matched {
  readonly pass: boolean
  message(): string
}

/** The matchers as `expect` has them: for the declaration that tells the compiler. */
export interface PlanMatchers<R = unknown> {
  /** The plan uses the index of this name; the digest at the end of a declared index's name may be left out. */
  toUseIndex(index: string): R
  /** The query, which was run, has looked at no more than so many pages of 8 kB. */
  toReadAtMost(pages: number): R
}

/**
 * The assertions on plans as matchers for `expect.extend`, of Vitest, Jest or any other that takes such objects.
 *
 * @example
 * planMatchers.toUseIndex(await db.explain({ filters: [filter("id", "=", ada.id)] }), "records_pkey").pass // true
 */
export const planMatchers: {
  toUseIndex(explanation: PlanAnswer, index: string): Matched
  toReadAtMost(explanation: PlanAnswer, pages: number): Matched
} = {
  toUseIndex: (explanation, index) => matched(indexUse(explanation, index)),
  toReadAtMost: (explanation, pages) => matched(pagesRead(explanation, pages)),
}

function matched({ pass, message }: Verdict): Matched {
  return { pass, message: () => message }
}

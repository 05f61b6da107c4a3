import type { IndexOptions } from "../definition/index-options.ts"
import type { HypotheticalPlan } from "./hypothetical-index.ts"
import type { WriteCost } from "./write-cost.ts"

/** What `advise` has to say about the indexes of a table. Plain data. */
export interface Advice {
  readonly table: { readonly name: string; readonly records: number; readonly bytes: number }
  /** One answer for each query, in their order. */
  readonly queries: readonly QueryAdvice[]
  /** The indexes to build. */
  readonly indexes: readonly IndexAdvice[]
  /** Indexes that nothing has searched since the statistics began, and that none of these queries needs. */
  readonly unused: readonly UnusedIndex[]
  /** Since when use is counted; `null`: since the table was made. Young statistics say little. */
  readonly countedSince: Date | null
  /** What could not be looked at, and why. */
  readonly notes: readonly string[]
}

/**
 * `build`: an index would help. Else none would: `served`, the query is fast as it is; `small`, the table is; `unselective`,
 * so many records are found that a scan is right; `unservable`, no index serves such conditions; `missing`, the definition
 * declares an index that would help, the GIN included, and the table lacks it; `undeclared`, the other way round; `passed_over`, an index
 * could serve, and the planner scans the table all the same, as when a GIN was not vacuumed; `untried`, there was no time.
 */
export type Verdict = "build" | "served" | "small" | "unselective" | "unservable" | "missing" | "undeclared" | "passed_over" | "untried"

/** What there is to say about one query. */
export interface QueryAdvice {
  /** What is sent as the definition is now. */
  readonly sql: string
  readonly verdict: Verdict
  /** Why, in a sentence. */
  readonly reason: string
  /** The names of the indexes to build for it, or of those that serve it. */
  readonly indexes: readonly string[]
  /** Pages of 8 kB that the query looks at on the sample: as the table is, and with the indexes. */
  readonly pages?: { readonly now: number; readonly withIndexes?: number }
  /** How often it was run, where a recorder has counted. */
  readonly count?: number
}

/** An index to build. */
export interface IndexAdvice {
  readonly name: string
  /** What to add to the list `indexes` of the definition. */
  readonly entry: IndexOptions<never>
  /** The statements that build it, one after the other, outside of a transaction. */
  readonly up: readonly string[]
  /** The statements that undo it. */
  readonly down: readonly string[]
  /** The positions of the queries that it is for. */
  readonly queries: readonly number[]
  /** What it will take on disk, `null` where it could not be built on a sample. */
  readonly bytes: number | null
  /** What it costs the writes, `null` where it could not be measured. */
  readonly writes: WriteCost | null
  /**
   * Declared indexes whose conditions it serves as well. Such an index can be dropped, unless a query pages through what it
   * finds in the order of the ids, which is that of the shorter index alone.
   */
  readonly redundant: readonly string[]
  /** What the planner makes of it on the whole table, where the database has the extension hypopg. */
  readonly hypopg?: HypotheticalPlan
}

/** An index that nothing has searched. */
export interface UnusedIndex {
  readonly name: string
  readonly bytes: number
  /** The statement that drops it. */
  readonly drop: string
}

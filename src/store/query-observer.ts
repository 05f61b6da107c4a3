import type { LooseQuery } from "../query/query.ts"

/** One run of a query. */
export interface QueryRun {
  readonly query: LooseQuery
  readonly sql: string
  readonly parameters: readonly unknown[]
  /** Milliseconds from the sending of the statement to its last row. */
  readonly ms: number
}

/** Something that is told of every query that a database has run. */
export interface QueryObserver {
  observe(run: QueryRun): void
}

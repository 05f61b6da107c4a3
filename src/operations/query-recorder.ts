import type { LooseQuery } from "../query/query.ts"
import type { QueryObserver, QueryRun } from "../store/query-observer.ts"

/** Queries of one shape: the same SQL, whatever the values. */
export interface RecordedQuery {
  /** The first of them, with its values: what `advise` works with. */
  readonly query: LooseQuery
  readonly sql: string
  /** How often it was run. */
  readonly count: number
  /** Milliseconds, as this process saw them. */
  readonly totalMs: number
  readonly slowestMs: number
}

/**
 * Keeps what a database was asked, for `advise`: one example of each shape of query, how often it was run, and how long
 * that took. A query that was given to `count` is kept as one of `search`. At most `shapes` are kept, 500 when left out: the
 * one that was not asked for longest makes room. A query of more than 100,000 characters is not kept.
 *
 * @example
 * const recorder = new QueryRecorder()
 * const watched = new PostgresDatabase({ kysely, recorder })
 * recorder.queries() // []
 */
export class QueryRecorder implements QueryObserver {
  readonly #shapes: number
  readonly #queries = new Map<string, RecordedQuery>()

  constructor({ shapes = 500 }: { readonly shapes?: number } = {}) {
    this.#shapes = shapes
  }

  /** Called by the database, after each query that succeeded. */
  observe({ query, sql, parameters, ms }: QueryRun): void {
    const known = this.#queries.get(sql)
    const kept = known?.query ?? example(query, sql, parameters)
    if (kept === undefined) return
    // Put in anew, so that the shapes stand in the order in which they were last asked for.
    this.#queries.delete(sql)
    this.#queries.set(sql, {
      query: kept,
      sql,
      count: (known?.count ?? 0) + 1,
      totalMs: (known?.totalMs ?? 0) + ms,
      slowestMs: Math.max(known?.slowestMs ?? 0, ms),
    })
    const [oldest] = this.#queries.keys()
    if (this.#queries.size > this.#shapes && oldest !== undefined) this.#queries.delete(oldest)
  }

  /** What was recorded, what took longest in all first. */
  queries(): readonly RecordedQuery[] {
    return [...this.#queries.values()].toSorted((one, other) => other.totalMs - one.totalMs)
  }

  /** Forgets everything. */
  clear(): void {
    this.#queries.clear()
  }
}

const LONGEST_QUERY = 100_000

// A copy, because the caller may change the query. What cannot be copied, such as a proxy, is not kept.
function example(query: LooseQuery, sql: string, parameters: readonly unknown[]): LooseQuery | undefined {
  const length = parameters.flat().reduce<number>((sum, parameter) => sum + String(parameter).length, sql.length)
  if (length > LONGEST_QUERY) return undefined
  try {
    return structuredClone(query)
  } catch {
    return undefined
  }
}

import { ConfigurationError } from "../errors.ts"
import { isExactNumber } from "../json/exact-number.ts"
import { RawJson } from "../json/raw-json.ts"
import type { LooseQuery } from "../query/query.ts"
import type { QueryObserver, QueryRun } from "../store/query-observer.ts"

/** Queries of one shape: the same SQL and the same fields, whatever the values. */
export interface RecordedQuery {
  /** The slowest of them, with its values: what `advise` works with. A `bigint` is a `RawJson` here, which `JSON.stringify` writes. */
  readonly query: LooseQuery
  readonly sql: string
  /** How often it was run. */
  readonly count: number
  /** Milliseconds, as this process saw them. */
  readonly totalMs: number
  readonly slowestMs: number
}

/**
 * Keeps what a database was asked, for `advise`: the slowest example of each shape of query, how often it was run, and how
 * long that took. A query that was given to `count` is kept as one of `search`. At most `shapes` are kept, 500 when left out:
 * the one that was not asked for longest makes room. A query of more than 100,000 characters is not kept.
 *
 * @example
 * const recorder = new QueryRecorder()
 * const watched = new PostgresDatabase({ kysely, recorder })
 * recorder.queries() // []
 * @throws ConfigurationError when `shapes` is no whole number of at least 1.
 */
export class QueryRecorder implements QueryObserver {
  readonly #shapes: number
  readonly #queries = new Map<string, RecordedQuery>()

  constructor({ shapes = 500 }: { readonly shapes?: number } = {}) {
    if (!Number.isSafeInteger(shapes) || shapes < 1) throw new ConfigurationError("invalid_option", "QueryRecorder: shapes is a whole number of at least 1")
    this.#shapes = shapes
  }

  /** Called by the database, after each query that succeeded. */
  observe({ query, sql, parameters, ms }: QueryRun): void {
    if (isTooLong(sql, parameters)) return
    const shape = `${sql} ${fieldsOf(query.filters)}`
    const known = this.#queries.get(shape)
    const isSlowest = known === undefined || ms > known.slowestMs
    // Put in anew, so that the shapes stand in the order in which they were last asked for.
    this.#queries.delete(shape)
    this.#queries.set(shape, {
      // A copy, because the caller may change the query.
      query: isSlowest ? copied(query) : known.query,
      sql,
      count: (known?.count ?? 0) + 1,
      totalMs: (known?.totalMs ?? 0) + ms,
      slowestMs: isSlowest ? ms : known.slowestMs,
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

function isTooLong(sql: string, parameters: readonly unknown[]): boolean {
  return parameters.flat().reduce<number>((sum, parameter) => sum + String(parameter).length, sql.length) > LONGEST_QUERY
}

// A GIN looks up paths that are in the parameters: equality on two fields has one SQL, and needs two indexes.
function fieldsOf(conditions: unknown): string {
  return JSON.stringify(conditions, (key, part: unknown) => (key === "value" && !isCondition(part) ? undefined : part)) ?? ""
}

// What `any` asks of the elements of an array.
function isCondition(value: unknown): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Date) && ["field", "operator", "and", "or", "not"].some((key) => key in value)
}

// What was asked has been checked: it is a tree of plain objects, lists and values.
function copied<T>(value: T): T
function copied(value: unknown): unknown {
  if (typeof value === "bigint") return new RawJson(String(value))
  if (typeof value !== "object" || value === null || value instanceof RawJson || isExactNumber(value)) return value
  if (value instanceof Date) return new Date(value)
  if (Array.isArray(value)) return value.map((element) => copied(element))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copied(member)]))
}

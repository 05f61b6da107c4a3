import type { TableDefinition } from "../definition/records-definition.ts"
import { InvalidQueryError } from "../errors.ts"
import { child } from "../json/json-pointer.ts"
import { type CheckedQuery, checkedQuery } from "../predicate/checked-query.ts"
import type { LooseQuery } from "../query/query.ts"
import { unconnected } from "../statement/records-tables.ts"
import { previewOf, searchStatement } from "../statement/search.ts"
import type { QueryAdvice } from "./advice.ts"
import { QueryRecorder, type RecordedQuery } from "./query-recorder.ts"

/** What `advise` takes: queries, or what a recorder has kept. */
export type AdvisedQueries = QueryRecorder | readonly (LooseQuery | RecordedQuery)[]

/** A query that advice is asked for. */
export interface AskedQuery {
  readonly position: number
  readonly query: CheckedQuery
  readonly sql: string
  readonly count: number | undefined
}

/** The queries of which each was found good. @throws InvalidQueryError */
export function askedQueries(queries: AdvisedQueries, definition: TableDefinition): readonly AskedQuery[] {
  const all: unknown = queries instanceof QueryRecorder ? queries.queries() : queries
  if (!Array.isArray(all)) throw new InvalidQueryError("", "advise takes a list of queries, or a recorder")
  return [...all].map((given: unknown, position) => {
    const { query, count } = isRecorded(given) ? given : { query: given, count: undefined }
    const checked = checkedQuery(query, definition, child("", position))
    return { position, query: checked, sql: previewOf(searchStatement(unconnected, definition, checked)).sql, count }
  })
}

function isRecorded(given: unknown): given is RecordedQuery {
  return typeof given === "object" && given !== null && "sql" in given
}

/** What there is to say about a query. */
export function answer(
  { sql, count }: AskedQuery,
  verdict: QueryAdvice["verdict"],
  reason: string,
  more: Partial<Pick<QueryAdvice, "indexes" | "pages">> = {},
): QueryAdvice {
  return { sql, verdict, reason, indexes: [], ...(count === undefined ? {} : { count }), ...more }
}

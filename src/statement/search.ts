import { type Compilable, type Kysely, type SelectQueryBuilder, sql } from "kysely"
import { type DefinitionOf, defineRecords, type TableDefinition } from "../definition/records-definition.ts"
import { conditionOf, type Fragment } from "../expression/fragment.ts"
import { orderTerms } from "../expression/order.ts"
import { outermost } from "../expression/scope.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { type CheckedQuery, checkedQuery } from "../predicate/checked-query.ts"
import type { LooseQuery, Query, Selection } from "../query/query.ts"
import { type RecordsTables, tableOf, unconnected } from "./records-tables.ts"
import { type SearchParts, searchParts, whereOf } from "./search-parts.ts"
import { recordSelection } from "./stored-columns.ts"

/** The statement of a search, not run. With `select` the columns are `0`, `1`, ... in the order of the paths. */
export function searchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, query: CheckedQuery, numbers?: NumberForm) {
  return searchOf(db, definition, searchParts(definition, query, numbers))
}

/** The statement of a search that is made of these. */
export function searchOf(db: Kysely<RecordsTables>, definition: TableDefinition, { where, order, select, numbers, limit, offset }: SearchParts) {
  const from = db.selectFrom(tableOf(definition))
  const selected: Select = select === undefined ? from.select(recordSelection(definition, undefined, numbers)) : from.select(select.map(numbered))
  const filtered = where === undefined ? selected : selected.where(conditionOf(where))
  const ordered = filtered.orderBy(sql.raw((order ?? orderTerms([], outermost(definition))).join(", ")))
  const limited = limit === undefined ? ordered : ordered.limit(sql<number>`${limit}`)
  return offset === undefined ? limited : limited.offset(sql<number>`${offset}`)
}

/** The statement that counts what the filters find; one row with `count`. */
export function countStatement(db: Kysely<RecordsTables>, definition: TableDefinition, query: Pick<CheckedQuery, "filters">) {
  return countOf(db, definition, whereOf(definition, query))
}

/** The statement that counts what a condition finds. */
export function countOf(db: Kysely<RecordsTables>, definition: TableDefinition, where: Fragment | undefined) {
  const counted = db.selectFrom(tableOf(definition)).select(sql<string>`count(*)`.as("count"))
  return where === undefined ? counted : counted.where(conditionOf(where))
}

/** A statement as it would be sent: the text, and the values of `$1`, `$2`, ... */
export interface Preview {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

/** The text and the parameters of a statement. */
export function previewOf(statement: Compilable): Preview {
  const { sql, parameters } = statement.compile()
  return { sql, parameters }
}

/**
 * What `search` would send for a query, with no database at all.
 *
 * @example
 * previewQuery({ filters: [filter("fields.name", "=", "Ada")], limit: 1 })
 * // select "id", "fields", "metadata", "revision", "created_at", "updated_at" from "public"."records" where "fields" @> $1::jsonb order by "id" asc limit $2
 * @throws InvalidQueryError
 */
export function previewQuery(query: LooseQuery): Preview
export function previewQuery<T>(query: NoInfer<Query<T, Selection<T>>>, definition: DefinitionOf<T>): Preview
export function previewQuery(query: unknown, definition: TableDefinition = defineRecords()): Preview {
  return previewOf(searchStatement(unconnected, definition, checkedQuery(query, definition)))
}

type Select = SelectQueryBuilder<RecordsTables, "records", Readonly<Record<string, unknown>>>

function numbered(accessor: string, index: number) {
  return sql.raw(accessor).as(String(index))
}

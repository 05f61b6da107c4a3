import { type Compilable, type Kysely, type SelectQueryBuilder, sql } from "kysely"
import { type DefinitionOf, defineRecords, type TableDefinition } from "../definition/records-definition.ts"
import { columnValue } from "../expression/column-value.ts"
import { allOf } from "../expression/compile-filter.ts"
import { orderTerms } from "../expression/order.ts"
import { outermost, type Scope, within } from "../expression/scope.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { type FieldPath, isJsonPath } from "../path/json-path.ts"
import { type CheckedQuery, checkedQuery } from "../predicate/checked-query.ts"
import type { LooseQuery, Query, Selection } from "../query/query.ts"
import { type RecordsTables, tableOf, unconnected } from "./records-tables.ts"
import { readAccessor, recordSelection } from "./stored-columns.ts"

/** The statement of a search, not run. With `select` the columns are `0`, `1`, ... in the order of the paths. */
export function searchStatement(db: Kysely<RecordsTables>, definition: TableDefinition, query: CheckedQuery, numbers?: NumberForm) {
  const from = db.selectFrom(tableOf(definition))
  const { select } = query
  const selected =
    select === undefined ? from.select(recordSelection(definition, undefined, numbers)) : from.select(selectedPaths(select, outermost(definition), numbers))
  return bounded(ordered(filtered(selected, definition, query), definition, query), query)
}

/** The statement that counts what the filters find; one row with `count`. */
export function countStatement(db: Kysely<RecordsTables>, definition: TableDefinition, query: CheckedQuery) {
  const counted = db.selectFrom(tableOf(definition)).select(sql<string>`count(*)`.as("count"))
  return filtered(counted, definition, query)
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

type Select<Row> = SelectQueryBuilder<RecordsTables, "records", Row>

function filtered<Row>(statement: Select<Row>, definition: TableDefinition, { filters }: CheckedQuery): Select<Row> {
  return filters.length === 0 ? statement : statement.where(allOf(filters, definition))
}

function ordered<Row>(statement: Select<Row>, definition: TableDefinition, { filters, sort }: CheckedQuery): Select<Row> {
  return orderTerms(sort, within(outermost(definition), filters)).reduce((so, term) => so.orderBy(term), statement)
}

function bounded<Row>(statement: Select<Row>, { limit, offset }: CheckedQuery): Select<Row> {
  const limited = limit === undefined ? statement : statement.limit(limit)
  return offset === undefined ? limited : limited.offset(offset)
}

function selectedPaths(paths: readonly FieldPath[], scope: Scope, numbers: NumberForm) {
  return paths.map((path, index) => {
    const accessor = isJsonPath(path) ? readAccessor(path, scope, numbers) : columnValue(path.column, scope)
    return sql<unknown>`${sql.raw(accessor)}`.as(String(index))
  })
}

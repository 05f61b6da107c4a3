import type { TableDefinition } from "../definition/records-definition.ts"
import { columnValue } from "../expression/column-value.ts"
import { allSql } from "../expression/compile-filter.ts"
import { type Fragment, parametersOf } from "../expression/fragment.ts"
import { orderTerms } from "../expression/order.ts"
import { outermost, type Scope, within } from "../expression/scope.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { type FieldPath, isJsonPath } from "../path/json-path.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import type { Given, Place } from "./compiled-statements.ts"
import { readAccessor } from "./stored-columns.ts"

/** What a search is made of: texts of SQL, and the values that go with them. */
export interface SearchParts {
  readonly where: Fragment | undefined
  /** Without it the order is that of the ids. */
  readonly order: readonly string[] | undefined
  /** The accessors of the selected paths; without them whole records are read. */
  readonly select: readonly string[] | undefined
  readonly numbers: NumberForm
  readonly limit: Given<number> | undefined
  readonly offset: Given<number> | undefined
}

/** What the search for a query is made of. */
export function searchParts(definition: TableDefinition, query: CheckedQuery, numbers: NumberForm): SearchParts {
  const { filters, sort, limit, offset, select } = query
  const scope = outermost(definition)
  return {
    where: whereOf(definition, query),
    order: sort.length === 0 ? undefined : orderTerms(sort, within(scope, filters)),
    select: select?.map((path) => selectedPath(path, scope, numbers)),
    numbers,
    limit,
    offset,
  }
}

/** The condition of a query, where it has one. */
export function whereOf(definition: TableDefinition, { filters }: Pick<CheckedQuery, "filters">): Fragment | undefined {
  return filters.length === 0 ? undefined : allSql(filters, definition)
}

/** All that the text of a search depends on: two that have the same differ in their values alone. */
export function searchShape({ where, order, select, numbers, limit, offset }: SearchParts): string {
  const bounds = `${limit === undefined ? "" : "limit"} ${offset === undefined ? "" : "offset"}`
  return `search ${numbers} ${bounds}${NUL}${order?.join(NUL)}${NUL}select${NUL}${select?.join(NUL)}${NUL}where${NUL}${where?.texts.join(NUL)}`
}

/** The values of a search, as `withPlaces` counts them. */
export function searchValues({ where, limit, offset }: Pick<SearchParts, "where" | "limit" | "offset">): readonly unknown[] {
  return [limit, offset, ...(where === undefined ? [] : parametersOf(where))]
}

/** The same search with places for its values. */
export function withPlaces(parts: SearchParts, [limit, offset, ...values]: readonly Place[]): SearchParts {
  return {
    ...parts,
    limit: parts.limit === undefined ? undefined : limit,
    offset: parts.offset === undefined ? undefined : offset,
    where: parts.where && { texts: parts.where.texts, values },
  }
}

/** Stands between texts of SQL where they are joined: no key, and so none of the texts, can hold it. */
export const NUL = "\u0000"

function selectedPath(path: FieldPath, scope: Scope, numbers: NumberForm): string {
  return isJsonPath(path) ? readAccessor(path, scope, numbers) : columnValue(path.column, scope)
}

import { child, type JsonPointer } from "../json/json-pointer.ts"
import type { FieldPath } from "../path/json-path.ts"
import type { RecordsTraits } from "../query/record-type.ts"
import { checkedConditions, checkedField, checkedSelection, definedKeys, onRecords, plainObject, refuse, type Scope } from "./checked-condition.ts"
import type { Predicate } from "./predicate.ts"

/** A query in which everything was found good. */
export interface CheckedQuery {
  readonly filters: readonly Predicate[]
  readonly sort: readonly CheckedSortKey[]
  readonly limit: number | undefined
  readonly offset: number | undefined
  readonly select: readonly FieldPath[] | undefined
}

/** One key of an order. */
export interface CheckedSortKey {
  readonly path: FieldPath
  readonly direction: "asc" | "desc"
  readonly nulls: "first" | "last" | undefined
}

/**
 * Everything that a query of such records says, or the first thing that is wrong with it; `pointer` is that of the query.
 *
 * @throws InvalidQueryError with the JSON pointer of the place.
 */
export function checkedQuery(query: unknown, records?: RecordsTraits, pointer: JsonPointer = ""): CheckedQuery {
  const scope = onRecords(records)
  const at = (key: keyof CheckedQuery): JsonPointer => child(pointer, key)
  const given = plainObject(query, pointer, "a query is an object: { filters, sort, limit, offset, select }")
  for (const key of definedKeys(given)) {
    if (!QUERY_KEYS.includes(key)) refuse(child(pointer, key), `unknown key: a query has ${QUERY_KEYS.join(", ")}`)
    if (given[key] === null) refuse(child(pointer, key), "null says nothing here: leave the key out")
  }
  return {
    filters: checkedConditions(given["filters"] ?? [], at("filters"), scope),
    sort: list(given["sort"] ?? [], at("sort")).map((key, index) => sortKey(key, child(at("sort"), index), scope)),
    limit: wholeNumber(given["limit"], at("limit")),
    offset: wholeNumber(given["offset"], at("offset")),
    select: given["select"] === undefined ? undefined : selection(list(given["select"], at("select")), at("select"), scope),
  }
}

const QUERY_KEYS = ["filters", "sort", "limit", "offset", "select"]
const SORT_KEYS = ["field", "order", "nulls"]

function list(value: unknown, pointer: JsonPointer): readonly unknown[] {
  // Spread, so that the holes of a sparse array are seen as undefined.
  return Array.isArray(value) ? [...value] : refuse(pointer, "takes a list")
}

function sortKey(key: unknown, pointer: JsonPointer, scope: Scope): CheckedSortKey {
  const given = plainObject(key, pointer, "a sort key is an object: { field, order, nulls }")
  for (const name of definedKeys(given)) {
    if (!SORT_KEYS.includes(name)) refuse(child(pointer, name), "unknown key: a sort key has field, order and nulls")
  }
  return {
    path: checkedField(given["field"], child(pointer, "field"), scope),
    direction: oneOf(["asc", "desc"] as const, given["order"], child(pointer, "order")) ?? "asc",
    nulls: oneOf(["first", "last"] as const, given["nulls"], child(pointer, "nulls")),
  }
}

function oneOf<Word extends string>(words: readonly Word[], given: unknown, pointer: JsonPointer): Word | undefined {
  if (given === undefined) return undefined
  return words.find((word) => word === given) ?? refuse(pointer, `is one of ${words.join(" and ")}, in lower case`)
}

function wholeNumber(given: unknown, pointer: JsonPointer): number | undefined {
  if (given === undefined) return undefined
  if (typeof given === "number" && Number.isSafeInteger(given) && given >= 0) return given
  return refuse(pointer, "is a whole number from 0 to 2^53 - 1")
}

function selection(fields: readonly unknown[], pointer: JsonPointer, scope: Scope): readonly FieldPath[] {
  if (fields.length === 0) refuse(pointer, "names no path: leave select out to get whole records")
  return fields.map((field, index) => checkedSelection(field, child(pointer, index), scope))
}

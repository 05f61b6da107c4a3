import { child } from "../json/json-pointer.ts"
import type { PositiveOperator } from "../query/operator.ts"
import type { RecordsTraits } from "../query/record-type.ts"
import { checkedConditions, definedKeys, onRecords, plainObject, refuse } from "./checked-condition.ts"
import { type CheckedQuery, checkedQuery } from "./checked-query.ts"
import type { ColumnTest, DocumentTest, Predicate } from "./predicate.ts"

/**
 * The filters of a write to many records; none only for `{ all: true }`.
 *
 * @throws InvalidQueryError with the JSON pointer of the place.
 */
export function checkedTarget(target: unknown, records?: RecordsTraits): readonly Predicate[] {
  const given = plainObject(target, "", "what is written to is an object: { filters }, or { all: true }")
  const unknown = definedKeys(given).find((key) => key !== "filters" && key !== "all")
  if (unknown !== undefined) return refuse(child("", unknown), "unknown key: a write to many records takes { filters }, or { all: true }")
  const { filters, all } = given
  if (all !== undefined && all !== true) return refuse("/all", "is true, or left out")
  const checked = filters === undefined ? [] : checkedConditions(filters, "/filters", onRecords(records))
  if (all === true && checked.length > 0) return refuse("/all", "says that every record is written to: leave the filters out, or this")
  if (all === undefined && checked.every(isAlways))
    return refuse("/filters", "without a condition every record would be written to: say { all: true } if that is meant")
  return checked
}

// What says nothing, as `{ and: [] }` does, is most likely made of conditions that were forgotten.
function isAlways(predicate: Predicate): boolean {
  if (predicate.kind === "not") return isNever(predicate.of)
  if (predicate.kind === "and") return predicate.of.every(isAlways)
  if (predicate.kind === "or") return predicate.of.some(isAlways)
  if (predicate.kind === "column") return predicate.negated && isOneOfNone(predicate)
  return predicate.kind === "document" && isAnyObject(predicate)
}

function isNever(predicate: Predicate): boolean {
  if (predicate.kind === "not") return isAlways(predicate.of)
  if (predicate.kind === "or") return predicate.of.every(isNever)
  if (predicate.kind === "and") return predicate.of.some(isNever)
  return (predicate.kind === "column" || predicate.kind === "document") && !predicate.negated && isOneOfNone(predicate)
}

// All fields are an object, whatever is in it: of `{ tenant: undefined }` nothing else is left.
function isAnyObject({ path, operator, negated, operand }: DocumentTest): boolean {
  if (operator !== "contains" || negated || path.column !== "fields" || path.steps.length > 0) return false
  return operand.of === "object" && operand.object.json === "{}"
}

function isOneOfNone({ operator, operand }: ColumnTest | DocumentTest): boolean {
  return LISTS.has(operator) && Array.isArray(operand) && operand.length === 0
}

const LISTS: ReadonlySet<PositiveOperator> = new Set(["in", "contains_any", "type"])

/** The limit of a claim for which none is given. */
const ONE = 1

/**
 * The query of a claim: filters, sort and limit. The limit may stand in the options instead.
 *
 * @throws InvalidQueryError with the JSON pointer of the place.
 */
export function checkedClaim(query: unknown, options: unknown, records?: RecordsTraits): CheckedQuery {
  const checked = checkedQuery(query, records)
  const { limit } = checkedQuery(optionsOf(options), records)
  if (checked.select !== undefined) return refuse("/select", "claim gives whole records: leave it out")
  if (checked.offset !== undefined) return refuse("/offset", "claim takes the first records that are free: leave it out")
  if (checked.limit !== undefined && limit !== undefined) return refuse("/limit", "stands in the query and in the options: leave one out")
  return { ...checked, limit: checked.limit ?? limit ?? ONE }
}

function optionsOf(options: unknown): object {
  const given = plainObject(options, "", "the options of a claim are an object: { limit }")
  const unknown = definedKeys(given).find((key) => key !== "limit")
  return unknown === undefined ? given : refuse(child("", unknown), "unknown option: a claim takes { limit }")
}

import { ConfigurationError, InvalidQueryError } from "../errors.ts"
import { exactJson, isExactNumber } from "../json/exact-number.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import { RawJson } from "../json/raw-json.ts"
import { checkJsonValues, syntaxFault } from "../json/text-check.ts"
import { fieldPath } from "../path/field-path.ts"
import type { FieldPath } from "../path/json-path.ts"
import type { FieldName, Query, Selection } from "../query/query.ts"
import type { RecordsOf } from "../query/record-type.ts"
import { MAX_CONDITION_DEPTH } from "./checked-condition.ts"
import { checkedQuery } from "./checked-query.ts"

/** What a query from outside may ask. */
export interface ParseQueryOptions<T> {
  /** Whose records are asked for; it gives the query its type. */
  definition?: RecordsOf<T>
  /** The fields that may be named, with what lies below them; without it, every field. */
  allow?: readonly FieldName<T>[]
  /** Levels of conditions: one alone has one level, in an `and` it has two. 32 when left out, 500 at most. */
  maxDepth?: number
  /** Comparisons in all. 1,000 when left out. */
  maxConditions?: number
  /** The highest `limit`; a query without one gets this. Without it there is none. */
  maxLimit?: number
}

/**
 * A query from outside, checked: JSON text, or what a parser has made of it. In JSON text every number stays exact: a
 * whole one beyond 2^53 becomes a `bigint`, any other that a JavaScript number cannot hold a `RawJson`; and a key that
 * stands twice in one object is refused.
 *
 * @example
 * parseQuery('{"filters":[{"field":"fields.age","operator":">=","value":18}]}', { definition: people, maxLimit: 100 })
 * // { filters: [{ field: "fields.age", operator: ">=", value: 18 }], limit: 100 }
 * @throws InvalidQueryError with a JSON pointer and a code, for an answer of 400: `not_json`, `invalid_query`,
 * `field_not_allowed`, `too_deep`, `too_many_conditions`, `limit_too_high`.
 */
export function parseQuery<T>(json: unknown, options: ParseQueryOptions<T> = {}): Query<T, Selection<T>> {
  const { definition, allow, maxDepth, maxConditions, maxLimit } = checkedOptions(options)
  const asParsed = typeof json === "string" ? parsed(json) : json
  new Limits(Math.min(maxDepth, MAX_CONDITION_DEPTH), maxConditions, allow?.map(allowedPath)).look(asParsed)
  const query = typeof json === "string" ? exactQuery(json) : json
  const { limit } = checkedQuery(query, definition)
  if (maxLimit !== undefined && limit !== undefined && limit > maxLimit) refuse("/limit", `is at most ${maxLimit}`, "limit_too_high")
  return typedQuery(maxLimit !== undefined && limit === undefined ? { ...Object(query), limit: maxLimit } : query)
}

// Checked just before; what its fields and values are is known at run time alone.
function typedQuery<T>(query: unknown): Query<T, Selection<T>> {
  return query as Query<T, Selection<T>>
}

function parsed(text: string): unknown {
  const fault = syntaxFault(text)
  return fault === undefined ? JSON.parse(text) : refuse("", `the text is no JSON: ${fault}`, "not_json")
}

function exactQuery(text: string): unknown {
  checkJsonValues(text, "", refuse, 0)
  return withExactOperands(exactJson(text))
}

function withExactOperands(value: unknown): unknown {
  if (isExactNumber(value)) return /^-?[0-9]+$/.test(value.rawJSON) ? BigInt(value.rawJSON) : new RawJson(value.rawJSON)
  if (Array.isArray(value)) return value.map(withExactOperands)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withExactOperands(member)]))
}

// A limit that is misspelt would be none.
function checkedOptions<T>({ definition, allow, maxDepth = 32, maxConditions = 1000, maxLimit, ...others }: ParseQueryOptions<T>) {
  const unknown = Object.keys(others)[0]
  if (unknown !== undefined) throw new ConfigurationError("unknown_option", `parseQuery: there is no option ${JSON.stringify(unknown)}`)
  if (allow !== undefined && !Array.isArray(allow)) throw new ConfigurationError("invalid_option", "parseQuery: allow is a list of fields")
  for (const [name, value] of Object.entries({ maxDepth, maxConditions, ...(maxLimit === undefined ? {} : { maxLimit }) })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new ConfigurationError("invalid_option", `parseQuery: ${name} is a whole number from 0`)
  }
  return { definition, allow, maxDepth, maxConditions, maxLimit }
}

function allowedPath(field: unknown): FieldPath {
  const path = fieldPath(field)
  if ("fault" in path) throw new ConfigurationError("invalid_option", `parseQuery: allow holds a field that names nothing: ${path.fault}`)
  return path
}

/** Looks at what a query names before it is checked: what has another form than a query is left to the check. */
class Limits {
  readonly #maxDepth: number
  readonly #maxConditions: number
  readonly #allowed: readonly FieldPath[] | undefined
  #conditions = 0

  constructor(maxDepth: number, maxConditions: number, allowed: readonly FieldPath[] | undefined) {
    this.#maxDepth = maxDepth
    this.#maxConditions = maxConditions
    this.#allowed = allowed
  }

  look(query: unknown): void {
    for (const [pointer, condition] of entries(property(query, "filters"), "/filters")) this.#condition(condition, pointer, 1, false)
    for (const [pointer, key] of entries(property(query, "sort"), "/sort")) this.#field(property(key, "field"), child(pointer, "field"))
    for (const [pointer, path] of entries(property(query, "select"), "/select")) this.#field(path, pointer)
  }

  #condition(condition: unknown, pointer: JsonPointer, depth: number, inElement: boolean): void {
    if (depth > this.#maxDepth) refuse(pointer, `conditions are nested deeper than ${this.#maxDepth} levels`, "too_deep")
    for (const group of ["and", "or"]) {
      for (const [place, inner] of entries(property(condition, group), child(pointer, group))) this.#condition(inner, place, depth + 1, inElement)
    }
    if (property(condition, "not") !== undefined) this.#condition(property(condition, "not"), child(pointer, "not"), depth + 1, inElement)
    if (property(condition, "operator") === undefined) return
    this.#conditions += 1
    if (this.#conditions > this.#maxConditions) refuse(pointer, `more than ${this.#maxConditions} comparisons`, "too_many_conditions")
    if (!inElement) this.#field(property(condition, "field"), child(pointer, "field"))
    if (property(condition, "operator") === "any") this.#condition(property(condition, "value"), child(pointer, "value"), depth + 1, true)
  }

  #field(field: unknown, pointer: JsonPointer): void {
    const path = fieldPath(field)
    if (this.#allowed === undefined || "fault" in path || this.#allowed.some((allowed) => isWithin(path, allowed))) return
    refuse(pointer, "this field may not be asked for here", "field_not_allowed")
  }
}

function isWithin(path: FieldPath, allowed: FieldPath): boolean {
  if (path.column !== allowed.column) return false
  const [steps, prefix] = [stepsOf(path), stepsOf(allowed)]
  return prefix.every((step, index) => step === steps[index])
}

function stepsOf(path: FieldPath): readonly (string | number)[] {
  return "steps" in path ? path.steps : []
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}

function entries(list: unknown, pointer: JsonPointer): [pointer: JsonPointer, element: unknown][] {
  return Array.isArray(list) ? Array.from(list, (element, index) => [child(pointer, index), element]) : []
}

function refuse(pointer: JsonPointer, reason: string, code = "invalid_query"): never {
  throw new InvalidQueryError(pointerText(pointer), reason, { code })
}

import { ConfigurationError, InvalidQueryError } from "../errors.ts"
import { type FieldPath, isJsonPath } from "../path/json-path.ts"
import { checkedCondition, checkedField, definedKeys, onRecords, plainObject, type Scope } from "../predicate/checked-condition.ts"
import type { CheckedSortKey } from "../predicate/checked-query.ts"
import type { Predicate } from "../predicate/predicate.ts"
import type { RecordsTraits } from "../query/record-type.ts"

/** The kinds of index that a definition can declare. */
export const indexKinds = ["path", "text", "trigram", "array"] as const

/** What an index is made for. */
export type IndexKind = (typeof indexKinds)[number]

/** One key of an index; with `nulls` it is for the sort that asks for the same, and for nothing else. */
export type IndexKey = CheckedSortKey

/** An index in which everything was found good. */
export interface RecordIndex {
  readonly kind: IndexKind
  readonly keys: readonly IndexKey[]
  readonly unique: boolean
  /** Conditions that are all true of the records in it; none: it holds every record. */
  readonly where: readonly Predicate[]
}

/** The indexes of a definition of such records. @throws ConfigurationError for the first that has no meaning. */
export function recordIndexes(indexes: unknown, records: RecordsTraits): readonly RecordIndex[] {
  if (indexes === undefined) return []
  if (!Array.isArray(indexes)) return refuse("indexes is a list")
  try {
    const scope = onRecords(records)
    // By iteration, so that the holes of a sparse array are seen.
    return distinct([...indexes].map((index, position) => recordIndex(index, `/indexes/${position}`, scope)))
  } catch (error) {
    // A path or a condition that is wrong here is wrong in the definition, not in a query.
    if (error instanceof InvalidQueryError) throw new ConfigurationError("invalid_definition", `defineRecords: ${error.message}`, { cause: error })
    throw error
  }
}

const MOST_COLUMNS = 32

// The id stands behind the others, so that the order is a total one.
function columnsOf(keys: readonly IndexKey[], unique: boolean): number {
  const hasId = unique || keys.some(({ path }) => path.column === "id")
  return keys.reduce((count, { nulls }) => count + (nulls === undefined ? 1 : 2), hasId ? 0 : 1)
}

const INDEX_KEYS = ["kind", "field", "fields", "order", "nulls", "unique", "where"]
const KEY_KEYS = ["field", "order", "nulls"]

function recordIndex(options: unknown, pointer: string, scope: Scope): RecordIndex {
  const given = plainObject(options, pointer, "an index is an object: { field } or { fields }")
  const unknown = definedKeys(given).find((key) => !INDEX_KEYS.includes(key))
  if (unknown !== undefined) return refuse(`${pointer}/${unknown}: unknown key: an index has ${INDEX_KEYS.join(", ")}`)
  const kind = oneOf(indexKinds, given["kind"] ?? "path", `${pointer}/kind`)
  const unique = given["unique"] ?? false
  if (typeof unique !== "boolean") return refuse(`${pointer}/unique: is true or false`)
  if (unique && kind !== "path") return refuse(`${pointer}/unique: an index of the kind ${kind} cannot be unique`)
  const keys = indexKeys(given, pointer, scope)
  if (kind !== "path" && (keys.length !== 1 || keys.some(isOrdered) || !keys.every(({ path }) => isJsonPath(path)))) {
    return refuse(`${pointer}: an index of the kind ${kind} has one field, inside a document, and no order`)
  }
  if (columnsOf(keys, unique) > MOST_COLUMNS)
    return refuse(`${pointer}: has more than the ${MOST_COLUMNS} columns that PostgreSQL allows (one for each field, two for one with nulls, and the id)`)
  if (unique && keys.some(({ nulls }) => nulls !== undefined))
    return refuse(`${pointer}: a unique index leaves out the records without a value: nulls says nothing`)
  return { kind, unique, keys, where: given["where"] === undefined ? [] : conjuncts(whereTest(given["where"], `${pointer}/where`, scope)) }
}

function indexKeys(given: Record<string, unknown>, pointer: string, scope: Scope): readonly IndexKey[] {
  const { field, fields, order, nulls } = given
  if (fields === undefined) return [indexKey({ field, order, nulls }, pointer, scope)]
  if (field !== undefined || order !== undefined || nulls !== undefined) return refuse(`${pointer}: has fields, or field, order and nulls, not both`)
  if (!Array.isArray(fields) || fields.length === 0) return refuse(`${pointer}/fields: is a list of at least one field`)
  const keys = [...fields].map((key: unknown, position) => {
    const place = `${pointer}/fields/${position}`
    const isField = typeof key === "string" || Array.isArray(key)
    return isField ? indexKey({ field: key }, place, scope, place) : indexKey(plainObject(key, place, "is a field, or { field, order, nulls }"), place, scope)
  })
  if (new Set(keys.map(({ path }) => pathText(path))).size < keys.length) return refuse(`${pointer}/fields: names a field twice`)
  return keys
}

function indexKey(given: Record<string, unknown>, pointer: string, scope: Scope, fieldPointer = `${pointer}/field`): IndexKey {
  const unknown = definedKeys(given).find((key) => !KEY_KEYS.includes(key))
  if (unknown !== undefined) return refuse(`${pointer}/${unknown}: unknown key: a key has ${KEY_KEYS.join(", ")}`)
  const path = checkedField(given["field"], fieldPointer, scope)
  const direction = oneOf(["asc", "desc"] as const, given["order"] ?? "asc", `${pointer}/order`)
  const nulls = given["nulls"] === undefined ? undefined : oneOf(["first", "last"] as const, given["nulls"], `${pointer}/nulls`)
  if (nulls !== undefined && !isJsonPath(path)) return refuse(`${pointer}/nulls: is for fields in a document, and ${path.column} is a column`)
  return { path, direction, nulls }
}

function isOrdered({ direction, nulls }: IndexKey): boolean {
  return direction === "desc" || nulls !== undefined
}

function oneOf<Word extends string>(words: readonly Word[], given: unknown, pointer: string): Word {
  return words.find((word) => word === given) ?? refuse(`${pointer}: is one of ${words.join(", ")}`)
}

function distinct(indexes: readonly RecordIndex[]): readonly RecordIndex[] {
  const texts = indexes.map(({ keys, where, ...index }) => JSON.stringify({ ...index, keys, where: where.map(predicateText) }))
  const again = texts.findIndex((text, position) => texts.indexOf(text) < position)
  return again === -1 ? indexes : refuse(`/indexes/${again}: is the same index as /indexes/${texts.indexOf(texts[again] ?? "")}`)
}

function whereTest(condition: unknown, pointer: string, scope: Scope): Predicate {
  const test = checkedCondition(condition, pointer, scope)
  // PostgreSQL takes no subquery into an index, and the elements of an array are one.
  if (tests(test).some(({ operator }) => operator === "any")) return refuse(`${pointer}: a partial index cannot use any`)
  return test
}

function tests(predicate: Predicate): readonly { readonly operator: string }[] {
  if (predicate.kind === "not") return tests(predicate.of)
  return "of" in predicate ? predicate.of.flatMap(tests) : [predicate]
}

/** The conditions that are all true where a predicate is. */
export function conjuncts(predicate: Predicate): readonly Predicate[] {
  return predicate.kind === "and" ? predicate.of.flatMap(conjuncts) : [predicate]
}

/** A text that two paths share exactly when they name one place. */
export function pathText(path: FieldPath): string {
  const known = pathTexts.get(path)
  if (known !== undefined) return known
  const text = JSON.stringify(isJsonPath(path) ? [path.column, ...path.steps] : [path.column])
  pathTexts.set(path, text)
  return text
}

// One field is one path however often it is named, and every condition asks for the indexes on it.
const pathTexts = new WeakMap<FieldPath, string>()

/** A text that two predicates share exactly when they ask the same. */
export function predicateText(predicate: Predicate): string {
  return JSON.stringify(predicate, (key, value: unknown) => (key === "pointer" ? undefined : value))
}

/** Whether two predicates ask the same: as their texts say, but known at the first difference, however large one of them is. */
export function isSamePredicate(one: Predicate, other: Predicate): boolean {
  return isSame(one, other)
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && one.length === other.length && one.every((element, index) => isSame(element, other[index]))
  }
  const members = new Map<string, unknown>(Object.entries(other))
  return Object.entries(one).length === members.size && Object.entries(one).every(([key, value]) => key === "pointer" || isSame(value, members.get(key)))
}

function refuse(reason: string): never {
  throw new ConfigurationError("invalid_definition", `defineRecords: ${reason}`)
}

import { conjuncts, type IndexKey, type IndexKind, pathText, predicateText, type RecordIndex } from "../definition/record-index.ts"
import { type FieldPath, isJsonPath } from "../path/json-path.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import type { ColumnTest, DocumentTest, Predicate } from "../predicate/predicate.ts"
import type { PositiveOperator } from "../query/operator.ts"

/** Indexes that together may serve a query; where an `or` stands, one for each of its branches. */
export type Candidate = readonly RecordIndex[]

/**
 * What could be built for a query, the widest first: equal fields, then the sort or a range; each field alone; and the
 * indexes on texts and arrays. Nothing for negatives, for `any`, and for what else no index serves.
 */
export function candidates({ filters, sort, limit }: CheckedQuery): readonly Candidate[] {
  const all = filters.flatMap(conjuncts)
  const ordered = limit === undefined ? [] : sort
  const single = [...pathIndexes(all.flatMap(test), ordered), ...all.flatMap(searchIndexes)].map((index) => [index])
  const branches = all.flatMap((predicate) => (predicate.kind === "or" ? branchIndexes(predicate.of) : []))
  return distinct([...single, ...branches])
}

/** Whether the keys of one index come first in another, so that it serves the conditions that the first one serves. */
export function isPrefix(short: RecordIndex, long: RecordIndex): boolean {
  if (short.kind !== "path" || short.unique || short.keys.length >= long.keys.length) return false
  return identity(short) === identity({ ...long, unique: false, keys: long.keys.slice(0, short.keys.length) })
}

/** A text that two indexes share exactly when they hold the same. */
export function identity({ kind, keys: all, unique, where }: RecordIndex): string {
  return JSON.stringify([kind, unique, all.map(({ path, direction, nulls }) => [pathText(path), direction, nulls]), where.map(predicateText)])
}

/** How many fields some indexes have in all. */
export function keyCount(indexes: Candidate): number {
  return indexes.reduce((sum, { keys }) => sum + keys.length, 0)
}

type Test = ColumnTest | DocumentTest

const FIXED = new Set<PositiveOperator>(["=", "in", "not_exists"])
const RANGE = new Set<PositiveOperator>([">", ">=", "<", "<=", "between"])

function pathIndexes(tests: readonly Test[], sort: readonly IndexKey[]): RecordIndex[] {
  const fixed = keys(tests.filter(({ operator }) => FIXED.has(operator)))
  const ranges = keys(tests.filter(({ operator }) => RANGE.has(operator)))
  const lists = [
    sort.length === 0 ? [] : withKeys(fixed, sort),
    ...ranges.map((range) => withKeys(fixed, [range])),
    fixed,
    ...fixed.map((key) => [key]),
    ...ranges.map((key) => [key]),
    sort,
  ]
  return lists.filter(isWorthwhile).map((keys) => ({ kind: "path", keys, unique: false, where: [] }))
}

const search: { readonly [Operator in PositiveOperator]?: readonly Exclude<IndexKind, "path">[] } = {
  starts_with: ["text"],
  like: ["text", "trigram"],
  ilike: ["trigram"],
  regex: ["trigram"],
  includes: ["trigram"],
  ends_with: ["trigram"],
  contains: ["array"],
  contains_any: ["array"],
}

function searchIndexes(predicate: Predicate): RecordIndex[] {
  if (predicate.kind !== "document" || predicate.negated) return []
  return (search[predicate.operator] ?? []).map((kind) => ({ kind, keys: [key(predicate.path)], unique: false, where: [] }))
}

// Every branch needs an index, or all records are looked at.
function branchIndexes(branches: readonly Predicate[]): Candidate[] {
  const each = branches.map((branch) => {
    const all = conjuncts(branch)
    return [...pathIndexes(all.flatMap(test), []), ...all.flatMap(searchIndexes)][0]
  })
  return each.every((index) => index !== undefined) ? [distinctIndexes(each)] : []
}

function test(predicate: Predicate): Test[] {
  return (predicate.kind === "column" || predicate.kind === "document") && !predicate.negated ? [predicate] : []
}

function keys(tests: readonly Test[]): IndexKey[] {
  const paths = new Map(tests.map((one) => (one.kind === "column" ? { column: one.column } : one.path)).map((path) => [pathText(path), path]))
  return [...paths.values()].map(key)
}

function key(path: FieldPath): IndexKey {
  return { path, direction: "asc", nulls: undefined }
}

function withKeys(first: readonly IndexKey[], then: readonly IndexKey[]): readonly IndexKey[] {
  const taken = new Set(first.map(({ path }) => pathText(path)))
  return [...first, ...then.filter(({ path }) => !taken.has(pathText(path)))]
}

// The primary key serves `id`, and whatever begins with it.
function isWorthwhile(keys: readonly IndexKey[]): boolean {
  const [first] = keys
  return first !== undefined && (isJsonPath(first.path) || first.path.column !== "id")
}

function distinct(all: readonly Candidate[]): readonly Candidate[] {
  return [...new Map(all.filter((indexes) => indexes.length > 0).map((indexes) => [indexes.map(identity).join(), indexes])).values()]
}

function distinctIndexes(indexes: readonly RecordIndex[]): Candidate {
  return [...new Map(indexes.map((index) => [identity(index), index])).values()]
}

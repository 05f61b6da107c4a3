import { type IndexLookup, indexLookup } from "../definition/index-lookup.ts"
import { conjuncts, type IndexKey, type IndexKind, pathText, predicateText, type RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { type FieldPath, isJsonPath } from "../path/json-path.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import type { ColumnTest, DocumentTest, Predicate } from "../predicate/predicate.ts"
import type { PositiveOperator } from "../query/operator.ts"

/** Indexes that together may serve a query; where an `or` stands, one for each of its branches. */
export type Candidate = readonly RecordIndex[]

/**
 * What could be built for a query, the widest first: equal fields, then the sort or a range; each field alone; and the
 * indexes on texts and arrays. Nothing for negatives, for `any`, and for what else no index serves. Where one of the indexes
 * that are there serves a branch of an `or`, the other branches may be enough.
 */
export function candidates({ filters, sort, limit }: CheckedQuery, lookup: IndexLookup = NO_INDEXES): readonly Candidate[] {
  const all = filters.flatMap(conjuncts)
  const ordered = limit === undefined ? [] : sort
  const single = [...pathIndexes(all.flatMap(test), ordered), ...all.flatMap(searchIndexes)].map((index) => [index])
  const branches = all.flatMap((predicate) => (predicate.kind === "or" ? branchIndexes(predicate.of, lookup) : []))
  return distinct([...single, ...branches])
}

/** Those of the candidates of a query that a definition has not, the other way round neither. */
export function newCandidates(query: CheckedQuery, { indexes, lookup }: Pick<TableDefinition, "indexes" | "lookup">): readonly Candidate[] {
  const declared = new Set(indexes.map(identity))
  return distinct(candidates(query, lookup).map((candidate) => candidate.filter((index) => !declared.has(identity(index)))))
}

/** Whether the keys of one index come first in another, so that it serves the conditions that the first one serves. */
export function isPrefix(short: RecordIndex, long: RecordIndex): boolean {
  if (short.kind !== "path" || short.unique || short.keys.length >= long.keys.length) return false
  return identity(short) === identity({ ...long, unique: false, keys: long.keys.slice(0, short.keys.length) })
}

/** A text that two indexes share exactly when they hold the same, be it the other way round: an index is read backwards as well. */
export function identity(index: RecordIndex): string {
  const { kind, keys: all, unique, where } = index.keys[0]?.direction === "desc" ? mirrored(index) : index
  return JSON.stringify([kind, unique, all.map(({ path, direction, nulls }) => [pathText(path), direction, nulls]), where.map(predicateText)])
}

/** The index that holds the same the other way round. */
export function mirrored(index: RecordIndex): RecordIndex {
  return { ...index, keys: index.keys.map(({ path, direction, nulls }) => ({ path, direction: other[direction], nulls: nulls && other[nulls] })) }
}

const other = { asc: "desc", desc: "asc", first: "last", last: "first" } as const

/** How many fields some indexes have in all. */
export function keyCount(indexes: Candidate): number {
  return indexes.reduce((sum, { keys }) => sum + keys.length, 0)
}

type Test = ColumnTest | DocumentTest

const NO_INDEXES = indexLookup([], [])

const FIXED = new Set<PositiveOperator>(["=", "in", "not_exists"])
const RANGE = new Set<PositiveOperator>([">", ">=", "<", "<=", "between"])

/** The operators that the GIN on a document may serve. */
export const BY_GIN: ReadonlySet<PositiveOperator> = new Set<PositiveOperator>(["=", "in", "contains", "contains_any"])

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
function branchIndexes(branches: readonly Predicate[], lookup: IndexLookup): Candidate[] {
  const each = branches.flatMap((branch) => branchIndex(branch) ?? [])
  if (each.length < branches.length) return []
  const needed = branches.flatMap((branch) => (isServed(branch, lookup) ? [] : (branchIndex(branch) ?? [])))
  return [distinctIndexes(needed), distinctIndexes(each)]
}

function branchIndex(branch: Predicate): RecordIndex | undefined {
  const all = conjuncts(branch)
  return [...pathIndexes(all.flatMap(test), []), ...all.flatMap(searchIndexes)][0]
}

function isServed(branch: Predicate, lookup: IndexLookup): boolean {
  const given = lookup.given([branch])
  return conjuncts(branch)
    .flatMap(test)
    .some((one) => {
      if (one.kind === "document" && BY_GIN.has(one.operator) && lookup.hasGin(one.path.column)) return true
      const isByPath = FIXED.has(one.operator) || RANGE.has(one.operator)
      const kinds: readonly IndexKind[] = [...(isByPath ? (["path"] as const) : []), ...(search[one.operator] ?? [])]
      return kinds.some((kind) => lookup.serves(kind, one.kind === "column" ? { column: one.column } : one.path, given))
    })
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

// Of two that hold the same, the first: it is in the direction of the sort.
function distinct(all: readonly Candidate[]): readonly Candidate[] {
  const first = new Map(all.toReversed().map((indexes) => [indexes.map(identity).join(), indexes]))
  return all.filter((indexes) => indexes.length > 0 && first.get(indexes.map(identity).join()) === indexes)
}

function distinctIndexes(indexes: readonly RecordIndex[]): Candidate {
  return [...new Map(indexes.map((index) => [identity(index), index])).values()]
}

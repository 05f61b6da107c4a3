import { type DocumentColumn, type FieldPath, isJsonPath } from "../path/json-path.ts"
import type { DocumentTest, Predicate } from "../predicate/predicate.ts"
import { conjuncts, type IndexKind, isSamePredicate, pathText, predicateText, type RecordIndex } from "./record-index.ts"

/** What the conditions around a test say as well: it helps to choose the index that serves it. */
export interface Given {
  /** The paths that are compared with `=` or `in`. */
  readonly fixed: ReadonlySet<string>
  /** The paths that have a value, as a condition on them says. */
  readonly valued: ReadonlySet<string>
  /** Those of them where the SQL says so beside what a partial index says. */
  readonly present: ReadonlySet<string>
  /** The conditions that are also those of a partial index. */
  readonly tests: ReadonlySet<string>
}

const NOTHING: Given = { fixed: new Set(), valued: new Set(), present: new Set(), tests: new Set() }

/** A place of a path in an index. */
interface Place {
  readonly index: RecordIndex
  readonly position: number
}

/**
 * Which indexes a table has, as the compiler asks: from the definition alone it chooses the form of SQL that an index
 * can serve.
 */
export interface IndexLookup {
  /** Whether a GIN on the whole document serves containment. */
  hasGin(column: string): boolean
  /** Whether an index of this kind serves a test of the path, where so much else is given. */
  serves(kind: IndexKind, path: FieldPath, given: Given): boolean
  /** Whether a unique index has the path: it leaves out the records that have no value there. */
  isUnique(path: FieldPath): boolean
  /** Whether a condition is one of a partial index, whose SQL holds literals. */
  isPartial(predicate: Predicate): boolean
  /** Whether a condition on the path may be one of a partial index, or a part of one. */
  mayBePartial(path: FieldPath): boolean
  /** What is given where all of these are true, beside what is given around them. */
  given(predicates: readonly Predicate[], around?: Given): Given
}

/** The lookup of a table that has these indexes, and a GIN on these documents. */
export function indexLookup(gin: readonly DocumentColumn[], indexes: readonly RecordIndex[]): IndexLookup {
  return new DeclaredIndexes(gin, indexes)
}

class DeclaredIndexes implements IndexLookup {
  readonly #places = new Map<string, Place[]>()
  readonly #partial: readonly Predicate[]
  readonly #gin: ReadonlySet<string>
  readonly #indexes: readonly RecordIndex[]

  constructor(gin: readonly DocumentColumn[], indexes: readonly RecordIndex[]) {
    this.#gin = new Set(gin)
    this.#indexes = indexes
    this.#partial = indexes.flatMap(({ where }) => where)
    for (const index of indexes) {
      index.keys.forEach(({ path }, position) => {
        const key = pathText(path)
        this.#places.set(key, [...(this.#places.get(key) ?? []), { index, position }])
      })
    }
  }

  hasGin(column: string): boolean {
    return this.#gin.has(column)
  }

  serves(kind: IndexKind, path: FieldPath, given: Given): boolean {
    return this.#placesOf(path).some(({ index, position }) => index.kind === kind && reaches(index, position, given))
  }

  isUnique(path: FieldPath): boolean {
    return this.#placesOf(path).some(({ index }) => index.unique)
  }

  isPartial(predicate: Predicate): boolean {
    return this.#partial.some((one) => isSamePredicate(one, predicate))
  }

  mayBePartial(path: FieldPath): boolean {
    return this.#partial.length > 0 && this.#partial.flatMap(testedPaths).includes(pathText(path))
  }

  given(predicates: readonly Predicate[], around: Given = NOTHING): Given {
    return this.#indexes.length === 0 ? around : new GivenBeside(predicates, around, this)
  }

  #placesOf(path: FieldPath): readonly Place[] {
    return this.#places.size === 0 ? [] : (this.#places.get(pathText(path)) ?? [])
  }
}

// Most indexes serve whatever is given beside: it is worked out when one asks.
class GivenBeside implements Given {
  readonly #predicates: readonly Predicate[]
  readonly #around: Given
  readonly #lookup: IndexLookup
  #fixed: ReadonlySet<string> | undefined
  #valued: ReadonlySet<string> | undefined
  #present: ReadonlySet<string> | undefined
  #tests: ReadonlySet<string> | undefined

  constructor(predicates: readonly Predicate[], around: Given, lookup: IndexLookup) {
    this.#predicates = predicates
    this.#around = around
    this.#lookup = lookup
  }

  get fixed(): ReadonlySet<string> {
    this.#fixed ??= new Set([...this.#around.fixed, ...this.#all().flatMap(fixedPath)])
    return this.#fixed
  }

  get valued(): ReadonlySet<string> {
    this.#valued ??= new Set([...this.#around.valued, ...this.#all().flatMap(presentPath)])
    return this.#valued
  }

  // The SQL of a partial index's condition is that of the index: it says nothing more.
  get present(): ReadonlySet<string> {
    this.#present ??= new Set([...this.#around.present, ...this.#all().flatMap((one) => (this.#lookup.isPartial(one) ? [] : presentPath(one)))])
    return this.#present
  }

  get tests(): ReadonlySet<string> {
    this.#tests ??= new Set([...this.#around.tests, ...this.#all().flatMap((one) => (this.#lookup.isPartial(one) ? [predicateText(one)] : []))])
    return this.#tests
  }

  #all(): readonly Predicate[] {
    return this.#predicates.flatMap(conjuncts)
  }
}

function testedPaths(predicate: Predicate): readonly string[] {
  if (predicate.kind === "document") return [pathText(predicate.path)]
  if (predicate.kind === "column") return []
  return predicate.kind === "not" ? testedPaths(predicate.of) : predicate.of.flatMap(testedPaths)
}

function fixedPath(predicate: Predicate): string[] {
  if ((predicate.kind !== "column" && predicate.kind !== "document") || predicate.negated) return []
  if (predicate.operator !== "=" && predicate.operator !== "in") return []
  return [pathText(predicate.kind === "column" ? { column: predicate.column } : predicate.path)]
}

function presentPath(predicate: Predicate): string[] {
  return predicate.kind === "document" && impliesValue(predicate) ? [pathText(predicate.path)] : []
}

/** Whether a test is true of records only that have a value at its path. */
export function impliesValue({ operator }: DocumentTest): boolean {
  return operator !== "not_exists" && operator !== "type"
}

// A btree is read by the keys that come first; an index that leaves records out serves only who does not ask for them.
function reaches({ keys, where, unique }: RecordIndex, position: number, given: Given): boolean {
  return (
    keys.slice(0, position).every(({ path }) => given.fixed.has(pathText(path))) &&
    keys.slice(0, position + 1).every(({ nulls }) => nulls === undefined) &&
    (!unique || keys.every(({ path }) => !isJsonPath(path) || given.present.has(pathText(path)))) &&
    where.every((predicate) => given.tests.has(predicateText(predicate)))
  )
}

import type { Condition } from "../query/condition.ts"
import type { OtherPath, PlainColumn, SpelledPath, ValueAt } from "../query/field.ts"

/** A field that can be indexed, in any spelling. */
export type IndexField<T> = SpelledPath<T> | OtherPath<T>

/** A field of a document whose value may be one of `V`; the spellings that are accepted by their form are not looked into. */
type FieldThatHolds<T, V, Not = never> =
  | { [F in PathInDocument<T>]: MayBe<Exclude<ValueAt<T, F>, Not>, V> extends true ? F : never }[PathInDocument<T>]
  | OtherPath<T>

type PathInDocument<T> = Exclude<SpelledPath<T>, PlainColumn>

type MayBe<Value, V> = unknown extends Value ? true : [Extract<Value, V>] extends [never] ? false : true

/** One key of a compound index. */
export interface IndexKeyOptions<T> {
  readonly field: IndexField<T>
  /** `asc` when left out. */
  readonly order?: "asc" | "desc" | undefined
  /** As in a sort: such a key serves the sort that says the same, and no condition. */
  readonly nulls?: "first" | "last" | undefined
}

/** What every kind of index can be limited to. */
interface Partial<T> {
  /** Only the records that satisfy this are in the index; it serves the queries that ask for the same. */
  readonly where?: Condition<T> | undefined
}

/**
 * A btree on one field: equality, orderings, sort. `unique`: no two records have the same value; records without one do
 * not count. PostgreSQL refuses to write a value that does not fit into a btree, some 2,700 bytes once it is compressed.
 */
export interface PathIndexOptions<T> extends Partial<T>, IndexKeyOptions<T> {
  readonly kind?: "path" | undefined
  readonly unique?: boolean | undefined
}

/** A btree on several fields, one after the other. */
export interface CompoundIndexOptions<T> extends Partial<T> {
  readonly kind?: "path" | undefined
  readonly fields: readonly (IndexField<T> | IndexKeyOptions<T>)[]
  readonly unique?: boolean | undefined
}

/**
 * `text`: a btree on how a string begins, for `starts_with` and for `like` that begins with a literal. `trigram`: a GIN
 * (pg_trgm) for `like`, `ilike`, `regex`, `includes`, `starts_with` and `ends_with`. Neither refuses a value, however long.
 */
export interface TextIndexOptions<T> extends Partial<T> {
  readonly kind: "text" | "trigram"
  readonly field: FieldThatHolds<T, string | Date>
}

/** A GIN on one array or object, for `contains` and `contains_any`. It refuses no value. */
export interface ArrayIndexOptions<T> extends Partial<T> {
  readonly kind: "array"
  readonly field: FieldThatHolds<T, object, Date>
}

/** One index of a table of records. */
export type IndexOptions<T> = PathIndexOptions<T> | CompoundIndexOptions<T> | TextIndexOptions<T> | ArrayIndexOptions<T>

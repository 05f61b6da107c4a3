import type { Condition } from "../query/condition.ts"
import type { OtherPath, SpelledPath } from "../query/field.ts"

/** A field that can be indexed, in any spelling. */
export type IndexField<T> = SpelledPath<T> | OtherPath<T>

/** One key of a compound index. */
export interface IndexKeyOptions<T> {
  readonly field: IndexField<T>
  /** `asc` when left out. */
  readonly order?: "asc" | "desc" | undefined
}

/** What every kind of index can be limited to. */
interface Partial<T> {
  /** Only the records that satisfy this are in the index; it serves the queries that ask for the same. */
  readonly where?: Condition<T> | undefined
}

/** A btree on one field: equality, orderings, sort. `unique`: no two records have the same value; records without one do not count. */
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
 * `text`: a btree on a string for `starts_with`, and for `like` that begins with a literal. `trigram`: a GIN (pg_trgm)
 * for `like`, `ilike`, `regex`, `includes`, `starts_with` and `ends_with`. `array`: a GIN on one array or object for
 * `contains` and `contains_any`.
 */
export interface SearchIndexOptions<T> extends Partial<T> {
  readonly kind: "text" | "trigram" | "array"
  readonly field: IndexField<T>
}

/** One index of a table of records. */
export type IndexOptions<T> = PathIndexOptions<T> | CompoundIndexOptions<T> | SearchIndexOptions<T>

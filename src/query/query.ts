import type { Conditions, LooseCondition } from "./condition.ts"
import type { DottedPath, JsonObject, ListPath, RecordShape, Selected, SqlPath, Stored } from "./field.ts"

/** How a field may be named in `sort` and `select`. */
export type FieldName<T> = [T] extends [never] ? string | ListPath : DottedPath<T> | SqlPath | ListPath

/** One key of an order. */
export interface SortKey<T = RecordShape> {
  readonly field: FieldName<T>
  /** `asc` when left out. `desc` is its exact mirror. */
  readonly order?: "asc" | "desc" | undefined
  /** Puts records without a value before or after all others; without it they are the lowest. */
  readonly nulls?: "first" | "last" | undefined
}

/**
 * A question to a table of records of the shape `T`, as plain JSON data. `Paths` are those of its `select`; without it
 * whole records come back.
 */
export interface Query<T = RecordShape, Paths = undefined> {
  /** All of them must be true. With none, every record is found. */
  readonly filters?: readonly Conditions<T>["one"][] | undefined
  /** The order; ties, and no order at all, are settled by `id`. */
  readonly sort?: readonly SortKey<T>[] | undefined
  /** The most records to bring: a whole number from 0, which brings none. */
  readonly limit?: number | undefined
  /** How many records to pass over first. */
  readonly offset?: number | undefined
  /** Brings these paths only, each in its place. */
  readonly select?: Paths | undefined
}

/** A question to records of any shape, or of one that is not known to the compiler. */
export interface LooseQuery {
  readonly filters?: readonly LooseCondition[] | undefined
  readonly sort?: readonly Pick<SortKey<never>, "field" | "order" | "nulls">[] | undefined
  readonly limit?: number | undefined
  readonly offset?: number | undefined
  readonly select?: readonly FieldName<never>[] | undefined
}

/** Which records a write to many is for. */
export type WriteQuery<T = RecordShape> =
  | {
      /** All of them must be true. */
      readonly filters: readonly Conditions<T>["one"][]
      readonly all?: undefined
    }
  | {
      /** Stands in the place of filters where every record is meant. */
      readonly all: true
      readonly filters?: readonly [] | undefined
    }

/** Which records `claim` takes, and in which order; `limit` is how many, one when left out. */
export type ClaimQuery<T = RecordShape> = Pick<Query<T>, "filters" | "sort" | "limit">

/** A record as it is stored. */
export interface StoredRecord<F = JsonObject, M = JsonObject> {
  /** A UUID in lower case. */
  readonly id: string
  readonly fields: Stored<F>
  readonly metadata: Stored<M> | null
  /** 1 when created; every write adds one. */
  readonly revision: number
  /** Whole milliseconds, equal to the column. */
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A row of a query with `select`: every selected path in its place, and nothing else. */
export type SelectedRecord<F, M, Paths extends readonly unknown[]> = AllOf<
  { [I in keyof Paths]: (row: Selected<RecordShape<F, M | null>, Paths[I]>) => void }[number]
>

/** What `search` gives for each record: the whole of it, or with `select` those paths; of paths not known to the compiler, any. */
export type Found<F, M, Paths> = Paths extends readonly unknown[]
  ? number extends Paths["length"]
    ? Partial<Omit<StoredRecord, "fields" | "metadata">> & { readonly fields?: unknown; readonly metadata?: unknown }
    : SelectedRecord<F, M, Paths>
  : StoredRecord<F, M>

/** The paths of a `select`, or none. */
export type Selection<T> = readonly FieldName<T>[] | undefined

// A parameter that must serve every one of several functions is the intersection of theirs.
type AllOf<Functions> = [Functions] extends [(row: infer Row) => void] ? Row : never

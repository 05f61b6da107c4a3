// Carries the record type to the compiler; never there at run time.
declare const recordType: unique symbol

/** What the ids of a table are: UUIDs, or any text. */
export type IdType = "uuid" | "text"

/** A column that a table may be without. */
export type OptionalColumn = "metadata" | "revision"

/** What a query has to know of the table that it asks; when left out, it is one that `migrate` makes. */
export interface RecordsTraits {
  /** UUIDs, when left out. */
  readonly ids?: IdType
  /** The columns that the table has not; none, when left out. */
  readonly absent?: readonly OptionalColumn[]
}

/** What is about records of the shape `T`. */
export interface RecordsOf<T> extends RecordsTraits {
  readonly [recordType]?: T
}

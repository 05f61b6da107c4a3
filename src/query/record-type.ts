// Carries the record type to the compiler; never there at run time.
declare const recordType: unique symbol

/** What the ids of a table are: UUIDs, or any text. */
export type IdType = "uuid" | "text"

/** What is about records of the shape `T`. */
export interface RecordsOf<T> {
  readonly [recordType]?: T
  /** UUIDs, when left out. */
  readonly ids?: IdType
}

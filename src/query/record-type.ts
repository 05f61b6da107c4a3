// Carries the record type to the compiler; never there at run time.
declare const recordType: unique symbol

/** What is about records of the shape `T`. */
export interface RecordsOf<T> {
  readonly [recordType]?: T
}

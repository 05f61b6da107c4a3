import { InvalidQueryError } from "../errors.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { child, pointerText } from "../json/json-pointer.ts"
import type { Exact } from "../query/field.ts"

/** How records are read. */
export interface ReadOptions<N extends NumberForm = NumberForm> {
  /**
   * `"exact"`: a whole number in a document that lies outside of ±(2^53 - 1) is read as a `bigint`, and a fraction that a
   * JavaScript number cannot hold as the string of its digits. Without it every number is a JavaScript number.
   */
  readonly numbers?: N
}

/** A row with whole documents or parts of them, by the form that its numbers are read in. */
export type ReadAs<Row, N extends NumberForm> = N extends "exact" ? NoInfer<ExactRow<Row>> : Row

type ExactRow<Row> = { [K in keyof Row]: K extends "fields" | "metadata" ? Exact<Row[K]> : Row[K] }

/** The form that numbers are read in. @throws InvalidQueryError */
export function numberForm<N extends NumberForm>(options: ReadOptions<N>): N {
  const given: unknown = options
  if (typeof given !== "object" || given === null) throw new InvalidQueryError("", "the options of a read are an object: { numbers }")
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    const pointer = pointerText(child("", key))
    if (key !== "numbers") throw new InvalidQueryError(pointer, "unknown option: a read takes { numbers }")
    if (value !== "exact") throw new InvalidQueryError(pointer, 'numbers is "exact", or left out')
  }
  // Left out, it is the default of the type.
  return options.numbers as N
}

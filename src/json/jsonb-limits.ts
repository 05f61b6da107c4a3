import { decimal } from "./decimal.ts"
import type { JsonPointer } from "./json-pointer.ts"

/** Called with the JSON pointer of a value that JSON or `jsonb` cannot hold exactly, and the reason. It throws. */
export type RefuseValue = (pointer: JsonPointer, reason: string) => never

/** Levels of nesting that a document may have: PostgreSQL's parser gives up a little above twice as many. */
export const MAX_DEPTH = 2000

/** Why PostgreSQL's text cannot hold a string, or `undefined` when it can. */
export function textFault(value: string): string | undefined {
  if (value.includes("\u0000")) return "a NUL character (\\u0000), which PostgreSQL cannot store: remove it"
  if (!value.isWellFormed()) return "a lone surrogate, which is no character: repair the text, for example with toWellFormed()"
  return undefined
}

/**
 * Why `jsonb` cannot hold the number of a JSON token, or `undefined` when it can.
 *
 * @example
 * numericFault("1e131072") // more than 131072 digits before the point, which PostgreSQL cannot store
 * @see src/backend/utils/adt/numeric.c of PostgreSQL: NUMERIC_WEIGHT_MAX, NUMERIC_DSCALE_MAX
 */
export function numericFault(token: string): string | undefined {
  const { power, wholeDigits, fractionDigits } = numericSize(token)
  if (Math.abs(power) > LARGEST_EXPONENT) return `an exponent beyond ${LARGEST_EXPONENT}, which PostgreSQL cannot read`
  if (fractionDigits > MOST_FRACTION_DIGITS) return `more than ${MOST_FRACTION_DIGITS} digits after the point, which PostgreSQL cannot store`
  if (wholeDigits > MOST_WHOLE_DIGITS) return `more than ${MOST_WHOLE_DIGITS} digits before the point, which PostgreSQL cannot store`
  return undefined
}

/** What PostgreSQL's `numeric` needs for the number of a JSON token. */
export function numericSize(token: string): { readonly power: number; readonly wholeDigits: number; readonly fractionDigits: number } {
  const [, fraction = "", exponentText = "0"] = /^[^.eE]*(?:\.([0-9]+))?(?:[eE](.+))?$/.exec(token) ?? []
  const { digits, exponent } = decimal(token)
  const power = Number(exponentText)
  // Behind the point as they are written: zeros at the end count.
  return { power, wholeDigits: digits.length + exponent, fractionDigits: fraction.length - power }
}

// A number of `jsonb` is PostgreSQL's `numeric`.
const MOST_WHOLE_DIGITS = 131_072
const MOST_FRACTION_DIGITS = 16_383
// Half of a 32-bit integer: PostgreSQL reads no larger exponent, not even that of a zero.
const LARGEST_EXPONENT = 2 ** 30 - 1

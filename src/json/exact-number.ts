import { decimal, decimalOrder } from "./decimal.ts"

/** A number that a JavaScript number cannot hold: its JSON text, which `JSON.stringify` writes as it is. */
export interface ExactNumber {
  readonly rawJSON: string
}

interface SourceAccess {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown
  rawJSON(text: string): ExactNumber
  isRawJSON(value: unknown): value is ExactNumber
}

// Newer than the types of the language that this package is written for.
const json = JSON as unknown as SourceAccess

/** Whether a value is a number kept as text. */
export function isExactNumber(value: unknown): value is ExactNumber {
  return json.isRawJSON(value)
}

/**
 * The value of JSON text, in which a number that a JavaScript number cannot hold is an `ExactNumber`.
 *
 * @throws SyntaxError when it is no JSON.
 */
export function exactJson(text: string): unknown {
  return parsed(text, (value, source) => (isSameNumber(value, source) ? value : json.rawJSON(source)))
}

/** How numbers are read: `undefined` as JavaScript numbers, `"exact"` as `exactValue` does. */
export type NumberForm = "exact" | undefined

/**
 * The value of JSON text with every number exact: a whole number outside of ±(2^53 - 1) is a `bigint`; a fraction is a
 * number where JavaScript writes that number as the same decimal, and else the string of its digits.
 *
 * @example
 * exactValue("[1, 0.10, 9007199254740993, 0.10000000000000000001]") // [ 1, 0.1, 9007199254740993n, '0.10000000000000000001' ]
 */
export function exactValue(text: string): unknown {
  return parsed(text, exactNumber)
}

function parsed(text: string, number: (value: number, source: string) => unknown): unknown {
  // Fewer than 16 digits, no exponent: every number is held exactly, and the plain way is the fast one.
  if (!/[0-9][0-9.]{15}|[0-9][eE]/.test(text)) return JSON.parse(text)
  return json.parse(text, (_key, value, { source }) => (typeof value !== "number" || source === undefined ? value : number(value, source)))
}

function exactNumber(value: number, source: string): number | bigint | string {
  // Beyond 2^53 also where the number is the same: its type follows from its size, and not from its digits.
  const isPlain = isSameNumber(value, source) && (Number.isSafeInteger(value) || !Number.isInteger(value))
  return isPlain ? value : (wholeNumber(source) ?? source)
}

// More digits than PostgreSQL's numeric has can only come from a file: their text stays.
const MOST_ZEROS = 131_072

function wholeNumber(source: string): bigint | undefined {
  const { negative, digits, exponent } = decimal(source)
  if (exponent < 0 || exponent > MOST_ZEROS) return undefined
  return BigInt(`${negative ? "-" : ""}${digits}${"0".repeat(exponent)}`)
}

function isSameNumber(value: number, source: string): boolean {
  return Number.isFinite(value) && decimalOrder(decimal(JSON.stringify(value)), decimal(source)) === 0
}

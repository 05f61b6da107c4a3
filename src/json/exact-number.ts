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
  // Fewer than 16 digits, no exponent: every number is held exactly, and the plain way is the fast one.
  if (!/[0-9][0-9.]{15}|[0-9][eE]/.test(text)) return JSON.parse(text)
  return json.parse(text, (_key, value, { source }) => {
    if (typeof value !== "number" || source === undefined || isSameNumber(value, source)) return value
    return json.rawJSON(source)
  })
}

function isSameNumber(value: number, source: string): boolean {
  return Number.isFinite(value) && decimalOrder(decimal(JSON.stringify(value)), decimal(source)) === 0
}

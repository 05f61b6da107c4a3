import { isExactNumber } from "../json/exact-number.ts"
import type { ValueKind } from "../query/operator.ts"

/** The kind of a value in a record. A `Date` is the string of its `toISOString()`. */
export function jsonKind(value: unknown): ValueKind {
  if (value === undefined) return "missing"
  if (value === null) return "null"
  if (typeof value === "string" || value instanceof Date) return "string"
  if (typeof value === "number" || typeof value === "bigint" || isExactNumber(value)) return "number"
  if (typeof value === "boolean") return "boolean"
  return Array.isArray(value) ? "array" : "object"
}

/** Whether a value is one: neither missing nor null. */
export function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null
}

/** The text of a string or a `Date`. */
export function stringOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}

/** The JSON text of a number. */
export function numberText(value: unknown): string {
  return isExactNumber(value) ? value.rawJSON : typeof value === "bigint" ? value.toString() : JSON.stringify(value)
}

import { decimal, decimalOrder } from "../json/decimal.ts"
import { jsonKind, numberText, stringOf } from "./json-kind.ts"
import { textOrder } from "./text-order.ts"

/** Whether two JSON values are deeply equal: numbers by value, objects whatever the order of their keys. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  const kind = jsonKind(a)
  if (kind !== jsonKind(b)) return false
  if (kind === "string") return stringOf(a) === stringOf(b)
  if (kind === "number") return numberOrder(a, b) === 0
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((element, index) => jsonEqual(element, b[index]))
  if (kind === "object") return objectEqual(members(a), members(b))
  return a === b
}

/** Whether a value contains another as PostgreSQL's `@>` sees it: arrays as sets, objects by the keys that are asked for. */
export function jsonContains(value: unknown, part: unknown): boolean {
  if (Array.isArray(part)) return Array.isArray(value) && containsEach(value, part)
  if (jsonKind(part) !== "object") return jsonEqual(value, part)
  if (jsonKind(value) !== "object") return false
  const inside = members(value)
  for (const [key, wanted] of members(part)) {
    if (!inside.has(key) || !jsonContains(inside.get(key), wanted)) return false
  }
  return true
}

// Loops: calls of every() and some() at each of 2,000 levels do not fit on the stack.
function containsEach(value: readonly unknown[], part: readonly unknown[]): boolean {
  for (const wanted of part) {
    const isFound = isContainer(wanted) ? jsonContains : jsonEqual
    let isThere = false
    for (let index = 0; index < value.length && !isThere; index += 1) isThere = isFound(value[index], wanted)
    if (!isThere) return false
  }
  return true
}

/** The order of two strings, or of two numbers; `undefined` when they are of different kinds, or of one without an order. */
export function scalarOrder(a: unknown, b: unknown): number | undefined {
  const kind = jsonKind(a)
  if (kind !== jsonKind(b)) return undefined
  if (kind === "string") return textOrder(stringOf(a), stringOf(b))
  return kind === "number" ? numberOrder(a, b) : undefined
}

function numberOrder(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b
  return decimalOrder(decimal(numberText(a)), decimal(numberText(b)))
}

function isContainer(value: unknown): boolean {
  const kind = jsonKind(value)
  return kind === "array" || kind === "object"
}

/** The members of an object that JSON would write. */
function members(value: unknown): Map<string, unknown> {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : []
  return new Map(entries.filter(([, member]) => member !== undefined))
}

function objectEqual(a: Map<string, unknown>, b: Map<string, unknown>): boolean {
  return a.size === b.size && [...a].every(([key, member]) => b.has(key) && jsonEqual(member, b.get(key)))
}

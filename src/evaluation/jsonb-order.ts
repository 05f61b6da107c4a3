import type { ValueKind } from "../query/operator.ts"
import { scalarOrder } from "./json-comparison.ts"
import { jsonKind } from "./json-kind.ts"

/**
 * Below, at or above zero: the order that PostgreSQL gives two `jsonb` values where strings are ordered by code point.
 * Null and missing are lowest, then strings, numbers, booleans, arrays (the longer above), objects (the larger above);
 * an empty array that is the whole value is below everything.
 *
 * @see compareJsonbContainers in src/backend/utils/adt/jsonb_util.c of PostgreSQL 18
 */
export function jsonbOrder(a: unknown, b: unknown): number {
  // A lone scalar is stored as an array of one, and the lengths decide before the kinds do.
  return Number(isEmptyArray(b)) - Number(isEmptyArray(a)) || innerOrder(a, b)
}

function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

const ranks: Record<ValueKind, number> = { missing: 0, null: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 }

// Inside another value, where an empty array is an array like any other.
function innerOrder(a: unknown, b: unknown): number {
  const kind = jsonKind(a)
  const kinds = ranks[kind] - ranks[jsonKind(b)]
  if (kinds !== 0) return kinds
  if (Array.isArray(a) && Array.isArray(b)) return listOrder(a, b)
  if (kind === "object") return listOrder(storedMembers(a), storedMembers(b))
  if (kind === "boolean") return Number(a) - Number(b)
  return scalarOrder(a, b) ?? 0
}

function listOrder(a: readonly unknown[], b: readonly unknown[]): number {
  if (a.length !== b.length) return a.length - b.length
  for (const [index, element] of a.entries()) {
    const order = innerOrder(element, b[index])
    if (order !== 0) return order
  }
  return 0
}

/** Key, value, key, value, as they are stored: the shorter key first, of two equally long ones the one whose bytes sort first. */
function storedMembers(value: unknown): unknown[] {
  const members = typeof value === "object" && value !== null ? Object.entries(value).filter(([, member]) => member !== undefined) : []
  const keyed = members.map(([key, member]) => ({ key, bytes: Buffer.from(key), member }))
  keyed.sort((a, b) => a.bytes.length - b.bytes.length || a.bytes.compare(b.bytes))
  return keyed.flatMap(({ key, member }) => [key, member])
}

import { child, type JsonPointer } from "../json/json-pointer.ts"
import { jsonText } from "../json/json-text.ts"
import { type RefuseValue, textFault } from "../json/jsonb-limits.ts"
import { type OperandKind, type ValueKind, valueKinds } from "../query/operator.ts"
import { regularExpression } from "../query/regular-expression.ts"
import type { Predicate } from "./predicate.ts"

/** A JSON value that a document is compared with: its type, and its exact JSON text. */
export interface JsonOperand {
  readonly type: "string" | "number" | "boolean" | "array" | "object"
  readonly json: string
  /** The text itself, for strings. */
  readonly text: string
}

/** An operand that was checked, by the kind of its operator. */
export interface Operands {
  none: undefined
  value: JsonOperand
  ordered: JsonOperand
  range: readonly [JsonOperand, JsonOperand]
  list: readonly JsonOperand[]
  pattern: string
  regex: string
  text: string
  kinds: readonly ValueKind[]
  /** One scalar stands for the list of it. */
  part: { readonly of: "elements"; readonly list: readonly JsonOperand[] } | { readonly of: "object"; readonly object: JsonOperand }
  scalars: readonly JsonOperand[]
  length: string
  condition: Predicate
}

/** The kinds of operand that can be checked without knowing what a condition is. */
export type PlainOperandKind = Exclude<OperandKind, "condition">

/** Checks one operand; `refuse` throws with the JSON pointer of what is wrong. */
type Check<Value> = (value: unknown, pointer: JsonPointer, refuse: RefuseValue) => Value

/** The run-time check of every kind of operand: it returns the operand in the form that the SQL needs. */
export const operandChecks: { [Kind in PlainOperandKind]: Check<Operands[Kind]> } = {
  none: (value, pointer, refuse) => (value === undefined ? undefined : refuse(pointer, "exists and not_exists take no value: leave it out")),
  value: jsonOperand,
  ordered: orderedOperand,
  range: rangeOperand,
  list: listOperand,
  pattern: patternOperand,
  regex: regexOperand,
  text: textOperand,
  kinds: kindsOperand,
  part: partOperand,
  scalars: listOperand,
  length: lengthOperand,
}

/** What the operands of documents have in common with those of columns: never null, never undefined. */
export function refuseNoValue(value: unknown, pointer: JsonPointer, refuse: RefuseValue): void {
  if (value !== null && value !== undefined) return
  refuse(pointer, `${value} is no operand: use exists or not_exists to ask whether there is a value, or type to tell null from missing`)
}

/** The two bounds of a range, not looked into. */
export function bounds(value: unknown, pointer: JsonPointer, refuse: RefuseValue): readonly [unknown, unknown] {
  refuseNoValue(value, pointer, refuse)
  if (!Array.isArray(value) || value.length !== 2) return refuse(pointer, "between takes a list of two bounds, [low, high]")
  return [value[0], value[1]]
}

/** The members of a list, not looked into. */
export function members(value: unknown, pointer: JsonPointer, refuse: RefuseValue): readonly unknown[] {
  refuseNoValue(value, pointer, refuse)
  if (!Array.isArray(value)) return refuse(pointer, "takes a list of strings, numbers, booleans or dates")
  // Spread, so that the holes of a sparse array are seen as undefined.
  return [...value]
}

function jsonOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): JsonOperand {
  refuseNoValue(value, pointer, refuse)
  const json = jsonText(value, { pointer, refuse, bigint: "digits" })
  const type = jsonType(json) ?? refuse(pointer, "null is no operand: use not_exists, or type")
  return { type, json, text: typeof value === "string" ? value : type === "string" ? JSON.parse(json) : json }
}

// By the text, because a RawJson says nothing else of itself.
function jsonType(json: string): JsonOperand["type"] | undefined {
  const first = json.charAt(0)
  return first === "n" ? undefined : (byFirstCharacter[first] ?? "number")
}

const byFirstCharacter: Record<string, JsonOperand["type"]> = { '"': "string", t: "boolean", f: "boolean", "[": "array", "{": "object" }

function orderedOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): JsonOperand {
  const operand = jsonOperand(value, pointer, refuse)
  if (operand.type === "string" || operand.type === "number") return operand
  return refuse(pointer, "an ordering takes a string, a number, a bigint or a Date")
}

function rangeOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): readonly [JsonOperand, JsonOperand] {
  const [first, second] = bounds(value, pointer, refuse)
  const low = orderedOperand(first, child(pointer, 0), refuse)
  const high = orderedOperand(second, child(pointer, 1), refuse)
  return low.type === high.type ? [low, high] : refuse(pointer, "the two bounds must be of one type, both numbers or both strings")
}

function listOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): readonly JsonOperand[] {
  return members(value, pointer, refuse).map((member, index) => {
    const operand = jsonOperand(member, child(pointer, index), refuse)
    if (operand.type !== "array" && operand.type !== "object") return operand
    return refuse(child(pointer, index), "a member of a list is a string, a number, a boolean or a Date")
  })
}

function textOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): string {
  refuseNoValue(value, pointer, refuse)
  if (typeof value !== "string") return refuse(pointer, "takes a string")
  const fault = textFault(value)
  return fault === undefined ? value : refuse(pointer, fault)
}

function patternOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): string {
  const pattern = textOperand(value, pointer, refuse)
  const unescaped = pattern.length - pattern.replace(/\\+$/, "").length
  return unescaped % 2 === 1 ? refuse(pointer, "the pattern ends with a lone backslash: write \\\\ to match one") : pattern
}

function regexOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): string {
  const pattern = textOperand(value, pointer, refuse)
  const parsed = regularExpression(pattern)
  return parsed.ok ? pattern : refuse(pointer, `not a regular expression of PostgreSQL: ${parsed.reason} (at character ${parsed.offset})`)
}

function kindsOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): Operands["kinds"] {
  refuseNoValue(value, pointer, refuse)
  if (Array.isArray(value)) return Array.from(value, (kind, index) => valueKind(kind, child(pointer, index), refuse))
  return [valueKind(value, pointer, refuse)]
}

function valueKind(value: unknown, pointer: JsonPointer, refuse: RefuseValue): ValueKind {
  return valueKinds.find((kind) => kind === value) ?? refuse(pointer, `type takes one of ${valueKinds.join(" ")}, or a list of them`)
}

function partOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): Operands["part"] {
  if (Array.isArray(value)) return { of: "elements", list: listOperand(value, pointer, refuse) }
  const operand = jsonOperand(value, pointer, refuse)
  return operand.type === "object" ? { of: "object", object: operand } : { of: "elements", list: [operand] }
}

function lengthOperand(value: unknown, pointer: JsonPointer, refuse: RefuseValue): string {
  refuseNoValue(value, pointer, refuse)
  const isLength = typeof value === "bigint" ? value >= 0n : typeof value === "number" && Number.isInteger(value) && value >= 0
  return isLength ? jsonOperand(value, pointer, refuse).json : refuse(pointer, "takes a whole number from 0")
}

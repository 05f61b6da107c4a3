import { child, type JsonPointer } from "./json-pointer.ts"

/** Levels of nesting that a document may have: PostgreSQL's parser gives up a little above twice as many. */
export const MAX_DEPTH = 2000

/** Called with the JSON pointer of a value that JSON or `jsonb` cannot hold exactly, and the reason. It throws. */
export type RefuseValue = (pointer: JsonPointer, reason: string) => never

/** What `jsonText` is told about the place it works in. */
export interface JsonTextOptions {
  /** The JSON pointer of `value` itself. */
  pointer: JsonPointer
  refuse: RefuseValue
  /** Whether a `bigint` is written as its digits, as operands want, or refused, as documents want. */
  bigint: "digits" | "refused"
}

/**
 * The JSON text of a value that `jsonb` gives back as it was.
 *
 * A key whose value is `undefined` is dropped and a `Date` becomes its `toISOString()`, as with `JSON.stringify`.
 * Refused, because something would be lost: NUL characters and lone surrogates, `NaN` and infinities, functions,
 * symbols, cycles, `undefined` inside an array, and objects such as `Map` that JSON writes as something else.
 *
 * @example
 * jsonText({ a: 1, b: undefined }, options) // {"a":1}
 */
export function jsonText(value: unknown, options: JsonTextOptions): string {
  return text(value, options.pointer, options, [])
}

/** Why PostgreSQL's text cannot hold a string, or `undefined` when it can. */
export function textFault(value: string): string | undefined {
  if (value.includes("\u0000")) return "a NUL character (\\u0000), which PostgreSQL cannot store: remove it"
  if (!value.isWellFormed()) return "a lone surrogate, which is no character: repair the text, for example with toWellFormed()"
  return undefined
}

function text(value: unknown, pointer: JsonPointer, options: JsonTextOptions, parents: object[]): string {
  if (typeof value === "string") return stringText(value, pointer, options)
  if (typeof value === "number") return numberText(value, pointer, options)
  if (value === null || typeof value === "boolean") return String(value)
  if (typeof value === "bigint") return bigintText(value, pointer, options)
  if (typeof value !== "object") {
    return options.refuse(pointer, `${typeof value === "undefined" ? "undefined" : `a ${typeof value}`} has no JSON form: leave it out, or use null`)
  }
  if (value instanceof Date) return dateText(value, pointer, options)
  if (parents.includes(value)) return options.refuse(pointer, "an object that contains itself (a cycle) has no JSON form")
  if (parents.length >= MAX_DEPTH) return options.refuse(pointer, `nested deeper than ${MAX_DEPTH} levels`)
  parents.push(value)
  const written = Array.isArray(value) ? arrayText(value, pointer, options, parents) : objectText(value, pointer, options, parents)
  parents.pop()
  return written
}

function stringText(value: string, pointer: JsonPointer, options: JsonTextOptions): string {
  const fault = textFault(value)
  return fault === undefined ? JSON.stringify(value) : options.refuse(pointer, fault)
}

function numberText(value: number, pointer: JsonPointer, options: JsonTextOptions): string {
  if (Number.isFinite(value)) return JSON.stringify(value)
  return options.refuse(pointer, `${value} has no JSON form: use null, or leave it out`)
}

// PostgreSQL's numeric ends at 131,072 digits before the point.
const MOST_DIGITS = 131_072

function bigintText(value: bigint, pointer: JsonPointer, options: JsonTextOptions): string {
  if (options.bigint === "refused") {
    return options.refuse(pointer, "a bigint has no JSON form: store a number, or a string of its digits")
  }
  const digits = value.toString()
  if (digits.length > MOST_DIGITS) return options.refuse(pointer, `a bigint of more than ${MOST_DIGITS} digits`)
  return digits
}

function dateText(value: Date, pointer: JsonPointer, options: JsonTextOptions): string {
  if (Number.isNaN(value.getTime())) return options.refuse(pointer, "an invalid Date")
  return JSON.stringify(value.toISOString())
}

function arrayText(value: readonly unknown[], pointer: JsonPointer, options: JsonTextOptions, parents: object[]): string {
  const elements: string[] = []
  // By index, so that the holes of a sparse array are seen.
  for (let index = 0; index < value.length; index += 1) {
    elements.push(text(value[index], child(pointer, index), options, parents))
  }
  return `[${elements.join(",")}]`
}

function objectText(value: object, pointer: JsonPointer, options: JsonTextOptions, parents: object[]): string {
  const kind = lossyKind(value)
  if (kind !== undefined) return options.refuse(pointer, kind)
  const members: string[] = []
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    const place = child(pointer, key)
    members.push(`${stringText(key, place, options)}:${text(member, place, options, parents)}`)
  }
  return `{${members.join(",")}}`
}

function lossyKind(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value)
  if (tag !== "[object Object]") return `a ${tag.slice("[object ".length, -1)} would not come back: store plain objects, arrays and scalars`
  if ("toJSON" in value && typeof value.toJSON === "function") {
    return "an object with a toJSON() method would come back as something else: store what toJSON() gives"
  }
  if (Object.getOwnPropertySymbols(value).length > 0) return "an object with symbol keys has no JSON form"
  return undefined
}

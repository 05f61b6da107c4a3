import { isExactNumber } from "./exact-number.ts"
import { child, type JsonPointer } from "./json-pointer.ts"
import { MAX_DEPTH, numericFault, type RefuseValue, textFault } from "./jsonb-limits.ts"
import { plainJson } from "./plain-json.ts"
import { checkedRawText, RawJson } from "./raw-json.ts"

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
 * A key whose value is `undefined` is dropped and a `Date` becomes its `toISOString()`, as with `JSON.stringify`; the text
 * of a `RawJson`, and of a number by `JSON.rawJSON`, is checked and stays as it is.
 * Refused, because something would be lost: NUL characters and lone surrogates, `NaN` and infinities, functions,
 * symbols, cycles, `undefined` inside an array, and objects such as `Map` that JSON writes as something else.
 *
 * @example
 * jsonText({ a: 1, b: undefined }, options) // {"a":1}
 */
export function jsonText(value: unknown, options: JsonTextOptions): string {
  return plainJson(value) ?? text(value, options.pointer, options, [])
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
  if (value instanceof RawJson) return checkedRawText(value.text, pointer, options.refuse, parents.length)
  if (isExactNumber(value)) return checkedRawText(value.rawJSON, pointer, options.refuse, parents.length)
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

function bigintText(value: bigint, pointer: JsonPointer, options: JsonTextOptions): string {
  if (options.bigint === "refused") {
    return options.refuse(pointer, "a bigint has no JSON form: give new RawJson(String(value)) to store it as a number, or a string of its digits")
  }
  const digits = value.toString()
  const fault = numericFault(digits)
  return fault === undefined ? digits : options.refuse(pointer, `a bigint with ${fault}`)
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

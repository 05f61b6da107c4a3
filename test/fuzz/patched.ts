import type { ChangeName } from "../../src/index.ts"

/*
 * What a list of changes makes of a document, in memory and in the words of the documentation: it shares nothing with the
 * SQL but the changes themselves. Numbers are exact decimals with their trailing zeros, as PostgreSQL keeps them.
 */

/** A decimal: so many units of ten to the power of minus `scale`. */
export interface Decimal {
  readonly units: bigint
  readonly scale: number
}

/** A JSON value. */
export type Json = null | boolean | string | Decimal | readonly Json[] | ReadonlyMap<string, Json>

/** A change, with the steps of its path. */
export interface PathChange {
  readonly change: ChangeName
  readonly steps: readonly (string | number)[]
  readonly value: Json
  readonly to: string
}

type Value = Json | undefined

/** Stands for a change that cannot apply. */
export const REFUSED = Symbol("refused")

type Result = Json | typeof REFUSED

/** The document after one change. */
export function patched(document: Json, { change, steps, value, to }: PathChange): Result {
  const there = at(document, steps)
  if (change === "unset") return there === undefined ? document : removed(document, steps)
  if (change === "pull" && there === undefined) return document
  if (change === "rename") return renamed(document, steps, to)
  return replaced(document, steps, (old) => values[change](old, value))
}

const values: Record<Exclude<ChangeName, "unset" | "rename">, (old: Value, value: Json) => Result> = {
  set: (_old, value) => value,
  increment: (old, by) => (isNone(old) ? by : isDecimal(old) && isDecimal(by) && wholeDigits(old) < 131_072 ? sum(old, by) : REFUSED),
  multiply: (old, by) =>
    isDecimal(old) && isDecimal(by) && wholeDigits(old) <= 65_536 && old.scale < 8_192 ? { units: old.units * by.units, scale: old.scale + by.scale } : REFUSED,
  push: (old, value) => (isNone(old) ? [value] : isList(old) ? [...old, value] : REFUSED),
  pushUnique: (old, value) => (isNone(old) ? [value] : !isList(old) ? REFUSED : old.some((one) => equal(one, value)) ? old : [...old, value]),
  pull: (old, value) => (isNone(old) ? null : isList(old) ? old.filter((one) => !equal(one, value)) : REFUSED),
  merge: (old, patch) => merged(old, patch),
}

/** What `merge` does, word for word as RFC 7396 has it. */
function merged(target: Value, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result = new Map(isObject(target) ? target : [])
  for (const [key, value] of patch) {
    if (value === null) result.delete(key)
    else result.set(key, merged(result.get(key), value))
  }
  return result
}

function at(value: Value, steps: readonly (string | number)[]): Value {
  return steps.reduce<Value>((so, step) => (typeof step === "number" ? (isList(so) ? so.at(step) : undefined) : isObject(so) ? so.get(step) : undefined), value)
}

function replaced(value: Value, [step, ...rest]: readonly (string | number)[], leaf: (old: Value) => Result): Result {
  if (step === undefined) return leaf(value)
  if (typeof step === "number") {
    if (!isList(value) || value.at(step) === undefined) return REFUSED
    const inner = replaced(value.at(step), rest, leaf)
    return inner === REFUSED ? REFUSED : value.with(step, inner)
  }
  if (!isNone(value) && !isObject(value)) return REFUSED
  const object = isObject(value) ? value : new Map<string, Json>()
  const inner = replaced(object.get(step), rest, leaf)
  return inner === REFUSED ? REFUSED : new Map([...object, [step, inner]])
}

function removed(document: Json, steps: readonly (string | number)[]): Result {
  const last = steps.at(-1)
  if (last === undefined) return null
  return replaced(document, steps.slice(0, -1), (parent) => {
    if (isObject(parent)) return new Map([...parent].filter(([key]) => key !== last))
    if (isList(parent) && typeof last === "number") return parent.toSpliced(last, 1)
    return REFUSED
  })
}

function renamed(document: Json, steps: readonly (string | number)[], to: string): Result {
  const parent = at(document, steps.slice(0, -1))
  const old = String(steps.at(-1))
  const value = isObject(parent) ? parent.get(old) : undefined
  if (!isObject(parent) || value === undefined || !isNone(parent.get(to))) return REFUSED
  return replaced(document, steps.slice(0, -1), () => new Map([...[...parent].filter(([key]) => key !== old), [to, value]]))
}

function sum(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale }
}

function wholeDigits({ units, scale }: Decimal): number {
  return (units < 0n ? -units : units).toString().length - scale
}

function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale)
}

function equal(a: Json, b: Json): boolean {
  if (isDecimal(a) && isDecimal(b)) return sum(a, { units: -b.units, scale: b.scale }).units === 0n
  if (isList(a) && isList(b)) return a.length === b.length && a.every((one, index) => equal(one, b[index] ?? null))
  if (isObject(a) && isObject(b)) {
    return a.size === b.size && [...a].every(([key, one]) => b.has(key) && equal(one, b.get(key) ?? null))
  }
  return a === b
}

function isNone(value: Value): value is null | undefined {
  return value === null || value === undefined
}

function isList(value: Value): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: Value): value is ReadonlyMap<string, Json> {
  return value instanceof Map
}

function isDecimal(value: Value): value is Decimal {
  return typeof value === "object" && value !== null && "units" in value
}

/** The value of JSON text. */
export function jsonOf(text: string): Json {
  const read: (key: string, value: unknown, context: { source?: string }) => unknown = (_key, value, { source }) => {
    if (typeof value === "number") return decimal(source ?? "")
    return typeof value === "object" && value !== null && !Array.isArray(value) && !("units" in value && "scale" in value)
      ? new Map(Object.entries(value))
      : value
  }
  // The reviver's third argument is newer than the types of the language.
  return JSON.parse(text, read as never)
}

// Numeric has no digits behind the point that the text does not have.
function decimal(text: string): Decimal {
  const [, sign = "", whole = "", fraction = "", power = "0"] = /^(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/.exec(text) ?? []
  const scale = fraction.length - Number(power)
  const units = BigInt(sign + whole + fraction)
  return scale >= 0 ? { units, scale } : { units: units * 10n ** BigInt(-scale), scale: 0 }
}

/** The JSON text of a value. */
export function textOf(value: Json): string {
  if (isDecimal(value)) return decimalText(value)
  if (isList(value)) return `[${value.map(textOf).join(",")}]`
  if (isObject(value)) return `{${[...value].map(([key, one]) => `${JSON.stringify(key)}:${textOf(one)}`).join(",")}}`
  return JSON.stringify(value)
}

function decimalText({ units, scale }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0")
  const point = digits.length - scale
  return `${units < 0n ? "-" : ""}${digits.slice(0, point)}${scale === 0 ? "" : `.${digits.slice(point)}`}`
}

import { RawJson } from "../../src/index.ts"

/** A document as it is written, and as an exact read must give it. */
export interface ExactDocument {
  readonly written: object
  readonly read: object
}

/** Documents of every kind of JSON value, numbers beyond doubles and awkward keys among them; the same for the same seed. */
export function* exactDocuments(count: number, seed: number): Generator<ExactDocument> {
  const random = numbersFrom(seed)
  for (let index = 0; index < count; index += 1) {
    const { written, read } = object(random, 3)
    yield { written: own(written, "index", index), read: own(read, "index", index) }
  }
}

type Random = () => number

/** The two forms of one value. */
interface Value {
  readonly written: unknown
  readonly read: unknown
}

const words = ["", "Ada", "O'Brien", 'a"b\\', "\u0001\n\t", "\u2028é😀\uffff", "0", "x".repeat(300)]
const keys = ["a", "b", "", "a.b", "0", "-1", '"', "\\", "\n", "__proto__", "constructor", "toString", "é😀"]

function value(random: Random, depth: number): Value {
  const kind = Math.floor(random() * (depth === 0 ? 8 : 10))
  if (kind === 8) return object(random, depth - 1)
  if (kind === 9) return array(random, depth - 1)
  return (scalars[kind] ?? same)(random)
}

const scalars: ((random: Random) => Value)[] = [same, wholeNumber, fraction, double, word, date, hugeNumber, longFraction]

function same(random: Random): Value {
  const value = [null, true, false, 0, -1, 1e15][Math.floor(random() * 6)]
  return { written: value, read: value }
}

function wholeNumber(random: Random): Value {
  const value = Math.floor((random() - 0.5) * 2 ** 53) || 0
  return { written: value, read: value }
}

function fraction(random: Random): Value {
  const value = Math.round(random() * 1e6) / 100
  return { written: value, read: value }
}

// A whole number beyond 2^53 is a bigint, also where a double is the same.
function double(random: Random): Value {
  const value = (random() - 0.5) * 10 ** Math.floor(random() * 60 - 30)
  return { written: value, read: Number.isInteger(value) && !Number.isSafeInteger(value) ? BigInt(shiftedDigits(value)) : value }
}

function shiftedDigits(value: number): string {
  const [digits = "", exponent = "0"] = value.toString().split("e+")
  const [whole = "", rest = ""] = digits.split(".")
  return whole + rest + "0".repeat(Number(exponent) - rest.length)
}

function word(random: Random): Value {
  const value = `${pick(words, random)}${pick(words, random)}`
  return { written: value, read: value }
}

function date(random: Random): Value {
  const value = new Date(Math.floor(random() * 2e12))
  return { written: value, read: value.toISOString() }
}

function hugeNumber(random: Random): Value {
  const digits = `${sign(random)}9${digitsOf(17 + Math.floor(random() * 40), random)}`
  const zeros = Math.floor(random() * 5)
  return { written: new RawJson(zeros === 0 ? digits : `${digits}e${zeros}`), read: BigInt(digits + "0".repeat(zeros)) }
}

// More digits than a double has, and zeros at the end, which are kept.
function longFraction(random: Random): Value {
  const text = `${sign(random)}${Math.floor(random() * 1000)}.${digitsOf(20, random)}7${"0".repeat(Math.floor(random() * 3))}`
  return { written: new RawJson(text), read: text }
}

function object(random: Random, depth: number): { written: object; read: object } {
  const both = { written: {}, read: {} }
  for (let size = Math.floor(random() * 5); size > 0; size -= 1) {
    const key = pick(keys, random)
    const { written, read } = value(random, depth)
    own(both.written, key, written)
    own(both.read, key, read)
  }
  own(both.written, "left out", undefined)
  return both
}

function array(random: Random, depth: number): Value {
  const values = Array.from({ length: Math.floor(random() * 4) }, () => value(random, depth))
  return { written: values.map(({ written }) => written), read: values.map(({ read }) => read) }
}

function own<T extends object>(target: T, key: string, value: unknown): T {
  return Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true })
}

function digitsOf(length: number, random: Random): string {
  return Array.from({ length }, () => Math.floor(random() * 10)).join("")
}

function sign(random: Random): string {
  return random() < 0.5 ? "-" : ""
}

function pick(list: readonly string[], random: Random): string {
  return list[Math.floor(random() * list.length)] ?? ""
}

// The linear congruential generator of Numerical Recipes.
function numbersFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

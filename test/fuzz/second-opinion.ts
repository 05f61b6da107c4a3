import type { LooseCondition } from "../../src/index.ts"

/*
 * What a query means, written a second time from the table of operators alone, with nothing of src/ in it: where the SQL
 * and the evaluator share a misunderstanding, this one does not.
 */

type Json = string | boolean | null | Decimal | readonly Json[] | Members
type Members = ReadonlyMap<string, Json>
type Value = Json | undefined
type Test = (value: Value) => boolean

/** An exact number: units of ten to the power of `exponent`. */
interface Decimal {
  readonly units: bigint
  readonly exponent: number
}

/** A record as this file reads it; what is SQL NULL is `undefined`. */
export interface ReadRecord {
  readonly id: string
  readonly fields: Value
  readonly metadata: Value
  readonly revision: number | undefined
  /** The text of `toISOString()`. */
  readonly createdAt: string | undefined
}

/** Whether a condition is true of a record. */
export function secondOpinion(condition: LooseCondition, record: ReadRecord): boolean {
  return isTrue(condition, (leaf) => {
    const [root, ...steps] = typeof leaf.field === "string" ? spelled(leaf.field) : leaf.field
    if (root === "fields" || root === "metadata") return operatorTest(leaf)(at(record[root], steps))
    return columnTest(leaf, record)
  })
}

type Leaf = Extract<LooseCondition, { operator: unknown }>

function isTrue(condition: LooseCondition, leafTest: (leaf: Leaf) => boolean): boolean {
  if ("and" in condition) return condition.and.every((one) => isTrue(one, leafTest))
  if ("or" in condition) return condition.or.some((one) => isTrue(one, leafTest))
  return "not" in condition ? !isTrue(condition.not, leafTest) : leafTest(condition)
}

/* Paths */

type Steps = readonly (string | number)[]

function spelled(field: string): Steps {
  const braces = /^(fields|metadata)#>>?'\{(.*)\}'$/.exec(field)
  if (braces?.[1] !== undefined && braces[2] !== undefined) return [braces[1], ...braces[2].split(",").map(indexOrKey)]
  if (!field.includes("->")) return field === "" ? [] : field.split(".").map(indexOrKey)
  const [root = "", ...steps] = field.split(/->>?/)
  return [root, ...steps.map((step) => (step.startsWith("'") ? step.slice(1, -1).replaceAll("''", "'") : Number(step)))]
}

function indexOrKey(step: string): string | number {
  return /^(?:0|[1-9][0-9]*)$/.test(step) ? Number(step) : step
}

function at(value: Value, steps: Steps): Value {
  let found = value
  for (const step of steps) {
    if (typeof step === "string") found = isMembers(found) ? found.get(step) : undefined
    else found = isList(found) ? found[step < 0 ? found.length + step : step] : undefined
  }
  return found
}

/* Operators */

function operatorTest({ operator, value: operand }: Leaf): Test {
  const test = operatorTests[operator.replace("not_", "").replace("!=", "=")]
  if (test === undefined) throw new Error(`no second opinion on ${operator}`)
  const positive = test(operand)
  if (operator === "not_exists") return (value) => !positive(value)
  return operator.startsWith("not_") || operator === "!=" ? (value) => hasValue(value) && !positive(value) : positive
}

const operatorTests: Record<string, (operand: unknown) => Test> = {
  "=": (operand) => equalTo(operandJson(operand)),
  ">": (operand) => comparedWith(operand, (order) => order > 0),
  ">=": (operand) => comparedWith(operand, (order) => order >= 0),
  "<": (operand) => comparedWith(operand, (order) => order < 0),
  "<=": (operand) => comparedWith(operand, (order) => order <= 0),
  between: (operand) => {
    const [isAbove, isBelow] = [comparedWith(listOf(operand)[0], (order) => order >= 0), comparedWith(listOf(operand)[1], (order) => order <= 0)]
    return (value) => isAbove(value) && isBelow(value)
  },
  in: (operand) => oneOf(listOf(operand).map((one) => equalTo(operandJson(one)))),
  like: (operand) => ofText((text) => isLike(Array.from(text), Array.from(String(operand)))),
  ilike: (operand) => ofText((text) => isLike(Array.from(lower(text)), Array.from(lower(String(operand))))),
  regex: (operand) => ofText((text) => regex(String(operand)).test(text)),
  starts_with: (operand) => ofText((text) => text.slice(0, String(operand).length) === operand),
  ends_with: (operand) => ofText((text) => operand === "" || text.slice(-String(operand).length) === operand),
  includes: (operand) => ofText((text) => text.split(String(operand)).length > 1 || operand === "" || text === operand),
  exists: () => hasValue,
  type: (operand) => (value) => (Array.isArray(operand) ? operand : [operand]).includes(kindOf(value)),
  contains: (operand) => {
    const part = operandJson(operand)
    if (isMembers(part)) return (value) => isMembers(value) && holds(value, part)
    return ofList((list) => (isList(part) ? part : [part]).every((one) => list.some((element) => isSame(element, one))))
  },
  contains_any: (operand) => ofList((list) => list.some(oneOf(listOf(operand).map((one) => equalTo(operandJson(one)))))),
  size: (operand) => ofList(({ length }) => length === Number(operand)),
  min_size: (operand) => ofList(({ length }) => length >= Number(operand)),
  max_size: (operand) => ofList(({ length }) => length <= Number(operand)),
  any: (operand) =>
    ofList((list) => list.some((element) => isTrue(operand as LooseCondition, (leaf) => operatorTest(leaf)(at(element, elementSteps(leaf.field)))))),
}

function elementSteps(field: Leaf["field"]): Steps {
  return typeof field === "string" ? spelled(field) : field
}

function hasValue(value: Value): boolean {
  return value !== undefined && value !== null
}

function equalTo(operand: Value): Test {
  return (value) => hasValue(value) && isSame(value, operand)
}

function oneOf(tests: readonly Test[]): Test {
  return (value) => tests.some((test) => test(value))
}

function ofText(test: (text: string) => boolean): Test {
  return (value) => typeof value === "string" && test(value)
}

function ofList(test: (list: readonly Json[]) => boolean): Test {
  return (value) => isList(value) && test(value)
}

function comparedWith(operand: unknown, accepts: (order: number) => boolean): Test {
  const bound = operandJson(operand)
  return (value) => {
    if (typeof bound === "string") return typeof value === "string" && accepts(Buffer.compare(Buffer.from(value), Buffer.from(bound)))
    return isDecimal(bound) && isDecimal(value) && accepts(numberOrder(value, bound))
  }
}

function kindOf(value: Value): string {
  if (value === undefined) return "missing"
  if (value === null) return "null"
  if (isList(value)) return "array"
  return isDecimal(value) ? "number" : isMembers(value) ? "object" : typeof value
}

function isSame(one: Value, other: Value): boolean {
  if (isList(one)) return isList(other) && one.length === other.length && one.every((element, index) => isSame(element, other[index]))
  if (isMembers(one)) return isMembers(other) && one.size === other.size && [...one].every(([key, value]) => other.has(key) && isSame(value, other.get(key)))
  return isDecimal(one) ? isDecimal(other) && numberOrder(one, other) === 0 : one === other
}

/** As `@>` does, below the outermost level. */
function holds(whole: Value, part: Value): boolean {
  if (isMembers(part)) return isMembers(whole) && [...part].every(([key, value]) => whole.has(key) && holds(whole.get(key), value))
  if (isList(part)) return isList(whole) && part.every((one) => whole.some((element) => holds(element, one)))
  return isSame(whole, part)
}

function isLike(text: readonly string[], [sign, ...pattern]: readonly string[]): boolean {
  if (sign === undefined) return text.length === 0
  if (sign === "%") return isLike(text, pattern) || (text.length > 0 && isLike(text.slice(1), [sign, ...pattern]))
  const [first, ...rest] = text
  if (first === undefined) return false
  if (sign === "_") return isLike(rest, pattern)
  return sign === "\\" ? first === pattern[0] && isLike(rest, pattern.slice(1)) : first === sign && isLike(rest, pattern)
}

function lower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 32))
}

// Only what the conditions here are made of.
const regexWords: readonly (readonly [word: string, meaning: string])[] = [
  ["[[:digit:]x]", "[0-9x]"],
  ["[[:upper:]]", "[A-Z]"],
  ["\\m", "(?<!\\w)(?=\\w)"],
  ["\\M", "(?<=\\w)(?!\\w)"],
  ["\\y", "\\b"],
]
// Here the dot and a negated bracket stop at a newline, and the anchors match beside one.
const newlineWords: readonly (readonly [word: string, meaning: string])[] = [
  ["[^a]", "[^a\\n]"],
  ["\\A", "(?<!\\n)^"],
  ["\\Z", "$(?!\\n)"],
]
const plainWords: readonly (readonly [word: string, meaning: string])[] = [
  ["\\A", "^"],
  ["\\Z", "$"],
]

function regex(pattern: string): RegExp {
  if (pattern.startsWith("***=")) return new RegExp(pattern.slice(4).replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "u")
  const option = /^\(\?([in])\)/.exec(pattern)?.[1]
  const body = option === undefined ? pattern : pattern.slice(4)
  const words = [...regexWords, ...(option === "n" ? newlineWords : plainWords)]
  const translated = words.reduce((so, [word, meaning]) => so.replaceAll(word, () => meaning), body)
  // PostgreSQL takes as many digits as there are: \x41A is one letter, and no A behind another.
  const coded = translated.replaceAll(/\\x([0-9A-Fa-f]+)/g, "\\u{$1}")
  return new RegExp(coded, option === "n" ? "mu" : option === "i" ? "isu" : "su")
}

/* Columns */

function columnTest({ field, operator, value: operand }: Leaf, record: ReadRecord): boolean {
  const name = typeof field === "string" ? field : field[0]
  const operands = Array.isArray(operand) ? operand : [operand]
  const value = name === "id" ? record.id : name === "revision" ? record.revision : record.createdAt
  if (value === undefined) return false
  const orders = operands.map((one) => columnOrder(String(name), value, one))
  const positive = columnOperators[operator.replace("not_", "").replace("!=", "=")]?.(orders) ?? false
  return operator.startsWith("not_") || operator === "!=" ? !positive : positive
}

const columnOperators: Record<string, (orders: readonly number[]) => boolean> = {
  "=": ([order]) => order === 0,
  ">": ([order = 0]) => order > 0,
  ">=": ([order = 0]) => order >= 0,
  "<": ([order = 0]) => order < 0,
  "<=": ([order = 0]) => order <= 0,
  between: ([low = 0, high = 0]) => low >= 0 && high <= 0,
  in: (orders) => orders.includes(0),
}

function columnOrder(name: string, value: string | number, operand: unknown): number {
  if (name === "revision") return Number(value) - Number(operand)
  if (name !== "id") return Date.parse(String(value)) - new Date(operand as string | Date).getTime()
  const [one, other] = [String(value).toLowerCase(), String(operand).toLowerCase()]
  return one < other ? -1 : one > other ? 1 : 0
}

/* JSON */

/** The value of JSON text. */
export function readJson(text: string): Value {
  // JavaScript's own parser tells its reviver how a number was spelled.
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value === "number") return decimal(context?.source ?? "")
    return Object.prototype.toString.call(value) === "[object Object]" && !isDecimal(value) && !(value instanceof Map)
      ? new Map(Object.entries(Object(value)))
      : value
  })
}

function operandJson(given: unknown): Json {
  if (given === null || typeof given === "string" || typeof given === "boolean") return given
  if (typeof given === "number" || typeof given === "bigint") return decimal(given.toString())
  if (given instanceof Date) return given.toISOString()
  if (Array.isArray(given)) return given.map(operandJson)
  return new Map(Object.entries(Object(given)).flatMap(([key, value]) => (value === undefined ? [] : [[key, operandJson(value)] as const])))
}

function decimal(text: string): Decimal {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e")
  const [whole = "", fraction = ""] = mantissa.split(".")
  return { units: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

function numberOrder(one: Decimal, other: Decimal): number {
  const exponent = Math.min(one.exponent, other.exponent)
  const difference = one.units * 10n ** BigInt(one.exponent - exponent) - other.units * 10n ** BigInt(other.exponent - exponent)
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

function isDecimal(value: unknown): value is Decimal {
  return typeof value === "object" && value !== null && "units" in value && typeof value.units === "bigint"
}

function isList(value: Value): value is readonly Json[] {
  return Array.isArray(value)
}

function isMembers(value: Value): value is Members {
  return value instanceof Map
}

function listOf(operand: unknown): readonly unknown[] {
  return Array.isArray(operand) ? operand : []
}

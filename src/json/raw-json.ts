import { jsonFault } from "./json-fault.ts"
import { child, type JsonPointer } from "./json-pointer.ts"
import { afterBlanks, tokenAt } from "./json-token.ts"
import { MAX_DEPTH, numericFault, type RefuseValue, textFault } from "./jsonb-limits.ts"
import { textPosition } from "./text-position.ts"

/**
 * JSON text that is stored as it stands, for a whole document or for any value inside one: the way to store a number that
 * a JavaScript number cannot hold. It is checked when it is written, before anything is sent: against JSON, against what
 * `jsonb` can hold, and for keys that stand twice in one object, of which `jsonb` would keep the last. What it holds is
 * not compared with the record type.
 *
 * @example
 * await db.create({ fields: { name: "Ada", age: new RawJson("36.00000000000000000001") } })
 * // insert into "public"."records" ... returning ...
 */
export class RawJson {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /**
   * The JSON text, as it was given.
   *
   * @example
   * new RawJson("1.50").text // 1.50
   */
  get text(): string {
    return this.#text
  }

  /** Another copy of this package takes it for no plain object, and refuses it. */
  get [Symbol.toStringTag](): string {
    return "RawJson"
  }
}

/** The text of a `RawJson` without blanks around it, once all of it is known to be what `jsonb` can hold exactly. */
export function checkedRawText(text: unknown, pointer: JsonPointer, refuse: RefuseValue, depth: number): string {
  if (typeof text !== "string") return refuse(pointer, "a RawJson holds JSON text, a string")
  checkSyntax(text, pointer, refuse)
  checkValues(text, pointer, refuse, depth)
  return text.trim()
}

function checkSyntax(text: string, pointer: JsonPointer, refuse: RefuseValue): void {
  try {
    JSON.parse(text)
  } catch {
    const { offset, expected } = jsonFault(text)
    const { line, column } = textPosition(text, offset)
    refuse(pointer, `the text of a RawJson is not JSON: expected ${expected} at line ${line}, column ${column}`)
  }
}

/** An object or an array that has begun and not ended. */
interface Container {
  readonly pointer: JsonPointer
  /** The keys so far, of an object. */
  readonly keys: Set<string> | undefined
  /** Where the value stands that comes next; `undefined` where a key does. */
  step: string | number | undefined
}

function checkValues(text: string, pointer: JsonPointer, refuse: RefuseValue, depth: number): void {
  const open: Container[] = []
  for (const token of tokens(text)) {
    const inside = open.at(-1)
    const place = inside?.step === undefined ? (inside?.pointer ?? pointer) : child(inside.pointer, inside.step)
    if (token === "{" || token === "[") {
      if (depth + open.length >= MAX_DEPTH) refuse(place, `nested deeper than ${MAX_DEPTH} levels`)
      open.push({ pointer: place, ...(token === "{" ? { keys: new Set(), step: undefined } : { keys: undefined, step: 0 }) })
    } else if (token === "}" || token === "]") open.pop()
    else if (token === "," && inside !== undefined) inside.step = typeof inside.step === "number" ? inside.step + 1 : undefined
    else if (token.startsWith('"') && inside?.keys !== undefined && inside.step === undefined) inside.step = checkedKey(token, place, inside.keys, refuse)
    else if (token.startsWith('"')) checkString(token, place, refuse)
    else if (/^[-0-9]/.test(token)) checkNumber(token, place, refuse)
  }
}

function* tokens(text: string): Generator<string> {
  let offset = afterBlanks(text, 0)
  for (let token = tokenAt(text, offset); token !== undefined; token = tokenAt(text, offset)) {
    yield token
    offset = afterBlanks(text, offset + token.length)
  }
}

function checkedKey(token: string, object: JsonPointer, keys: Set<string>, refuse: RefuseValue): string {
  const key: string = JSON.parse(token)
  checkString(token, child(object, key), refuse)
  if (keys.has(key)) refuse(child(object, key), "this key stands twice in one object, and jsonb would keep the last: leave one out")
  keys.add(key)
  return key
}

function checkString(token: string, pointer: JsonPointer, refuse: RefuseValue): void {
  // Half of a pair as an escape and half of it as a character would make a whole one here, and none in UTF-8.
  const fault = textFault(token) ?? textFault(JSON.parse(token))
  if (fault !== undefined) refuse(pointer, fault)
}

function checkNumber(token: string, pointer: JsonPointer, refuse: RefuseValue): void {
  const fault = numericFault(token)
  if (fault !== undefined) refuse(pointer, `a number with ${fault}`)
}

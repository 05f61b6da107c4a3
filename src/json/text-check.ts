import { jsonFault } from "./json-fault.ts"
import { child, type JsonPointer } from "./json-pointer.ts"
import { afterBlanks, tokenAt } from "./json-token.ts"
import { MAX_DEPTH, numericFault, type RefuseValue, textFault } from "./jsonb-limits.ts"
import { textPosition } from "./text-position.ts"

/**
 * Why a text is not JSON, and where; `undefined` when it is.
 *
 * @example
 * syntaxFault("{filters: []}") // expected a key in double quotes or "}" at line 1, column 2
 */
export function syntaxFault(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    const { offset, expected } = jsonFault(text)
    const { line, column } = textPosition(text, offset)
    return `expected ${expected} at line ${line}, column ${column}`
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

/** Refuses what `jsonb` cannot hold exactly in a JSON text, and keys that stand twice in one object; `depth` levels are around it. */
export function checkJsonValues(text: string, pointer: JsonPointer, refuse: RefuseValue, depth: number): void {
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
  if (keys.has(key)) refuse(child(object, key), "this key stands twice in one object, of which only the last would count: leave one out")
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

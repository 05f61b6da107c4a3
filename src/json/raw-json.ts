import { exactJson } from "./exact-number.ts"
import type { JsonPointer } from "./json-pointer.ts"
import type { RefuseValue } from "./jsonb-limits.ts"
import { checkJsonValues, syntaxFault } from "./text-check.ts"

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

  /**
   * What `JSON.stringify` writes for it: the value of the text, with every digit.
   *
   * @example
   * JSON.stringify({ age: new RawJson("36.00000000000000000001") }) // {"age":36.00000000000000000001}
   * @throws SyntaxError when the text is not JSON.
   */
  toJSON(): unknown {
    return exactJson(this.#text)
  }

  /** Another copy of this package takes it for no plain object, and refuses it. */
  get [Symbol.toStringTag](): string {
    return "RawJson"
  }
}

/** The text of a `RawJson` without blanks around it, once all of it is known to be what `jsonb` can hold exactly. */
export function checkedRawText(text: unknown, pointer: JsonPointer, refuse: RefuseValue, depth: number): string {
  if (typeof text !== "string") return refuse(pointer, "a RawJson holds JSON text, a string")
  const fault = syntaxFault(text)
  if (fault !== undefined) refuse(pointer, `the text of a RawJson is not JSON: ${fault}`)
  checkJsonValues(text, pointer, refuse, depth)
  return text.trim()
}

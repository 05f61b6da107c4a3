import { afterBlanks, tokenAt } from "./json-token.ts"

/** Where a text stops being JSON, and what could have stood there. */
export interface JsonFault {
  /** In UTF-16 units; the length of the text when it ends too early. */
  readonly offset: number
  readonly expected: string
}

/**
 * The first place where a text that `JSON.parse` refuses is not JSON. V8 says where only for some mistakes, and quotes
 * the text for the others.
 *
 * @example
 * jsonFault("{filters: []}") // { offset: 1, expected: 'a key in double quotes or "}"' }
 */
export function jsonFault(text: string): JsonFault {
  const open: Bracket[] = []
  let state: State = "value"
  let offset = 0
  for (;;) {
    const start = afterBlanks(text, offset)
    const token = tokenAt(text, start)
    const next: State | undefined = token === undefined ? undefined : nextState(state, token, open)
    if (next === undefined || token === undefined) return { offset: start, expected: expectation(state, open.at(-1)) }
    state = next
    offset = start + token.length
  }
}

type Bracket = "{" | "["
type State = "value" | "first element" | "first key" | "key" | "colon" | "after value" | "end"

function nextState(state: State, token: string, open: Bracket[]): State | undefined {
  if (state === "colon") return token === ":" ? "value" : undefined
  if (state === "after value") return afterValue(token, open)
  if (state === "end") return undefined
  if (state === "first element" && token === "]") return closed(open)
  if (state === "first key" && token === "}") return closed(open)
  if (state === "key" || state === "first key") return token.startsWith('"') ? "colon" : undefined
  return value(token, open)
}

function value(token: string, open: Bracket[]): State | undefined {
  if (token === "{" || token === "[") {
    open.push(token)
    return token === "{" ? "first key" : "first element"
  }
  return /^[\]},:]$/.test(token) ? undefined : valueEnd(open)
}

function afterValue(token: string, open: Bracket[]): State | undefined {
  const inside = open.at(-1)
  if (token === ",") return inside === "{" ? "key" : "value"
  return token === (inside === "{" ? "}" : "]") ? closed(open) : undefined
}

function closed(open: Bracket[]): State {
  open.pop()
  return valueEnd(open)
}

function valueEnd(open: readonly Bracket[]): State {
  return open.length === 0 ? "end" : "after value"
}

function expectation(state: State, inside: Bracket | undefined): string {
  if (state === "after value") return inside === "{" ? '"," or "}"' : '"," or "]"'
  return expectations[state]
}

const expectations: Record<Exclude<State, "after value">, string> = {
  value: "a JSON value",
  "first element": 'a JSON value or "]"',
  "first key": 'a key in double quotes or "}"',
  key: "a key in double quotes",
  colon: '":"',
  end: "nothing more",
}

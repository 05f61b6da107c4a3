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
    const start = offset + (matchAt(BLANKS, text, offset)?.length ?? 0)
    const token = text[start] === '"' ? stringToken(text, start) : matchAt(TOKEN, text, start)
    const next: State | undefined = token === undefined ? undefined : nextState(state, token, open)
    if (next === undefined || token === undefined) return { offset: start, expected: expectation(state, open.at(-1)) }
    state = next
    offset = start + token.length
  }
}

type Bracket = "{" | "["
type State = "value" | "first element" | "first key" | "key" | "colon" | "after value" | "end"

const BLANKS = /[ \t\n\r]*/y
const TOKEN = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)|[[\]{},:]/y
// A string holds no control characters but DEL and those above.
const STRING_STOP = /["\\]|(?![\u007f-\u009f])\p{Cc}/gu
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

function matchAt(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset
  return pattern.exec(text)?.[0]
}

// From stop to stop: one expression for a whole string would overflow the stack on a long one.
function stringToken(text: string, start: number): string | undefined {
  let offset = start + 1
  for (;;) {
    STRING_STOP.lastIndex = offset
    const stop = STRING_STOP.exec(text)
    if (stop?.[0] === '"') return text.slice(start, stop.index + 1)
    const escaped = stop === null ? undefined : matchAt(ESCAPE, text, stop.index)
    if (stop === null || escaped === undefined) return undefined
    offset = stop.index + escaped.length
  }
}

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

/**
 * The token of JSON text that starts at an offset, `undefined` where none does: a string with its quotes, a number, a
 * word, or one of `[ ] { } , :`.
 *
 * @example
 * tokenAt('{"a": 12}', 6) // 12
 */
export function tokenAt(text: string, offset: number): string | undefined {
  return text[offset] === '"' ? stringToken(text, offset) : matchAt(TOKEN, text, offset)
}

/** The first offset from a given one at which something else than a blank stands, or the end of the text. */
export function afterBlanks(text: string, offset: number): number {
  return offset + (matchAt(BLANKS, text, offset)?.length ?? 0)
}

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

/** A piece of a text, and where it begins. */
export interface TextPiece {
  readonly text: string
  readonly offset: number
}

/** A JSON array as it is written: its elements, and the blanks between and around them. */
export interface ArrayText {
  readonly elements: readonly TextPiece[]
  /** `[`, and the blanks behind it. */
  readonly start: string
  /** A comma, and the blanks behind the first one; `undefined` when there is none. */
  readonly between: string | undefined
  /** The blanks before `]`, it, and what stands behind it. */
  readonly end: string
}

/**
 * Takes the text of a JSON array apart at its own commas, or gives `undefined` when its brackets do not fit.
 * What the elements hold is not looked at.
 *
 * @example
 * arrayText('[1, {"a": 2}]')?.elements // [{ text: '1', offset: 1 }, { text: '{"a": 2}', offset: 4 }]
 */
export function arrayText(text: string): ArrayText | undefined {
  const open = nonBlank(text, 0)
  const { commas, close } = text[open] === "[" ? outerCommas(text, open) : { commas: [], close: -1 }
  if (text[close] !== "]" || nonBlank(text, close + 1) !== text.length) return undefined
  const edges = [open, ...commas, close]
  const elements = edges.slice(1).map((end, index) => trimmedPiece(text, (edges[index] ?? 0) + 1, end))
  const [first] = elements
  const last = elements.at(-1)
  if (first === undefined || last === undefined || (elements.length === 1 && first.text === "")) {
    return { elements: [], start: "[", between: undefined, end: text.slice(close) }
  }
  const [comma] = commas
  return {
    elements,
    start: text.slice(open, first.offset),
    between: comma === undefined ? undefined : text.slice(comma, nonBlank(text, comma + 1)),
    end: text.slice(last.offset + last.text.length),
  }
}

/** The offset of the first character from `offset` on that is no blank of JSON; the length of the text when there is none. */
export function nonBlank(text: string, offset: number): number {
  let at = offset
  while (at < text.length && BLANKS.has(text.charCodeAt(at))) at += 1
  return at
}

/** A piece without the blanks around it. */
export function trimmedPiece(text: string, start: number, end: number): TextPiece {
  const from = Math.min(nonBlank(text, start), end)
  let to = end
  while (to > from && BLANKS.has(text.charCodeAt(to - 1))) to -= 1
  return { text: text.slice(from, to), offset: from }
}

/** Whether a text has more brackets open at once than a number. */
export function isDeeperThan(text: string, most: number): boolean {
  return text.length > most && bracketsOf(text, 0, most).isTooDeep
}

function outerCommas(text: string, open: number): { commas: readonly number[]; close: number } {
  return bracketsOf(text, open, Number.POSITIVE_INFINITY)
}

// By character codes: the one loop that sees every character of the file.
function bracketsOf(text: string, from: number, most: number): { commas: readonly number[]; close: number; isTooDeep: boolean } {
  const commas: number[] = []
  let depth = 0
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = stringEnd(text, at)
    else if (code === COMMA && depth === 1) commas.push(at)
    else if (OPENING.has(code)) depth += 1
    else if (CLOSING.has(code)) depth -= 1
    if (depth > most) return { commas, close: -1, isTooDeep: true }
    if (depth === 0) return { commas, close: at, isTooDeep: false }
  }
  return { commas, close: -1, isTooDeep: false }
}

const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d])
const OPENING = new Set([0x5b, 0x7b])
const CLOSING = new Set([0x5d, 0x7d])
const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c

function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1
  return at
}

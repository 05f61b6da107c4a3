/** A place in a text as an editor counts it. */
export interface TextPosition {
  readonly line: number
  /** In UTF-16 units, as editors count. */
  readonly column: number
}

/**
 * The line and the column of an offset, both counted from 1.
 *
 * @example
 * textPosition("[\n  x]", 4) // { line: 2, column: 3 }
 */
export function textPosition(text: string, offset: number): TextPosition {
  let line = 1
  let start = 0
  for (let end = text.indexOf("\n"); end !== -1 && end < offset; end = text.indexOf("\n", start)) {
    line += 1
    start = end + 1
  }
  return { line, column: offset - start + 1 }
}

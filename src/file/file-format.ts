import { type JsonFault, jsonFault } from "../json/json-fault.ts"
import { arrayText, nonBlank, type TextPiece, trimmedPiece } from "./array-text.ts"

/** What stands around the records of a file. Their own texts lie between. */
export interface FileLayout {
  readonly start: string
  readonly between: string
  readonly end: string
  /** The whole file when it has no record. */
  readonly empty: string
}

/** The text of a file, taken apart. */
export interface FileParts {
  readonly pieces: readonly TextPiece[]
  readonly layout: FileLayout
  /** Where a piece that is no JSON breaks off. */
  readonly fault: (piece: TextPiece) => JsonFault
}

/** One way to write records into a file. */
export interface FileFormat {
  /** The layout of a file that has none yet. */
  readonly layout: FileLayout
  /** The parts of a text, or the place where it is not of this format. */
  parts(text: string): FileParts | JsonFault
}

/** The format that the name of a file stands for: `.ndjson` and `.jsonl` are one record a line, all else is a JSON array. */
export function fileFormat(path: string): FileFormat {
  return /\.(?:ndjson|jsonl)$/i.test(path) ? lines : array
}

/** The text of a file. */
export function fileText(texts: readonly string[], { start, between, end, empty }: FileLayout): string {
  return texts.length === 0 ? empty : start + texts.join(between) + end
}

const array: FileFormat = {
  layout: { start: "[\n", between: ",\n", end: "\n]\n", empty: "[]\n" },
  parts(text) {
    const first = nonBlank(text, 0)
    if (first === text.length) return { pieces: [], layout: array.layout, fault: () => jsonFault(text) }
    if (text[first] !== "[")
      return { offset: first, expected: '"[", the start of a list of records; one record a line is for names that end in .ndjson or .jsonl' }
    const found = arrayText(text)
    if (found === undefined) return jsonFault(text)
    const { elements, start, between = `,${start.slice(1) || "\n"}`, end } = found
    const layout = elements.length === 0 ? array.layout : { start, between, end, empty: array.layout.empty }
    return { pieces: elements, layout, fault: () => jsonFault(text) }
  },
}

const lines: FileFormat = {
  layout: { start: "", between: "\n", end: "\n", empty: "" },
  parts(text) {
    const pieces = piecesOfLines(text)
    const between = /\r?\n/.exec(text)?.[0] ?? "\n"
    return { pieces, layout: { start: "", between, end: between, empty: "" }, fault: faultInLine }
  },
}

function faultInLine({ text, offset }: TextPiece): JsonFault {
  const fault = jsonFault(text)
  return { offset: offset + fault.offset, expected: fault.expected }
}

function piecesOfLines(text: string): TextPiece[] {
  const pieces: TextPiece[] = []
  let start = 0
  while (start < text.length) {
    const newline = text.indexOf("\n", start)
    const end = newline === -1 ? text.length : newline
    const piece = trimmedPiece(text, start, end)
    if (piece.text !== "") pieces.push(piece)
    start = end + 1
  }
  return pieces
}

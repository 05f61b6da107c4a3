import { exactJson } from "../json/exact-number.ts"
import type { JsonFault } from "../json/json-fault.ts"
import { MAX_DEPTH } from "../json/jsonb-limits.ts"
import { isDeeperThan, type TextPiece } from "./array-text.ts"
import { damagedFile, placeText } from "./damaged-file.ts"
import { type FileLayout, fileFormat } from "./file-format.ts"
import { type FileRecord, fileRecord } from "./file-record.ts"
import { utf8Text } from "./utf8-text.ts"

/** The records of a file by their ids, in the order of the file. */
export type Records = ReadonlyMap<string, FileRecord>

/** What is in a file. */
export interface RecordsText {
  readonly records: Records
  readonly layout: FileLayout
}

/**
 * The records in the bytes of a file.
 *
 * @throws ConfigurationError with the line and the column of the first thing that is wrong.
 */
export function recordsText(path: string, bytes: Uint8Array, modifiedAt: Date): RecordsText {
  const decoded = utf8Text(bytes)
  if (!decoded.ok) throw damagedFile(path, decoded.before, decoded.before.length, "this is no UTF-8 text")
  const { text } = decoded
  const refuse = (offset: number, reason: string): never => {
    throw damagedFile(path, text, offset, reason)
  }
  const parts = fileFormat(path).parts(text)
  if (!("pieces" in parts)) return refuse(parts.offset, `this is no JSON, expected ${parts.expected}`)
  const records = new Map<string, FileRecord>()
  const offsets = new Map<string, number>()
  parts.pieces.forEach((piece, index) => {
    const refuseHere = (reason: string): never => refuse(piece.offset, reason)
    const record = fileRecord(value(piece, parts.fault, refuse), { text: piece.text, index, modifiedAt, refuse: refuseHere })
    const first = offsets.get(record.id)
    if (first !== undefined) refuseHere(`this record has the id of the one at ${placeText(text, first)}`)
    offsets.set(record.id, piece.offset)
    records.set(record.id, record)
  })
  return { records, layout: parts.layout }
}

function value(piece: TextPiece, fault: (piece: TextPiece) => JsonFault, refuse: (offset: number, reason: string) => never): unknown {
  // The record itself is one level.
  if (isDeeperThan(piece.text, MAX_DEPTH + 1)) return refuse(piece.offset, `this record is nested deeper than ${MAX_DEPTH} levels`)
  try {
    return exactJson(piece.text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    // Its own message quotes the text, and so it is no cause either.
    const { offset, expected } = fault(piece)
    return refuse(offset, `this is no JSON, expected ${expected}`)
  }
}

import type { Compilable, Kysely } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { DuplicateRecordError, InvalidQueryError, InvalidRecordError, RecordNotFoundError } from "../errors.ts"
import { child, pointerText } from "../json/json-pointer.ts"
import {
  createBatchStatement,
  deleteBatchStatement,
  replaceBatchStatement,
  replaceIfRevisionStatement,
  skipBatchStatement,
  updateBatchStatement,
} from "../statement/batch.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { type RevisedRows, recordRows, type WrittenRecord } from "../statement/written-record.ts"
import type { BatchItem, Fault, ToItem } from "./batch-chunks.ts"
import type { OnConflict } from "./batch-options.ts"
import { idAndRevision, knownId, lastRevision, type WrittenUpdate, writtenRecord, writtenUpdate } from "./new-record.ts"
import { type SeenIds, seenIds } from "./seen-ids.ts"

/** How the items of a batch are written: the statement for many of them, and what its answer says. */
export interface BatchWrite {
  readonly operation: string
  statement(db: Kysely<RecordsTables>, items: readonly BatchItem[]): Compilable<{ id: string }>
  /** What is true of an item that the statement brings no row for. */
  readonly withoutRow: "written" | "left alone" | "refused"
  /** Whether a value that one record cannot have because another has it is free when the other is written to. */
  readonly makesRoom: boolean
  /** Whether a record whose id another one has is refused. */
  readonly needsFreeIds: boolean
  /** Whether a record that is not there is made. */
  readonly makesRecords: boolean
}

/** A kind of batch: what is made of each value, and how that is written. */
export interface BatchKind extends BatchWrite {
  readonly item: ToItem
  /** The error for a source that is none. */
  readonly fault: Fault
}

/** Batches of new records. */
export function newRecords(operation: string, definition: TableDefinition, onConflict: OnConflict): BatchKind {
  const seen = seenIds(definition.columns.id.type)
  const { statement, withoutRow, makesRoom } = conflicts[onConflict]
  const carriesRevision = onConflict === "replaceIfRevision"
  return {
    operation,
    fault: InvalidRecordError,
    withoutRow,
    makesRoom,
    needsFreeIds: onConflict === "error",
    makesRecords: true,
    statement: (db, items) => statement(db, definition, newRows(onConflict === "error" ? items : inOrderOfIds(items))),
    item: (value, position) => {
      const pointer = child("", position)
      const { id: given, revision } = idAndRevision(value, pointer)
      const item = (written: WrittenRecord): BatchItem => {
        // An id that was made here is the only one of its kind.
        if (given !== undefined) checkFirst(seen, operation, written.id, position)
        const { id, fields: text, metadata } = written
        if (!carriesRevision) return { id, position, text, metadata }
        return { id, position, text, metadata, expectedRevision: lastRevision(revision, child(pointer, "revision"), definition) }
      }
      const written = writtenRecord(value, pointer, definition)
      return written instanceof Promise ? written.then(item) : item(written)
    },
  }
}

/** Batches of changes. */
export function updates(operation: string, definition: TableDefinition): BatchKind {
  const seen = seenIds(definition.columns.id.type)
  return {
    operation,
    fault: InvalidRecordError,
    withoutRow: "refused",
    makesRoom: true,
    needsFreeIds: false,
    makesRecords: false,
    statement: (db, items) => updateBatchStatement(db, definition, jsonArray(inOrderOfIds(items))),
    item: (value, position) => {
      const item = ({ id, known, expectedRevision, fields, metadata }: WrittenUpdate): BatchItem => {
        if (known === null) throw new RecordNotFoundError(id, position)
        checkFirst(seen, operation, known, position)
        const members = [
          `"id":${JSON.stringify(known)}`,
          ...(fields === undefined ? [] : [`"fields":${fields}`]),
          ...(metadata === undefined ? [] : [`"metadata":${metadata},"has_metadata":true`]),
          ...(expectedRevision === undefined ? [] : [`"expected_revision":${expectedRevision}`]),
        ]
        return { id: known, position, expectedRevision, text: `{${members.join(",")}}` }
      }
      const written = writtenUpdate(value, child("", position), definition)
      return written instanceof Promise ? written.then(item) : item(written)
    },
  }
}

/** Batches of ids whose records are to go. */
export function deletions(operation: string, definition: TableDefinition): BatchKind {
  return {
    operation,
    fault: InvalidQueryError,
    withoutRow: "left alone",
    makesRoom: false,
    needsFreeIds: false,
    makesRecords: false,
    statement: (db, items) =>
      deleteBatchStatement(
        db,
        definition,
        items.map(({ id }) => id),
      ),
    item: (value, position) => idItem(value, position, definition),
  }
}

/** An id among others; `undefined` for the id of no record. @throws InvalidQueryError with its position when it is no string. */
export function idItem(value: unknown, position: number, definition: TableDefinition): BatchItem | undefined {
  if (typeof value !== "string") throw new InvalidQueryError(pointerText(child("", position)), "an id is a string")
  const id = knownId(value, definition)
  return id === null ? undefined : { id, position, text: id }
}

/** @throws DuplicateRecordError for the second record of a list with an id, before anything is sent. */
export function checkIds(operation: string, records: readonly unknown[], definition: TableDefinition): void {
  const { type } = definition.columns.id
  const seen = seenIds(type)
  records.forEach((record, position) => {
    const { id } = idAndRevision(record, child("", position))
    const known = typeof id === "string" ? knownId(id, definition) : null
    if (known !== null) checkFirst(seen, operation, known, position)
  })
}

const conflicts = {
  error: { statement: createBatchStatement, withoutRow: "written", makesRoom: false },
  skip: { statement: skipBatchStatement, withoutRow: "left alone", makesRoom: false },
  replace: { statement: replaceBatchStatement, withoutRow: "written", makesRoom: true },
  replaceIfRevision: { statement: replaceIfRevisionStatement, withoutRow: "refused", makesRoom: true },
} as const

function checkFirst(seen: SeenIds, operation: string, id: string, position: number): void {
  const first = seen.earlier(id, position)
  if (first !== undefined)
    throw new DuplicateRecordError(`${operation}: records ${first} and ${position} have the same id, and a batch takes one of each`, { position })
}

// So that two batches of the same records never wait for each other.
function inOrderOfIds(items: readonly BatchItem[]): readonly BatchItem[] {
  return items.toSorted((one, other) => (one.id < other.id ? -1 : 1))
}

function newRows(items: readonly BatchItem[]): RevisedRows {
  const rows = recordRows(items.map(({ id, text, metadata = "null" }) => ({ id, fields: text, metadata })))
  return { ...rows, revisions: items.map(({ expectedRevision = 0 }) => expectedRevision) }
}

function jsonArray(items: readonly BatchItem[]): string {
  return `[${items.map(({ text }) => text).join(",")}]`
}

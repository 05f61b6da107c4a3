import { DuplicateRecordError, InvalidRecordError, RecordNotFoundError, RecordsError, RevisionConflictError } from "../errors.ts"
import { revisionsStatement } from "../statement/batch.ts"
import type { BatchItem } from "./batch-chunks.ts"
import type { BatchKind } from "./batch-kind.ts"
import type { BatchFailure, BatchResult } from "./batch-options.ts"
import type { BatchTarget } from "./batch-target.ts"
import type { Chunk } from "./chunk-reader.ts"
import { notStored, partlyStored, sqlState } from "./database-error.ts"

/** What one statement has written, and what it was to write and could not. */
export async function sent(kind: BatchKind, { items: chunk, statement }: Chunk, target: BatchTarget): Promise<BatchResult> {
  const [first] = chunk
  const { rows, numAffectedRows } = await target.run(statement, chunk.length === 1 ? first?.position : undefined)
  if (kind.withoutRow === "written") {
    checkAllStored(kind, chunk, Number(numAffectedRows ?? chunk.length), target)
    return { ids: chunk.map(({ id }) => id), failures: [] }
  }
  const there = new Set(rows.map(({ id }) => id))
  const ids = chunk.flatMap(({ id }) => (there.delete(id) ? [id] : []))
  if (kind.withoutRow === "left alone" || ids.length === chunk.length) return { ids, failures: [] }
  const stored = new Set(ids)
  return {
    ids,
    failures: await explained(
      chunk.filter(({ id }) => !stored.has(id)),
      target,
    ),
  }
}

// A trigger may leave a record out without a word.
function checkAllStored({ operation }: BatchKind, chunk: readonly BatchItem[], count: number, { db }: BatchTarget): void {
  const [first] = chunk
  if (first === undefined || count >= chunk.length) return
  if (db.isTransaction || count === 0) throw notStored(operation, chunk.length === 1 ? first.position : undefined)
  throw partlyStored(operation, chunk.length - count, chunk.length)
}

async function explained(items: readonly BatchItem[], target: BatchTarget): Promise<BatchFailure[]> {
  const ids = items.map(({ id }) => id)
  const { rows } = await target.run(revisionsStatement(target.db, target.definition, ids))
  const revisions = new Map(rows.map(({ id, revision }) => [id, Number(revision)]))
  return items.map(({ id, position, expectedRevision }) => {
    const current = revisions.get(id)
    // One that has it by now was not there when the statement looked.
    const isConflict = current !== undefined && expectedRevision !== undefined && current !== expectedRevision
    return { position, error: isConflict ? new RevisionConflictError(id, expectedRevision, current) : new RecordNotFoundError(id) }
  })
}

/** The error of the first record that the server refuses: the statement's own error does not say which one it is. */
export async function located(kind: BatchKind, chunk: Chunk, error: RecordsError, target: BatchTarget): Promise<RecordsError> {
  const state = sqlState(error.cause)
  try {
    return await target.transaction(async (within) => {
      const { failures } = await halved(kind, chunk, within)
      // Alone, a record may also be refused for want of another one: that is not what the statement was refused for.
      const failure = failures.find((one) => sqlState(one.error.cause) === state)
      // Nothing of it stays.
      throw failure?.error ?? error
    })
  } catch (found) {
    return isRefusalOfServer(found) ? found : error
  }
}

/** What a chunk has written, sent in halves until the record is alone that cannot be written. Each try is a savepoint. */
export async function halved(kind: BatchKind, chunk: Chunk, target: BatchTarget): Promise<BatchResult> {
  const { items } = chunk
  const [first] = items
  try {
    return await target.transaction((within) => sent(kind, chunk, within))
  } catch (error) {
    if (first === undefined || !isFaultOfRecord(error)) throw error
    if (items.length === 1) return { ids: [], failures: [{ position: first.position, error }] }
    const middle = Math.ceil(items.length / 2)
    const half = (some: readonly BatchItem[]) => halved(kind, { items: some, statement: kind.statement(target.db, some) }, target)
    const all = await half(items.slice(0, middle))
    return append(all, await half(items.slice(middle)))
  }
}

/**
 * Whether another record could be stored in spite of an error. A broken connection, a missing table or a conflict with
 * another transaction is no record's fault.
 */
export function isFaultOfRecord(error: unknown): error is RecordsError {
  return isRefusalOfServer(error) || FAULTS.some((fault) => error instanceof fault)
}

/** Whether the server, or a trigger of its table, has refused what one of the records says. */
export function isRefusalOfServer(error: unknown): error is RecordsError {
  if (!(error instanceof RecordsError)) return false
  if (error.code === "not_stored") return true
  const state = sqlState(error.cause)
  if (state === undefined) return false
  return error instanceof InvalidRecordError || error instanceof DuplicateRecordError || (error.code === "database_error" && !SERVERS_FAULT.test(state))
}

// The statement, a lock that was not to be had, no memory or disk left, what happens inside of the server.
const SERVERS_FAULT = /^(?:0A|25|40|42|53|55|57|58|F0|XX)/

const FAULTS = [InvalidRecordError, DuplicateRecordError, RecordNotFoundError, RevisionConflictError]

/** Adds a part of a batch to all of it. */
export function append(all: BatchResult, part: BatchResult): BatchResult {
  for (const id of part.ids) all.ids.push(id)
  for (const failure of part.failures) all.failures.push(failure)
  return all
}

import type { Compilable, Kysely } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import {
  DatabaseUnavailableError,
  DuplicateRecordError,
  InvalidQueryError,
  InvalidRecordError,
  RecordNotFoundError,
  RecordsError,
  RevisionConflictError,
} from "../errors.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { StoredRecord } from "../query/query.ts"
import { readBatchStatement, revisionsStatement } from "../statement/batch.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { type BatchItem, batchChunks, checkSource, type ToItem } from "./batch-chunks.ts"
import { type BatchKind, checkIds, idItem } from "./batch-kind.ts"
import type { BatchFailure, BatchResult, BatchSource } from "./batch-options.ts"
import { ChunkReader } from "./chunk-reader.ts"
import { sqlState } from "./database-error.ts"
import { foundRecords } from "./found-records.ts"
import type { ReadAs } from "./read-options.ts"

/** Where a batch is written: a table, and the one connection or transaction that leads there. */
export interface BatchTarget {
  readonly db: Kysely<RecordsTables>
  readonly definition: TableDefinition
  /** `position` is that of the record, where the statement is for one alone. */
  run<R>(statement: Compilable<R>, position?: number): Promise<R[]>
  /** A transaction, or a savepoint where the target is one already. */
  transaction<R>(work: (target: BatchTarget) => Promise<R>): Promise<R>
}

/** Writes a batch: all of it, or none. Gives the ids of what was written, in the order of the source. */
export async function writtenWhole(kind: BatchKind, source: BatchSource<unknown>, target: BatchTarget): Promise<string[]> {
  checkSource(kind.operation, source, kind.fault)
  if (Array.isArray(source)) checkIds(kind.operation, source, target.definition)
  let refused: readonly BatchItem[] = []
  const send: Send = async (chunk, within) => {
    refused = chunk
    const part = await sent(kind, chunk, within)
    const [failure] = part.failures
    if (failure !== undefined) throw failure.error
    refused = []
    return part
  }
  try {
    const { ids } = await written(kind, new ChunkReader(kind.operation, source, kind.item), target, send)
    return ids
  } catch (error) {
    throw isRefusalOfServer(error) && refused.length > 1 ? await located(kind, refused, error, target) : error
  }
}

/** Writes of a batch what can be written, and tells of the rest. */
export async function writtenIsolated(kind: BatchKind, source: BatchSource<unknown>, target: BatchTarget): Promise<BatchResult> {
  checkSource(kind.operation, source, kind.fault)
  const refused: BatchFailure[] = []
  const item: ToItem = async (value, position) => {
    try {
      return await kind.item(value, position)
    } catch (error) {
      if (!isFaultOfRecord(error)) throw error
      refused.push({ position, error })
      return undefined
    }
  }
  const chunks = new ChunkReader(kind.operation, source, item)
  const { ids, failures } = await whole(target, (within) => written(kind, chunks, within, (chunk, there) => halved(kind, chunk, there)))
  return { ids, failures: [...refused, ...failures].sort((one, other) => one.position - other.position) }
}

/** The records with these ids, in their order. */
export async function readInTurn<F, M, N extends NumberForm>(
  ids: BatchSource<unknown>,
  numbers: N,
  target: BatchTarget,
): Promise<(ReadAs<StoredRecord<F, M>, N> | null)[]> {
  checkSource("readBatch", ids, InvalidQueryError)
  const records: (ReadAs<StoredRecord<F, M>, N> | null)[] = []
  const item: ToItem = (id, position) => {
    records[position] = null
    return idItem(id, position, target.definition)
  }
  for await (const chunk of batchChunks("readBatch", ids, item)) {
    const known = chunk.map(({ id }) => id)
    const rows = await target.run(readBatchStatement(target.db, target.definition, known, numbers))
    const found = await foundRecords<F, M, undefined, N>(rows, { select: undefined, numbers }, target.definition)
    const byId = new Map(rows.map(({ id }, index) => [id, found[index]]))
    for (const { id, position } of chunk) records[position] = byId.get(id) ?? null
  }
  return records
}

type Send = (chunk: readonly BatchItem[], target: BatchTarget) => Promise<BatchResult>
async function written(kind: BatchKind, source: ChunkReader, target: BatchTarget, send: Send): Promise<BatchResult> {
  try {
    const first = await source.next()
    if (first === undefined) return { ids: [], failures: [] }
    const second = await source.next()
    // A single statement is all or nothing by itself, unless what it leaves out is an error. In a transaction it would take
    // everything before it along.
    if (second === undefined && kind.withoutRow !== "refused" && !target.db.isTransaction) return await send(first, target)
    return await whole(target, (within) => sentInTurn([first, second], source, (chunk) => send(chunk, within)))
  } catch (error) {
    // What goes wrong while the source is closed matters less.
    await source.close().catch(ignore)
    throw error
  }
}

// A connection that broke before COMMIT took the transaction with it.
async function whole<R>(target: BatchTarget, work: (target: BatchTarget) => Promise<R>): Promise<R> {
  try {
    return await target.transaction(work)
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError)) throw error
    throw new DatabaseUnavailableError(`${error.message}: nothing of the batch is stored`, { cause: error.cause })
  }
}

// While a statement is under way the next chunk is made ready, and no more than that.
async function sentInTurn(
  read: readonly (readonly BatchItem[] | undefined)[],
  source: ChunkReader,
  send: (chunk: readonly BatchItem[]) => Promise<BatchResult>,
): Promise<BatchResult> {
  const all: BatchResult = { ids: [], failures: [] }
  let underWay = Promise.resolve(all)
  for (let turn = 0; ; turn += 1) {
    const chunk = turn < read.length ? read[turn] : await source.nextBeside(underWay)
    await underWay
    if (chunk === undefined) return all
    underWay = send(chunk).then((part) => append(all, part))
    // Whoever waits for it gets the error; until then it is nobody's.
    underWay.catch(ignore)
    await flushed()
  }
}

/** What one statement has written, and what it was to write and could not. */
async function sent(kind: BatchKind, chunk: readonly BatchItem[], target: BatchTarget): Promise<BatchResult> {
  const [first] = chunk
  const rows = await target.run(kind.statement(target.db, chunk), chunk.length === 1 ? first?.position : undefined)
  if (kind.withoutRow === "written") return { ids: chunk.map(({ id }) => id), failures: [] }
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

async function explained(items: readonly BatchItem[], target: BatchTarget): Promise<BatchFailure[]> {
  const ids = items.map(({ id }) => id)
  const rows = await target.run(revisionsStatement(target.db, target.definition, ids))
  const revisions = new Map(rows.map(({ id, revision }) => [id, Number(revision)]))
  return items.map(({ id, position, expectedRevision }) => {
    const current = revisions.get(id)
    // One that has it by now was not there when the statement looked.
    const isConflict = current !== undefined && expectedRevision !== undefined && current !== expectedRevision
    return { position, error: isConflict ? new RevisionConflictError(id, expectedRevision, current) : new RecordNotFoundError(id) }
  })
}

/** The error of the first record that the server refuses: the statement's own error does not say which one it is. */
async function located(kind: BatchKind, chunk: readonly BatchItem[], error: RecordsError, target: BatchTarget): Promise<RecordsError> {
  try {
    return await target.transaction(async (within) => {
      const { failures } = await halved(kind, chunk, within)
      // Nothing of it stays.
      throw failures[0]?.error ?? error
    })
  } catch (found) {
    return isRefusalOfServer(found) ? found : error
  }
}

// In halves, until the record is alone that cannot be written. Each try is a savepoint.
async function halved(kind: BatchKind, chunk: readonly BatchItem[], target: BatchTarget): Promise<BatchResult> {
  const [first] = chunk
  try {
    return await target.transaction((within) => sent(kind, chunk, within))
  } catch (error) {
    if (first === undefined || !isFaultOfRecord(error)) throw error
    if (chunk.length === 1) return { ids: [], failures: [{ position: first.position, error }] }
    const middle = Math.ceil(chunk.length / 2)
    const all = await halved(kind, chunk.slice(0, middle), target)
    return append(all, await halved(kind, chunk.slice(middle), target))
  }
}

// What another record could be stored in spite of. A broken connection, a missing table or a conflict with another
// transaction is no record's fault.
function isFaultOfRecord(error: unknown): error is RecordsError {
  return isRefusalOfServer(error) || FAULTS.some((fault) => error instanceof fault)
}

function isRefusalOfServer(error: unknown): error is RecordsError {
  if (!(error instanceof RecordsError)) return false
  const state = sqlState(error.cause)
  if (state === undefined) return false
  return error instanceof InvalidRecordError || error instanceof DuplicateRecordError || (error.code === "database_error" && !SERVERS_FAULT.test(state))
}

// The statement, a lock that was not to be had, no memory or disk left, what happens inside of the server.
const SERVERS_FAULT = /^(?:0A|25|40|42|53|55|57|58|F0|XX)/

const FAULTS = [InvalidRecordError, DuplicateRecordError, RecordNotFoundError, RevisionConflictError]

function append(all: BatchResult, part: BatchResult): BatchResult {
  for (const id of part.ids) all.ids.push(id)
  for (const failure of part.failures) all.failures.push(failure)
  return all
}

function ignore(): void {}

// The statement leaves this process before the next chunk is made: what is made of a list is made in one go.
function flushed(): Promise<void> {
  return new Promise((done) => void setImmediate(done))
}

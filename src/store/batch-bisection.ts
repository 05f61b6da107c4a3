import { DuplicateRecordError, InvalidRecordError, RecordNotFoundError, RecordsError, RevisionConflictError } from "../errors.ts"
import { immediateConstraintsStatement, revisionsStatement } from "../statement/batch.ts"
import { type BatchItem, batchChunks } from "./batch-chunks.ts"
import type { BatchWrite } from "./batch-kind.ts"
import type { BatchFailure } from "./batch-options.ts"
import type { BatchTarget } from "./batch-target.ts"
import type { Chunk, ChunkReader } from "./chunk-reader.ts"
import { databaseError, isOfTakenId, isSameRefusal, leftOut, notStored, refusalReason, sqlState } from "./database-error.ts"

/** What a part of a batch has written, and what it was to write and could not. */
export interface Written {
  readonly ids: string[]
  /** The place of each id among what was given. */
  readonly positions: number[]
  readonly failures: Refused[]
}

interface Refused extends BatchFailure {
  /** What was sent, where the server may take it when others are there. */
  readonly item?: BatchItem
}

/** What one statement has written, and what it was to write and could not. */
export async function sent(kind: BatchWrite, { items: chunk, statement }: Chunk, target: BatchTarget): Promise<Written> {
  const [first] = chunk
  const { rows, numAffectedRows } = await target.run(statement, chunk.length === 1 ? first?.position : undefined)
  if (kind.withoutRow === "written") {
    checkAllStored(kind, chunk, Number(numAffectedRows ?? chunk.length), target)
    return writtenItems(chunk)
  }
  const there = new Set(rows.map(({ id }) => id))
  const stored = new Set(chunk.filter(({ id }) => there.delete(id)))
  const written = writtenItems([...stored])
  if (kind.withoutRow === "left alone" || stored.size === chunk.length) return written
  const left = chunk.filter((item) => !stored.has(item))
  return { ...written, failures: await explained(kind, left, target) }
}

function writtenItems(items: readonly BatchItem[]): Written {
  return { ids: items.map(({ id }) => id), positions: items.map(({ position }) => position), failures: [] }
}

// A trigger may leave a record out without a word.
function checkAllStored({ operation }: BatchWrite, chunk: readonly BatchItem[], count: number, { db }: BatchTarget): void {
  const [first] = chunk
  if (first === undefined || count >= chunk.length) return
  const position = chunk.length === 1 ? first.position : undefined
  throw leftOut(operation, { left: chunk.length - count, all: chunk.length, position, isTransaction: db.isTransaction })
}

// Why records were left alone.
async function explained({ operation, makesRecords }: BatchWrite, items: readonly BatchItem[], target: BatchTarget): Promise<BatchFailure[]> {
  const ids = items.map(({ id }) => id)
  const { rows } = await target.run(revisionsStatement(target.db, target.definition, ids))
  const revisions = new Map(rows.map(({ id, revision }) => [id, Number(revision)]))
  return items.map(({ id, position, expectedRevision }) => {
    const current = revisions.get(id)
    if (current === undefined && !makesRecords) return { position, error: new RecordNotFoundError(id, position) }
    if (current === undefined || expectedRevision === undefined || current === expectedRevision) return { position, error: notStored(operation, position) }
    return { position, error: new RevisionConflictError(id, expectedRevision, current, position) }
  })
}

/** The error of the first record that the server refuses, where it is found: the statement's own does not say which one it is. */
export function located(kind: BatchWrite, chunk: Chunk, error: RecordsError, target: BatchTarget): Promise<RecordsError | undefined> {
  return refusalAmong(error, target, async (within, isIt) => {
    const first = await halved(kind, chunk, within, isIt)
    // A record may also be refused for want of another one: that is not what the statement was refused for.
    return first.failures.some(isIt) ? first : triedAgain(kind, first, within)
  })
}

/** The same with the statements before it: a record may be refused for one of theirs. `chunks` are all of them once more. */
export function locatedBehind(
  kind: BatchWrite,
  chunks: ChunkReader,
  refused: Chunk,
  error: RecordsError,
  target: BatchTarget,
): Promise<RecordsError | undefined> {
  const start = refused.items[0]?.position ?? 0
  return refusalAmong(error, target, async (within, isIt) => {
    for (;;) {
      const chunk = await within.reading(() => chunks.next())
      const last = chunk?.items.at(-1)
      if (chunk === undefined || last === undefined) return NOTHING
      if (last.position >= start) return halved(kind, chunk, within, isIt)
      await sent(kind, chunk, within)
    }
  })
}

const NOTHING: Written = { ids: [], positions: [], failures: [] }

async function refusalAmong(
  error: RecordsError,
  target: BatchTarget,
  tried: (target: BatchTarget, isIt: (one: Refused) => boolean) => Promise<Written>,
): Promise<RecordsError | undefined> {
  const isIt = (one: Refused) => isSameRefusal(one.error.cause, error.cause)
  const found: Refused[] = []
  const looked = isolating(target, async (within) => {
    found.push(...(await tried(within, isIt)).failures.filter(isIt))
    // Nothing of what was tried stays.
    throw error
  })
  // What else goes wrong meanwhile matters less.
  await looked.catch(() => undefined)
  return found[0]?.error
}

/**
 * A transaction in which it is looked for what the server refuses. In one of its own no constraint waits for its end, where
 * it could name no record; that of a caller may hold what is not yet as it will be then.
 */
export function isolating<R>(target: BatchTarget, work: (target: BatchTarget) => Promise<R>): Promise<R> {
  return target.transaction(async (within) => {
    if (!target.db.isTransaction) await within.run(immediateConstraintsStatement(within.db))
    return work(within)
  })
}

/**
 * What a chunk has written, sent in halves until the record is alone that cannot be written; `isEnough` ends it before its
 * time. Each try is a savepoint.
 */
export async function halved(kind: BatchWrite, chunk: Chunk, target: BatchTarget, isEnough: (one: Refused) => boolean = never): Promise<Written> {
  const { items } = chunk
  const [first] = items
  try {
    return await target.transaction((within) => sent(kind, chunk, within))
  } catch (error) {
    if (first === undefined || !isFaultOfRecord(error)) throw error
    if (items.length === 1) return { ids: [], positions: [], failures: [refused(kind, first, error)] }
    const taken = kind.needsFreeIds && isOfTakenId(error.cause, target.definition) ? await takenIds(items, target) : NONE
    if (taken.size > 0) return withoutTaken(kind, items, taken, error, target, isEnough)
    const middle = Math.ceil(items.length / 2)
    const half = (some: readonly BatchItem[]) => halved(kind, chunkOf(kind, some, target), target, isEnough)
    const all = await half(items.slice(0, middle))
    return all.failures.some(isEnough) ? all : append(all, await half(items.slice(middle)))
  }
}

const NONE: ReadonlySet<string> = new Set()

async function takenIds(items: readonly BatchItem[], target: BatchTarget): Promise<ReadonlySet<string>> {
  const ids = items.map(({ id }) => id)
  const { rows } = await target.run(revisionsStatement(target.db, target.definition, ids))
  return new Set(rows.map(({ id }) => id))
}

// To try each of many that are there already would take as long as all that is stored.
async function withoutTaken(
  kind: BatchWrite,
  items: readonly BatchItem[],
  taken: ReadonlySet<string>,
  { cause }: RecordsError,
  target: BatchTarget,
  isEnough: (one: Refused) => boolean,
): Promise<Written> {
  const { table, schema } = target.definition
  const failures = items
    .filter(({ id }) => taken.has(id))
    .map(({ position }) => ({ position, error: databaseError(cause, { operation: kind.operation, table, schema, position }) }))
  const found: Written = { ids: [], positions: [], failures }
  const rest = items.filter(({ id }) => !taken.has(id))
  return rest.length === 0 || failures.some(isEnough) ? found : append(found, await halved(kind, chunkOf(kind, rest, target), target, isEnough))
}

function never(): boolean {
  return false
}

function chunkOf(kind: BatchWrite, items: readonly BatchItem[], { db }: BatchTarget): Chunk {
  return { items, statement: kind.statement(db, items) }
}

function refused(kind: BatchWrite, item: BatchItem, error: RecordsError): Refused {
  const { position } = item
  // An id that is taken stays so, unless what has it is written to as well.
  return error instanceof DuplicateRecordError && !kind.makesRoom ? { position, error } : { position, error, item }
}

// Those that wait for one another in a row of any length go in at once, if none among them is refused for good. Where one is,
// each turn costs two tries of a record.
const MOST_TURNS = 10

/**
 * What a batch has written when those that the server refused are sent again, for as long as some of them go in: one may
 * have been refused for want of another, which was in the other half or in a later statement. Those that were refused for
 * one reason go together: of others, one that is never taken would keep them apart.
 */
export async function triedAgain(kind: BatchWrite, first: Written, target: BatchTarget): Promise<Written> {
  if (first.failures.every(({ item }) => item === undefined)) return first
  let all = first
  for (let turn = 1; ; turn += 1) {
    const again: Written = { ids: all.ids, positions: all.positions, failures: all.failures.filter(({ item }) => item === undefined) }
    const before = all.ids.length
    for (const alike of Map.groupBy(all.failures, ({ error }) => refusalReason(error.cause)).values()) {
      const items = alike.flatMap(({ item }) => item ?? [])
      // Each second time from the end: those that refer to the one before and those that refer to the one behind go in at once.
      if (turn % 2 === 0) items.reverse()
      for await (const some of batchChunks(kind.operation, items, (_, index) => items[index])) {
        append(again, await halved(kind, chunkOf(kind, some, target), target))
      }
    }
    all = again
    if (all.ids.length === before || turn === MOST_TURNS) return inOrder(all)
  }
}

function inOrder({ ids, positions, failures }: Written): Written {
  const order = positions.map((position, index) => ({ position, index })).sort((one, other) => one.position - other.position)
  return {
    ids: order.flatMap(({ index }) => ids[index] ?? []),
    positions: order.map(({ position }) => position),
    failures: failures.sort((one, other) => one.position - other.position),
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
export function append(all: Written, part: Written): Written {
  for (const id of part.ids) all.ids.push(id)
  for (const position of part.positions) all.positions.push(position)
  for (const failure of part.failures) all.failures.push(failure)
  return all
}

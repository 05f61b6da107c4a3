import { DatabaseUnavailableError, type RecordsError } from "../errors.ts"
import { append, halved, isFaultOfRecord, isolating, isRefusalOfServer, located, locatedBehind, sent, triedAgain, type Written } from "./batch-bisection.ts"
import { checkSource, type ToItem } from "./batch-chunks.ts"
import { type BatchKind, checkIds } from "./batch-kind.ts"
import type { BatchFailure, BatchResult, BatchSource } from "./batch-options.ts"
import type { BatchTarget } from "./batch-target.ts"
import { type Chunk, ChunkReader } from "./chunk-reader.ts"
import { isForAnother } from "./database-error.ts"

/**
 * Writes a batch: all of it, or none. Gives the ids of what was written, in the order of the source. A kind knows what it
 * has seen of a source, so that a list which is gone through again needs another one.
 */
export async function writtenWhole(kindOf: () => BatchKind, source: BatchSource<unknown>, target: BatchTarget): Promise<string[]> {
  const kind = kindOf()
  checkSource(kind.operation, source, kind.fault)
  if (Array.isArray(source)) checkIds(kind.operation, source, target.definition)
  let refused: Chunk | undefined
  const send: Send = async (chunk, within) => {
    refused = chunk
    const part = await sent(kind, chunk, within)
    const [failure] = part.failures
    if (failure !== undefined) throw failure.error
    refused = undefined
    return part
  }
  try {
    const { ids } = await written(kind, chunksOf(kind, source, kind.item, target), target, send)
    return ids
  } catch (error) {
    if (!isRefusalOfServer(error) || refused === undefined || refused.items.length === 1) throw error
    const behind = isForAnother(error.cause, target.definition) ? await refusedBehind(kindOf(), source, refused, error, target) : undefined
    throw behind ?? (await located(kind, refused, error, target)) ?? error
  }
}

// What a record is refused for may be in an earlier statement, which is rolled back by now.
async function refusedBehind(kind: BatchKind, source: BatchSource<unknown>, refused: Chunk, error: RecordsError, target: BatchTarget) {
  if (refused.items[0]?.position === 0 || !isList(source)) return undefined
  return locatedBehind(kind, chunksOf(kind, source, kind.item, target), refused, error, target)
}

// Only a list is the same when it is gone through again.
function isList(source: BatchSource<unknown>): boolean {
  return Array.isArray(source) && source[Symbol.iterator] === Array.prototype[Symbol.iterator] && !(Symbol.asyncIterator in source)
}

/** Writes of a batch what can be written, and tells of the rest. */
export async function writtenIsolated(kind: BatchKind, source: BatchSource<unknown>, target: BatchTarget): Promise<BatchResult> {
  checkSource(kind.operation, source, kind.fault)
  const refused: BatchFailure[] = []
  const item: ToItem = async (value, position) => {
    try {
      return await kind.item(value, position)
    } catch (error) {
      if (!(error instanceof kind.fault || isFaultOfRecord(error))) throw error
      refused.push({ position, error })
      return undefined
    }
  }
  const chunks = chunksOf(kind, source, item, target)
  const { ids, failures } = await whole(() =>
    isolating(target, async (within) => {
      const first = await written(kind, chunks, within, (chunk, there) => halved(kind, chunk, there))
      return triedAgain(kind, first, within)
    }),
  )
  const all = [...refused, ...failures.map(({ position, error }) => ({ position, error }))]
  return { ids, failures: all.sort((one, other) => one.position - other.position) }
}

function chunksOf(kind: BatchKind, source: BatchSource<unknown>, item: ToItem, { db }: BatchTarget): ChunkReader {
  return new ChunkReader(kind.operation, source, item, (items) => kind.statement(db, items))
}

type Send = (chunk: Chunk, target: BatchTarget) => Promise<Written>

async function written(kind: BatchKind, source: ChunkReader, target: BatchTarget, send: Send): Promise<Written> {
  try {
    const first = await target.reading(() => source.next())
    if (first === undefined) return { ids: [], positions: [], failures: [] }
    const second = await target.reading(() => source.next())
    // A single statement is all or nothing by itself, unless what it leaves out is an error. In a transaction it would take
    // everything before it along.
    if (second === undefined && kind.withoutRow !== "refused" && !target.db.isTransaction) return await send(first, target)
    return await whole(() => target.transaction((within) => sentInTurn([first, second], source, within, send)))
  } catch (error) {
    // What goes wrong while the source is closed matters less.
    await source.close().catch(ignore)
    throw error
  }
}

// A connection that broke before COMMIT took the transaction with it.
async function whole<R>(transaction: () => Promise<R>): Promise<R> {
  try {
    return await transaction()
  } catch (error) {
    if (!(error instanceof DatabaseUnavailableError)) throw error
    throw error.message.endsWith(NOTHING_STORED) ? error : new DatabaseUnavailableError(error.message + NOTHING_STORED, { cause: error.cause })
  }
}

const NOTHING_STORED = ": nothing of the batch is stored"

// While a statement is under way the next chunk is made ready, and no more than that.
async function sentInTurn(read: readonly (Chunk | undefined)[], source: ChunkReader, target: BatchTarget, send: Send): Promise<Written> {
  const all: Written = { ids: [], positions: [], failures: [] }
  let underWay = Promise.resolve(all)
  for (let turn = 0; ; turn += 1) {
    const chunk = turn < read.length ? read[turn] : await target.reading(() => source.nextBeside(underWay))
    await underWay
    if (chunk === undefined) return all
    underWay = send(chunk, target).then((part) => append(all, part))
    // Whoever waits for it gets the error; until then it is nobody's.
    underWay.catch(ignore)
    await flushed()
  }
}

function ignore(): void {}

// The statement leaves this process before the next chunk is made: what is made of a list is made in one go.
function flushed(): Promise<void> {
  return new Promise((done) => void setImmediate(done))
}

import { type InvalidQueryError, type InvalidRecordError, RecordsError } from "../errors.ts"
import type { BatchSource } from "./batch-options.ts"

/** A record of a batch, or an id, that is ready to be sent. */
export interface BatchItem {
  readonly id: string
  /** Its place among what was given. */
  readonly position: number
  /** What is sent for it: the fields of a new record, a change, an id. */
  readonly text: string
  /** The metadata of a new record. */
  readonly metadata?: string | undefined
  /** The revision that the record must have, where there is one. */
  readonly expectedRevision?: number | undefined
}

/** What is made of a value of the source; `undefined` when nothing is sent for it. */
export type ToItem = (value: unknown, position: number) => BatchItem | undefined | Promise<BatchItem | undefined>

/**
 * What one statement takes, one after the other. No more of the source is read than the next one needs, and the source is
 * told when nobody asks for more.
 *
 * @throws RecordsError when the source throws; its error is the cause.
 */
export async function* batchChunks(operation: string, source: BatchSource<unknown>, item: ToItem): AsyncGenerator<readonly BatchItem[], void, undefined> {
  const chunk = new Chunk(item)
  if (isAsync(source)) {
    for await (const value of asyncValues(operation, source)) if (chunk.add(await chunk.item(value))) yield chunk.taken()
  } else {
    for (const value of values(operation, source)) {
      const item = chunk.item(value)
      // To wait for what is there costs more than to make it.
      if (chunk.add(item instanceof Promise ? await item : item)) yield chunk.taken()
    }
  }
  if (!chunk.isEmpty) yield chunk.taken()
}

/** The error for a value that is not what a batch takes. */
export type Fault = typeof InvalidRecordError | typeof InvalidQueryError

/** Throws a `Fault` for what cannot be gone through one by one. */
export function checkSource(operation: string, source: unknown, ValueFault: Fault): void {
  const isSource = typeof source === "object" && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source)
  if (!isSource) throw new ValueFault("", `${operation} takes a list, or any other iterable or async iterable`)
}

// Enough that the way to the server and back counts for little, and that a statement before is under way meanwhile; few
// enough that two of them are no burden, here and there.
const MOST_ITEMS = 2000
const MOST_CHARACTERS = 1_000_000

class Chunk {
  readonly #item: ToItem
  #items: BatchItem[] = []
  #characters = 0
  #position = 0

  constructor(item: ToItem) {
    this.#item = item
  }

  get isEmpty(): boolean {
    return this.#items.length === 0
  }

  item(value: unknown): ReturnType<ToItem> {
    this.#position += 1
    return this.#item(value, this.#position - 1)
  }

  /** Whether the chunk is full with it. */
  add(item: BatchItem | undefined): boolean {
    if (item === undefined) return false
    this.#items.push(item)
    this.#characters += item.text.length + (item.metadata?.length ?? 0)
    return this.#items.length >= MOST_ITEMS || this.#characters >= MOST_CHARACTERS
  }

  taken(): readonly BatchItem[] {
    const items = this.#items
    this.#items = []
    this.#characters = 0
    return items
  }
}

function isAsync(source: BatchSource<unknown>): source is AsyncIterable<unknown> {
  return Symbol.asyncIterator in source
}

// An error of the loop's body never comes back into a generator: what is caught here is the source's own.
function* values(operation: string, source: Iterable<unknown>): Generator<unknown, void, undefined> {
  try {
    yield* source
  } catch (cause) {
    throw sourceFailed(operation, cause)
  }
}

/** What a source gives. @throws RecordsError when it throws; its error is the cause. */
export async function* asyncValues(operation: string, source: BatchSource<unknown>): AsyncGenerator<unknown, void, undefined> {
  try {
    yield* source
  } catch (cause) {
    throw sourceFailed(operation, cause)
  }
}

function sourceFailed(operation: string, cause: unknown): RecordsError {
  return new RecordsError("source_failed", `${operation}: the iterable that was given threw an error, which is the cause: nothing was written`, { cause })
}

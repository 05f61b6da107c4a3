import type { Compilable } from "kysely"
import { type BatchItem, batchChunks, type ToItem } from "./batch-chunks.ts"
import type { BatchSource } from "./batch-options.ts"

/** A chunk of a batch, and the statement that writes it, ready to be sent. */
export interface Chunk {
  readonly items: readonly BatchItem[]
  readonly statement: Compilable<{ id: string }>
}

/** Reads the chunks of a batch one by one, and knows whether it waits for one. */
export class ChunkReader {
  readonly #chunks: AsyncGenerator<readonly BatchItem[], void, undefined>
  readonly #statement: (items: readonly BatchItem[]) => Chunk["statement"]
  #isWaiting = false

  constructor(operation: string, source: BatchSource<unknown>, item: ToItem, statement: (items: readonly BatchItem[]) => Chunk["statement"]) {
    this.#chunks = batchChunks(operation, source, item)
    this.#statement = statement
  }

  /** The next chunk; `undefined` behind the last. */
  async next(): Promise<Chunk | undefined> {
    this.#isWaiting = true
    try {
      const read = await this.#chunks.next()
      if (read.done === true) return undefined
      // Compiled here, while the statement before is under way: the server waits for nothing then but the wire.
      const compiled = this.#statement(read.value).compile()
      return { items: read.value, statement: { compile: () => compiled } }
    } finally {
      this.#isWaiting = false
    }
  }

  /** The same while a statement is under way: its error ends the wait, for a source may have nothing to give for a long time. */
  async nextBeside(underWay: Promise<unknown>): Promise<Chunk | undefined> {
    const next = this.next()
    next.catch(ignore)
    try {
      return await Promise.race([next, underWay.then(() => next)])
    } catch (error) {
      await underWay.catch(ignore)
      throw error
    }
  }

  /** Tells the source that nobody asks for more: at once, or when it gives what is waited for. */
  async close(): Promise<void> {
    const closed = this.#chunks.return(undefined)
    closed.catch(ignore)
    if (!this.#isWaiting) await closed
  }
}

function ignore(): void {}

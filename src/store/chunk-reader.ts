import { type BatchItem, batchChunks, type ToItem } from "./batch-chunks.ts"
import type { BatchSource } from "./batch-options.ts"

type Chunk = readonly BatchItem[]

/** Reads the chunks of a batch one by one, and knows whether it waits for one. */
export class ChunkReader {
  readonly #chunks: AsyncGenerator<Chunk, void, undefined>
  #isWaiting = false

  constructor(operation: string, source: BatchSource<unknown>, item: ToItem) {
    this.#chunks = batchChunks(operation, source, item)
  }

  /** The next chunk; `undefined` behind the last. */
  async next(): Promise<Chunk | undefined> {
    this.#isWaiting = true
    try {
      const read = await this.#chunks.next()
      return read.done === true ? undefined : read.value
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

import { deepStrictEqual } from "node:assert/strict"
import { format } from "node:util"

/*
 * What the programs made from the documents call. It runs in a process of its own, beside them.
 */

/** What one block of a document printed, or why it failed. */
export interface Reading {
  readonly document: string
  readonly line: number
  readonly printed: string[]
  error?: string
}

const readings: Reading[] = []
let document = ""

/** The block at a line begins. */
export function block(line: number): void {
  readings.push({ document, line, printed: [] })
}

/** The value that a document shows behind `// =>`. */
export function shows(line: number, actual: unknown, expected: unknown): void {
  try {
    deepStrictEqual(actual, expected)
  } catch (error) {
    throw new Error(`line ${line}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The error that a document shows behind `// throws`, by its name and the start of its message. */
export async function throws(line: number, work: () => unknown, expected: string): Promise<void> {
  const thrown = await Promise.resolve()
    .then(work)
    .then(
      () => "nothing",
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : "no error"),
    )
  if (!thrown.startsWith(expected)) throw new Error(`line ${line}: thrown was ${thrown}`)
}

/** Runs the programs of some documents, one after the other, and gives what each block printed. */
export async function readAll(documents: readonly string[]): Promise<Reading[]> {
  const { log } = console
  console.log = (...values: unknown[]) => readings.at(-1)?.printed.push(format(...values))
  for (document of documents) {
    block(0)
    try {
      await import(`./${document}.js`)
    } catch (error) {
      const last = readings.at(-1)
      if (last !== undefined) last.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
  }
  console.log = log
  return readings
}

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { fileURLToPath, pathToFileURL } from "node:url"

/** A complaint of the compiler, and the text that it points at. */
export interface Complaint {
  readonly at: string
  readonly message: string
}

const HERE = "<here>"

// Hints, such as for a name that is not used, have higher ones.
const ERROR = 1

interface Position {
  readonly line: number
  readonly character: number
}

const root = fileURLToPath(new URL("../../", import.meta.url))

/** The language server of the compiler that is installed, as an editor uses it, on files that exist in memory alone. */
export class LanguageServer {
  readonly #process: ChildProcessWithoutNullStreams = spawn(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "--lsp", "--stdio"])
  readonly #waiting = new Map<number, (result: unknown) => void>()
  #received = Buffer.alloc(0)
  #requests = 0
  #files = 0

  async start(): Promise<void> {
    this.#process.stdout.on("data", (data: Buffer) => this.#receive(data))
    await this.#request("initialize", { processId: null, rootUri: pathToFileURL(root).href, capabilities: { textDocument: { diagnostic: {} } } })
    this.#send({ method: "initialized", params: {} })
  }

  stop(): void {
    // It ends with its input; a signal would reach the script that started it, and not it.
    this.#process.stdin.end()
  }

  /** What an editor offers where `<here>` stands in a text. */
  async completions(text: string): Promise<readonly string[]> {
    const offset = text.indexOf(HERE)
    const uri = this.#open(text.replace(HERE, ""))
    const result = await this.#request("textDocument/completion", { textDocument: { uri }, position: positionOf(text, offset) })
    const { items } = (result ?? { items: [] }) as { items: readonly { label: string }[] }
    return items.map(({ label }) => label)
  }

  /** What the compiler says of a text. */
  async complaints(text: string): Promise<readonly Complaint[]> {
    const result = await this.#request("textDocument/diagnostic", { textDocument: { uri: this.#open(text) } })
    const { items } = result as { items: readonly { message: string; severity: number; range: { start: Position; end: Position } }[] }
    return items
      .filter(({ severity }) => severity === ERROR)
      .map(({ message, range }) => ({ message, at: text.slice(offsetOf(text, range.start), offsetOf(text, range.end)) }))
  }

  #open(text: string): string {
    this.#files += 1
    const uri = pathToFileURL(`${root}test/query/in-memory-${this.#files}.ts`).href
    this.#send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "typescript", version: 1, text } } })
    return uri
  }

  async #request(method: string, params: object): Promise<unknown> {
    this.#requests += 1
    const id = this.#requests
    const result = new Promise((resolve) => this.#waiting.set(id, resolve))
    this.#send({ id, method, params })
    return result
  }

  #send(message: object): void {
    const text = JSON.stringify({ jsonrpc: "2.0", ...message })
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`)
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data])
    for (let end = this.#received.indexOf("\r\n\r\n"); end !== -1; end = this.#received.indexOf("\r\n\r\n")) {
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.subarray(0, end).toString())?.[1])
      const start = end + 4
      if (this.#received.length < start + length) return
      this.#answer(JSON.parse(this.#received.subarray(start, start + length).toString()))
      this.#received = this.#received.subarray(start + length)
    }
  }

  #answer({ id, method, result }: { id?: number; method?: string; result?: unknown }): void {
    if (id === undefined) return
    // The server asks as well, and waits for the answer.
    if (method !== undefined) this.#send({ id, result: null })
    else this.#waiting.get(id)?.(result)
  }
}

function positionOf(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split("\n")
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 }
}

function offsetOf(text: string, { line, character }: Position): number {
  const before = text.split("\n").slice(0, line)
  return before.reduce((sum, one) => sum + one.length + 1, 0) + character
}

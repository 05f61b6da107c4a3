import { ConfigurationError, RecordsError } from "../errors.ts"
import { type FileSignature, fileBytes, fileSignature, NO_FILE, removeLeftovers, replaceFile } from "./file-access.ts"
import { fileFormat, fileText } from "./file-format.ts"
import { type Records, type RecordsText, recordsText } from "./records-text.ts"

/** What a change makes of the records, and what its caller gets. The same records: nothing is written. */
export interface Change<R> {
  readonly records: Records
  readonly result: R
}

/** A file of records. What is done with it is done one after the other. */
export class RecordsFile {
  readonly path: string
  #seen: Seen
  #last: Promise<unknown> = Promise.resolve()
  #hasWritten = false

  constructor(path: string) {
    this.path = path
    this.#seen = this.#empty()
  }

  /** What a function sees in the records as they are now. */
  async look<R>(at: (records: Records) => R): Promise<R> {
    return this.#inTurn(async () => at((await this.#current()).records))
  }

  /** Writes what a function makes of the records; it may be asked again when somebody else was faster. */
  async change<R>(make: (records: Records) => Change<R>): Promise<R> {
    return this.#inTurn(async () => {
      for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
        const seen = await this.#current()
        const { records, result } = make(seen.records)
        if (records === seen.records || (await this.#write(seen, records))) return result
      }
      throw new ConfigurationError(
        "file_busy",
        `the file ${JSON.stringify(this.path)} changes faster than it can be written: nothing was written, let one process write it`,
      )
    })
  }

  async #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #current(): Promise<Seen> {
    const signature = await this.#accessing("read", () => fileSignature(this.path))
    if (signature !== this.#seen.signature) this.#seen = await this.#read()
    return this.#seen
  }

  async #read(): Promise<Seen> {
    const file = await this.#accessing("read", () => fileBytes(this.path))
    return file === undefined ? this.#empty() : { signature: file.signature, ...recordsText(this.path, file.bytes, file.modifiedAt) }
  }

  async #write({ signature, layout }: Seen, records: Records): Promise<boolean> {
    const text = fileText(
      Array.from(records.values(), (record) => record.text),
      layout,
    )
    const written = await this.#accessing("written", async () => {
      if (!this.#hasWritten) await removeLeftovers(this.path)
      return replaceFile(this.path, text, signature)
    })
    if (written === undefined) return false
    this.#hasWritten = true
    this.#seen = { signature: written, records, layout }
    return true
  }

  async #accessing<R>(verb: "read" | "written", work: () => Promise<R>): Promise<R> {
    try {
      return await work()
    } catch (cause) {
      throw cause instanceof RecordsError ? cause : inaccessibleFile(this.path, verb, cause)
    }
  }

  #empty(): Seen {
    return { signature: NO_FILE, records: new Map(), layout: fileFormat(this.path).layout }
  }
}

/** What was in the file when it was what its signature says. */
interface Seen extends RecordsText {
  readonly signature: FileSignature
}

// Each of them means that another program has written the file in between.
const MOST_ATTEMPTS = 100

function inaccessibleFile(path: string, verb: string, cause: unknown): ConfigurationError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "an unknown error"
  return new ConfigurationError("file_access", `the file ${JSON.stringify(path)} cannot be ${verb}: ${accessFaults[code] ?? code}`, { cause })
}

const accessFaults: Record<string, string> = {
  ENOENT: "the folder is not there: make it first",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a directory, a pipe or a device: give the path of a file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system takes no writes",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk is full",
  ELOOP: "its symbolic links go round in a circle",
  ENAMETOOLONG: "its name is too long",
  EMFILE: "the process has too many files open",
  EFBIG: "it is larger than one JavaScript string can be (512 MiB): take it apart",
}

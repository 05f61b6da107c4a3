import { constants as buffer } from "node:buffer"
import { randomUUID } from "node:crypto"
import { type BigIntStats, constants, renameSync, statSync } from "node:fs"
import { access, type FileHandle, open, readdir, readlink, realpath, rm, stat } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"

/** What a file was when it was looked at: two looks that are equal saw the same content. */
export type FileSignature = string

/** The signature of a file that is not there. */
export const NO_FILE: FileSignature = "none"

/** A file as it was read. */
export interface FileBytes {
  readonly signature: FileSignature
  readonly bytes: Uint8Array
  readonly modifiedAt: Date
}

/** What a file is now. */
export async function fileSignature(path: string): Promise<FileSignature> {
  return signatureOf(await stat(path, { bigint: true }).catch(missing))
}

/** The bytes of a file, `undefined` when there is none. */
export async function fileBytes(path: string): Promise<FileBytes | undefined> {
  const found = await stat(path).catch(missing)
  if (found === undefined) return undefined
  // To open a pipe would wait for its other end.
  if (!found.isFile()) throw systemError("EISDIR")
  if (found.size > buffer.MAX_STRING_LENGTH) throw systemError("EFBIG")
  return opened(await open(path), async (handle) => {
    const stats = await handle.stat({ bigint: true })
    return { signature: signatureOf(stats), bytes: await handle.readFile(), modifiedAt: new Date(Number(stats.mtimeMs)) }
  })
}

/**
 * Puts a text in the place of a file, whole or not at all, and gives the new signature; `undefined`, and nothing was
 * done, when the file is no longer what it was.
 */
export async function replaceFile(path: string, text: string, expected: FileSignature): Promise<FileSignature | undefined> {
  const target = await linkTarget(path)
  const folder = dirname(target)
  const temporary = join(folder, `${TEMPORARY}${randomUUID()}.tmp`)
  try {
    await writeDurably(temporary, text, await writableStats(target))
    // Without an await in between: nothing else in this process can come between the look and the rename.
    if (signatureOf(statSync(target, { bigint: true, throwIfNoEntry: false })) !== expected) return undefined
    renameSync(temporary, target)
    const signature = signatureOf(statSync(target, { bigint: true }))
    await syncFolder(folder)
    return signature
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined)
  }
}

/** Removes what a process that was killed while it wrote has left beside a file. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(await linkTarget(path))
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((name) => name.startsWith(TEMPORARY))) {
    const leftover = join(folder, name)
    const found = await stat(leftover).catch(() => undefined)
    if (found !== undefined && Date.now() - found.mtimeMs > LEFTOVER_AGE_MS) await rm(leftover, { force: true }).catch(() => undefined)
  }
}

const TEMPORARY = ".kysely-records-"
// A younger one may belong to somebody who is writing now.
const LEFTOVER_AGE_MS = 3_600_000

function signatureOf(stats: BigIntStats | undefined): FileSignature {
  return stats === undefined ? NO_FILE : [stats.dev, stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(":")
}

/** Where a chain of symbolic links ends, also when there is no file yet. */
async function linkTarget(path: string, links = 0): Promise<string> {
  const found = await realpath(path).catch(missing)
  if (found !== undefined) return found
  const next = links < MOST_LINKS ? await readlink(path).catch(() => undefined) : undefined
  return next === undefined ? path : linkTarget(resolve(dirname(path), next), links + 1)
}

const MOST_LINKS = 40

// A rename asks for no right to write the file itself.
async function writableStats(path: string): Promise<BigIntStats | undefined> {
  const stats = await stat(path, { bigint: true }).catch(missing)
  if (stats !== undefined) await access(path, constants.W_OK)
  return stats
}

async function writeDurably(path: string, text: string, like: BigIntStats | undefined): Promise<void> {
  await opened(await open(path, "wx"), async (handle) => {
    await handle.writeFile(text)
    if (like !== undefined) {
      // Only root may give a file away.
      await handle.chown(Number(like.uid), Number(like.gid)).catch(() => undefined)
      await handle.chmod(Number(like.mode) & 0o7777)
    }
    await handle.sync()
  })
}

// Without it a power failure may bring the old file back. Not every system can open a folder.
async function syncFolder(folder: string): Promise<void> {
  try {
    await opened(await open(folder), (handle) => handle.sync())
  } catch {}
}

async function opened<R>(handle: FileHandle, work: (handle: FileHandle) => Promise<R>): Promise<R> {
  try {
    return await work(handle)
  } finally {
    await handle.close()
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code })
}

function missing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
  throw error
}

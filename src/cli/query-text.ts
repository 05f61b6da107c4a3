import { readFile } from "node:fs/promises"
import { buffer } from "node:stream/consumers"
import { jsonFault } from "../json/json-fault.ts"
import { textPosition } from "../json/text-position.ts"
import type { RecordShape } from "../query/field.ts"
import type { LooseQuery, Query } from "../query/query.ts"
import { usageError } from "./failure.ts"

/** A query of which only the run time knows what it selects. */
export type WrittenQuery = Query<RecordShape, undefined>

/**
 * The text of the query: the argument, the file, or standard input.
 *
 * @throws ConfigurationError when there is none, or when it cannot be read.
 */
export async function queryText(argument: string | undefined, file: string | undefined): Promise<string> {
  if (argument !== undefined && file !== undefined) throw usageError("the query is given twice, as an argument and as --file: leave one out")
  if (file !== undefined) return decoded(await fileBytes(file), "the query file")
  if (argument !== undefined && argument !== "-") return argument
  if (argument === undefined && process.stdin.isTTY) throw usageError(NO_QUERY)
  const text = decoded(await buffer(process.stdin), "the query on standard input")
  if (text.trim() === "") throw usageError(NO_QUERY)
  return text
}

/**
 * The query that a JSON text holds. What it says is checked where it is used; whole numbers that a JavaScript number
 * cannot hold become `bigint`, so that they stay exact.
 *
 * @throws ConfigurationError with the line and the column, when the text is not JSON.
 */
export function parsedQuery(text: string): WrittenQuery {
  try {
    return query(JSON.parse(text, exactInteger))
  } catch (cause) {
    if (cause instanceof RangeError) throw usageError("the query is nested too deep", { cause })
    if (!(cause instanceof SyntaxError)) throw cause
    // Its own message quotes the text.
    throw usageError(syntaxMessage(text), { cause })
  }
}

/** The queries in a JSON text: a list of them, or one. What a recorder has kept may stand in place of a query. */
export function parsedQueries(text: string): readonly LooseQuery[] {
  const queries: unknown = parsedQuery(text)
  return Array.isArray(queries) ? queries : [queries as LooseQuery]
}

const NO_QUERY = `no query: give it as an argument ('{"limit": 10}'), with --file <path>, or on standard input`

// `previewQuery` and `search` take any value for what it is: they refuse what is no query, with a pointer to the place.
function query(value: unknown): WrittenQuery {
  return value as WrittenQuery
}

function exactInteger(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== "number" || Number.isSafeInteger(value) || source === undefined) return value
  return /^-?\d+$/.test(source) ? BigInt(source) : value
}

function syntaxMessage(text: string): string {
  const { offset, expected } = jsonFault(text)
  const { line, column } = textPosition(text, offset)
  const hint = offset === 0 ? "; to read it from a file, use --file <path>" : ""
  return `the query is not JSON: expected ${expected} at line ${line}, column ${column}${hint}`
}

async function fileBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown error"
    throw usageError(`the query file ${JSON.stringify(path)} cannot be read: ${fileFaults[code] ?? code}`, { cause })
  }
}

const fileFaults: Record<string, string> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
}

// Also takes away the byte order mark that some editors write.
function decoded(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch (cause) {
    throw usageError(`${what} is not UTF-8 text`, { cause })
  }
}

import { textFault } from "../json/jsonb-limits.ts"
import { type DocumentColumn, dottedStep, type FieldPath, isPlainColumn, type JsonPath, type PathRoot, type PathStep } from "./json-path.ts"
import { sqlSteps } from "./sql-path.ts"

/** Why a field names nothing, in words for the caller. */
export interface PathFault {
  readonly fault: string
}

/**
 * What a field of a query names, from any of its three spellings; or why it names nothing.
 *
 * `fields.tags.0` and `fields->'tags'->0` are the list `["fields", "tags", 0]`. In a list every string is a key
 * exactly as it stands, so any key can be named that way.
 *
 * @example
 * fieldPath("fields.address.city") // { column: "fields", steps: ["address", "city"] }
 */
export function fieldPath(field: unknown): FieldPath | PathFault {
  if (typeof field === "string") return knownPath(field)
  if (Array.isArray(field)) return listPath(field)
  return { fault: 'a field is a string such as "fields.name", or a list such as ["fields", "name"]' }
}

/**
 * What a field names inside `any`: a dotted path from the element, `""` for the element itself, or the same as a list.
 *
 * @example
 * elementPath("price.amount") // { column: "element", steps: ["price", "amount"] }
 */
export function elementPath(field: unknown): JsonPath | PathFault {
  if (field === "") return { column: "element", steps: [] }
  if (typeof field === "string") return checkedPath("element", field.split(".").map(dottedStep), "dotted")
  if (Array.isArray(field)) return listedSteps("element", field)
  return { fault: 'inside any a field is a path from the element, such as "price.amount", or a list' }
}

// An application asks for the same few fields over and over: what was read once is kept, up to so many.
const known = new Map<string, FieldPath | PathFault>()
const MOST_KNOWN = 1000
const LONGEST_KNOWN = 200

function knownPath(field: string): FieldPath | PathFault {
  const found = known.get(field)
  if (found !== undefined) return found
  const path = spelledPath(field)
  if (field.length > LONGEST_KNOWN) return path
  if (known.size === MOST_KNOWN) known.clear()
  known.set(field, path)
  return path
}

const ROOTS = "a field starts with fields or metadata, or is id, revision, createdAt or updatedAt"

function spelledPath(field: string): FieldPath | PathFault {
  if (isPlainColumn(field)) return { column: field }
  const column = documentColumn(field)
  if (column === undefined) return { fault: ROOTS }
  const rest = field.slice(column.length)
  if (rest === "") return { column, steps: [] }
  if (rest.startsWith(".")) return checkedPath(column, rest.slice(1).split(".").map(dottedStep), "dotted")
  const steps = sqlSteps(rest)
  if (steps !== undefined) return checkedPath(column, steps, "sql")
  return {
    fault: `after ${column} comes a dotted path (fields.a.b) or an SQL path (fields->'a'->>'b', fields#>>'{a,b}') and nothing else`,
  }
}

function documentColumn(field: string): DocumentColumn | undefined {
  if (/^fields(?:$|[.\-#])/.test(field)) return "fields"
  if (/^metadata(?:$|[.\-#])/.test(field)) return "metadata"
  return undefined
}

function listPath(list: readonly unknown[]): FieldPath | PathFault {
  const [column, ...steps] = list
  if (isPlainColumn(column) && steps.length === 0) return { column }
  if (column !== "fields" && column !== "metadata") return { fault: ROOTS }
  return listedSteps(column, steps)
}

function listedSteps(column: PathRoot, steps: readonly unknown[]): JsonPath | PathFault {
  const path: PathStep[] = []
  // By iteration, so that the holes of a sparse array are seen.
  for (const step of steps) {
    if (typeof step !== "string" && typeof step !== "number") return { fault: "a list holds keys (strings) and array indexes (numbers)" }
    path.push(step)
  }
  return checkedPath(column, path, "list")
}

function checkedPath(column: PathRoot, steps: readonly PathStep[], spelling: Spelling): JsonPath | PathFault {
  if (steps.length > MOST_STEPS) return { fault: `a path has at most ${MOST_STEPS} steps` }
  for (const step of steps) {
    const fault = typeof step === "number" ? indexFault(step) : keyFault(step, spelling)
    if (fault !== undefined) return { fault }
  }
  return { column, steps: steps.map(reachableStep) }
}

// PGlite's stack ends at some 1,500.
const MOST_STEPS = 500

type Spelling = "dotted" | "sql" | "list"

// PostgreSQL's array indexes are 32-bit integers, and no jsonb array is that long: beyond it an index names nothing.
const HIGHEST_INDEX = 2 ** 31 - 1

function reachableStep(step: PathStep): PathStep {
  return typeof step === "number" ? Math.max(-HIGHEST_INDEX, Math.min(HIGHEST_INDEX, step)) + 0 : step
}

function indexFault(index: number): string | undefined {
  return !Number.isInteger(index) ? "an array index is a whole number" : undefined
}

function keyFault(key: string, spelling: Spelling): string | undefined {
  if (key === "" && spelling === "dotted") return 'a dotted path has an empty segment: name the empty key in a list, ["fields", ""]'
  const fault = textFault(key)
  return fault === undefined ? undefined : `a key holds ${fault}`
}

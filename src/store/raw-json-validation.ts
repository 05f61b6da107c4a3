import type { StandardSchemaV1 } from "@standard-schema/spec"
import { type ExactNumber, isExactNumber } from "../json/exact-number.ts"
import { MAX_DEPTH } from "../json/jsonb-limits.ts"
import { RawJson } from "../json/raw-json.ts"
import { type SchemaIssue, schemaIssue } from "./schema-issue.ts"

/*
 * A schema sees raw JSON as an object of a class. Where it has not looked for one, it may take it away, or keep it unread.
 */

type Raw = RawJson | ExactNumber

/** What a schema has not kept of raw JSON, and would not have taken of what it has kept unread. */
export async function rawJsonIssues(given: unknown, valid: unknown, schema: StandardSchemaV1): Promise<readonly SchemaIssue[]> {
  const places = rawJsonIn(given)
  if (places.length === 0) return []
  const lost = lostRawJson(places, rawJsonIn(valid))
  return lost.length > 0 ? lost : unreadRawJson(given, schema, places)
}

// To a schema whose keys may all be missing, a RawJson is an empty object.
function lostRawJson(given: readonly RawPlace[], valid: readonly RawPlace[]): readonly SchemaIssue[] {
  const kept = Map.groupBy(valid, ({ raw }) => raw)
  const lost = [...Map.groupBy(given, ({ raw }) => raw)].flatMap(([raw, all]) => {
    const left = kept.get(raw) ?? []
    const there = new Set(left.map(pathText))
    // A schema may move what it keeps, and one value may stand in several places.
    return all.filter((one) => !there.has(pathText(one))).slice(0, Math.max(0, all.length - left.length))
  })
  return lost.map(({ path }) => ({ path, message: "the schema does not look into raw JSON, and has taken it away" }))
}

// A schema that asks for a RawJson takes no other object in its place, and whatever that holds. One that takes any object
// there has not asked: what it says of the value counts.
async function unreadRawJson(given: unknown, schema: StandardSchemaV1, places: readonly RawPlace[]): Promise<readonly SchemaIssue[]> {
  // What is no JSON is refused elsewhere.
  if (!places.every(({ raw }) => isJson(textOf(raw)))) return []
  const read = await schema["~standard"].validate(withoutRawJson(given, (raw) => JSON.parse(textOf(raw))))
  if (read.issues === undefined) return []
  const other = await schema["~standard"].validate(withoutRawJson(given, () => new AnyObject()))
  if (other.issues !== undefined) return []
  return read.issues.map(schemaIssue)
}

class AnyObject {}

function textOf(raw: Raw): string {
  return raw instanceof RawJson ? raw.text : raw.rawJSON
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

// What is too deep is refused elsewhere.
function withoutRawJson(value: unknown, replacement: (raw: Raw) => unknown, depth = 0, copies = new Map<unknown, unknown>()): unknown {
  if (isRaw(value)) return replacement(value)
  const copy = depth > MAX_DEPTH ? undefined : emptyLike(value)
  if (copy === undefined) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  copies.set(value, copy)
  for (const [key, part] of Object.entries(Object(value))) {
    // By definition, so that a key may be __proto__.
    Object.defineProperty(copy, key, { value: withoutRawJson(part, replacement, depth + 1, copies), configurable: true, enumerable: true, writable: true })
  }
  return copy
}

function emptyLike(value: unknown): object | undefined {
  if (Array.isArray(value)) return []
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype ? {} : undefined
}

interface RawPlace {
  readonly raw: Raw
  readonly path: SchemaIssue["path"]
}

function pathText({ path }: RawPlace): string {
  return JSON.stringify(path)
}

// Each object is looked into once, in however many places it stands: what contains itself, or is too deep, is refused elsewhere.
function rawJsonIn(value: unknown, depth = 0, seen = new Map<unknown, readonly RawPlace[]>()): readonly RawPlace[] {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return []
  if (isRaw(value)) return [{ raw: value, path: [] }]
  const known = seen.get(value)
  if (known !== undefined) return known
  seen.set(value, [])
  const found: RawPlace[] = []
  for (const [key, part] of Object.entries(value)) {
    for (const { raw, path } of rawJsonIn(part, depth + 1, seen)) found.push({ raw, path: [key, ...path] })
  }
  seen.set(value, found)
  return found
}

function isRaw(value: unknown): value is Raw {
  return value instanceof RawJson || isExactNumber(value)
}

import { InvalidRecordError } from "../errors.ts"
import { isExactNumber } from "../json/exact-number.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import { jsonText } from "../json/json-text.ts"
import { numericSize, textFault } from "../json/jsonb-limits.ts"
import { RawJson } from "../json/raw-json.ts"
import { fieldPath } from "../path/field-path.ts"
import { isJsonPath, type JsonPath } from "../path/json-path.ts"
import { type ChangeName, type ChangeOperand, changes, isChangeName } from "../query/change.ts"

/** A change in which everything was found good. */
export interface CheckedChange {
  readonly change: ChangeName
  readonly path: JsonPath
  /** Its place in the list, which is also that of its value in the list of values. */
  readonly position: number
  /** The JSON text of its value; `null` where it takes none. */
  readonly value: string
  /** The new key of a `rename`. */
  readonly to: string
  /** What a `merge` does. */
  readonly merge: MergePlan
}

/** What a merge patch says of the keys of one object, beside those that it stores as they are. */
export interface MergePlan {
  readonly removed: readonly string[]
  readonly merged: readonly { readonly key: string; readonly plan: MergePlan }[]
}

/** The most changes of one patch: each is a step of the statement. */
export const MOST_CHANGES = 500

/**
 * The changes of a patch, or the first thing that is wrong with them.
 *
 * @example
 * checkedChanges([unset("fields.age")], "") // [{ change: "unset", path: { column: "fields", steps: ["age"] }, position: 0, value: "null", ... }]
 * @throws InvalidRecordError with the JSON pointer of the place, counted from `pointer`.
 */
export function checkedChanges(given: unknown, pointer: JsonPointer): readonly CheckedChange[] {
  if (!Array.isArray(given)) return refuse(pointer, "takes a list of changes: [set(...), increment(...)]")
  if (given.length === 0) return refuse(pointer, "a patch makes at least one change: nothing was given")
  if (given.length > MOST_CHANGES) return refuse(pointer, `a patch makes at most ${MOST_CHANGES} changes`)
  // By Array.from, so that the holes of a sparse array are seen.
  const checked = Array.from(given, (change, position) => checkedChange(change, child(pointer, position), position))
  const depths = checked.flatMap(({ path, merge }) => objectDepths(merge, path.steps.length))
  const parts = checked.reduce((sum, { path }) => sum + path.steps.length, depths.length)
  if (parts > MOST_PARTS) return refuse(pointer, `a patch has at most ${MOST_PARTS} steps in its paths and objects in its merges`)
  const mentions = depths.reduce((sum, depth) => sum + depth, 0)
  return mentions > MOST_MENTIONS ? refuse(pointer, `the objects in the merges of a patch lie at most ${MOST_MENTIONS} steps from the root in all`) : checked
}

// Each part mentions the ones around it in the text of the statement, which must not grow without bounds.
const MOST_LEVELS = 50
const MOST_PARTS = 2000
// An object that is merged into another one is mentioned with all of its path; an embedded database runs out of memory first.
const MOST_MENTIONS = 20_000

const CHANGE_KEYS = ["change", "field", "value", "to"]
const NO_PLAN: MergePlan = { removed: [], merged: [] }

function checkedChange(given: unknown, pointer: JsonPointer, position: number): CheckedChange {
  if (!isPlainObject(given)) return refuse(pointer, "a change is an object: { change, field, value }")
  const { change, field, value, to, ...others } = given
  const unknown = Object.keys(others).find((key) => others[key] !== undefined)
  if (unknown !== undefined) return refuse(child(pointer, unknown), `unknown key: a change has ${CHANGE_KEYS.join(", ")}`)
  if (!isChangeName(change)) return refuse(child(pointer, "change"), `unknown change: it is one of ${Object.keys(changes).join(" ")}`)
  const path = changedPath(field, child(pointer, "field"))
  const takes: ChangeOperand = changes[change].takes
  if (takes !== "key" && to !== undefined) return refuse(child(pointer, "to"), `${change} takes no new key: leave it out`)
  const checked = { change, path, position, value: "null", to: "", merge: NO_PLAN }
  if (takes === "key") return { ...checked, to: newKey(path, to, value, pointer) }
  if (takes === "nothing") return unset(checked, value, pointer)
  return { ...checked, ...operands[takes](value, child(pointer, "value"), path) }
}

function changedPath(field: unknown, pointer: JsonPointer): JsonPath {
  const path = fieldPath(field)
  if ("fault" in path) return refuse(pointer, path.fault)
  if (!isJsonPath(path)) return refuse(pointer, `${path.column} is a column that the table itself keeps: a change is for fields or metadata`)
  if (path.steps.length > MOST_LEVELS) return refuse(pointer, `the path of a change has at most ${MOST_LEVELS} steps`)
  return path
}

function unset(checked: CheckedChange, value: unknown, pointer: JsonPointer): CheckedChange {
  if (value !== undefined) return refuse(child(pointer, "value"), "unset takes no value: leave it out")
  if (isWholeFields(checked.path)) return refuse(child(pointer, "field"), "a record has fields: set them to {} for an empty document")
  return checked
}

function newKey({ steps }: JsonPath, to: unknown, value: unknown, pointer: JsonPointer): string {
  if (value !== undefined) return refuse(child(pointer, "value"), "rename takes the new key as `to`, and no value")
  const old = steps.at(-1)
  if (typeof old !== "string") return refuse(child(pointer, "field"), "rename takes the path of a key of an object")
  const place = child(pointer, "to")
  if (typeof to !== "string") return refuse(place, "rename takes the new key, a string")
  const fault = textFault(to)
  if (fault !== undefined) return refuse(place, `a key holds ${fault}`)
  return to === old ? refuse(place, "the new key is the old one") : to
}

type Operand = Pick<CheckedChange, "value"> & { readonly merge?: MergePlan }

const operands: Record<Exclude<ChangeOperand, "nothing" | "key">, (value: unknown, pointer: JsonPointer, path: JsonPath) => Operand> = {
  value: (value, pointer, path) => {
    const text = valueText(value, pointer)
    // By the text, because a RawJson may hold null.
    return text === "null" && isWholeFields(path) ? refuse(pointer, "a record has fields: give a document, {} for an empty one") : { value: text }
  },
  element: (value, pointer) => ({ value: valueText(value, pointer) }),
  number: (value, pointer) => ({ value: numberText(value, pointer) }),
  object: (value, pointer) => {
    if (!isMerged(value)) return refuse(pointer, "merge takes an object: use set for anything else")
    return { value: valueText(value, pointer), merge: mergePlan(value, pointer, 1) }
  },
}

function valueText(value: unknown, pointer: JsonPointer): string {
  if (value === undefined) return refuse(pointer, "undefined is no value: use unset to take one away, or null")
  return jsonText(value, { pointer, refuse, bigint: "refused" })
}

// The product of two such numbers is one that PostgreSQL's numeric holds.
const MOST_WHOLE_DIGITS = 65_536
const MOST_FRACTION_DIGITS = 8191

function numberText(value: unknown, pointer: JsonPointer): string {
  const isNumber = typeof value === "number" || typeof value === "bigint" || value instanceof RawJson || isExactNumber(value)
  const text = isNumber ? jsonText(value, { pointer, refuse, bigint: "digits" }) : ""
  if (!/^-?[0-9]/.test(text)) return refuse(pointer, "takes a number, a bigint, or a RawJson that holds a number")
  const { wholeDigits, fractionDigits } = numericSize(text)
  if (fractionDigits <= MOST_FRACTION_DIGITS && wholeDigits <= MOST_WHOLE_DIGITS) return text
  return refuse(pointer, `takes a number of at most ${MOST_WHOLE_DIGITS} digits before the point and ${MOST_FRACTION_DIGITS} behind it`)
}

function parsedRaw(value: unknown): unknown {
  if (value instanceof RawJson) return JSON.parse(value.text)
  return isExactNumber(value) ? JSON.parse(value.rawJSON) : value
}

function mergePlan(patch: Record<string, unknown>, pointer: JsonPointer, level: number): MergePlan {
  if (level > MOST_LEVELS) return refuse(pointer, `merge takes objects that are at most ${MOST_LEVELS} levels deep: set what is deeper`)
  const members = Object.entries(patch).map(([key, value]) => [key, parsedRaw(value)] as const)
  return {
    removed: members.filter(([, value]) => value === null).map(([key]) => key),
    merged: members.flatMap(([key, value]) => (isMerged(value) ? [{ key, plan: mergePlan(value, child(pointer, key), level + 1) }] : [])),
  }
}

/** How many steps each object that is merged lies from the root. */
function objectDepths({ merged }: MergePlan, steps: number): readonly number[] {
  return merged.flatMap(({ plan }) => [steps + 1, ...objectDepths(plan, steps + 1)])
}

function isWholeFields({ column, steps }: JsonPath): boolean {
  return column === "fields" && steps.length === 0
}

// To Object.prototype.toString a number by JSON.rawJSON is a plain object.
function isMerged(value: unknown): value is Record<string, unknown> {
  return isPlainObject(value) && !isExactNumber(value)
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]"
}

function refuse(pointer: JsonPointer, reason: string): never {
  throw new InvalidRecordError(pointerText(pointer), reason)
}

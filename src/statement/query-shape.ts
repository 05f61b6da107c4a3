import { isCommonText } from "../expression/string-test.ts"
import { isOperatorName, type OperandKind, operators } from "../query/operator.ts"

/** What a query says but for its values, which the text of its statement does not depend on; and these values, not checked. */
export interface QueryShape {
  readonly text: string
  /** Of each condition. */
  readonly operands: readonly unknown[]
  readonly limit: number | undefined
  readonly offset: number | undefined
}

/**
 * The shape of a query whose conditions all stand side by side, each on one field that is named by a string; `undefined` for
 * any other. Two queries of one shape, of which the one is good, differ in their values alone.
 */
export function queryShape(query: unknown): QueryShape | undefined {
  if (!isPlain(query)) return undefined
  const operands: unknown[] = []
  let text = ""
  for (const key of Object.keys(query)) {
    const part = query[key] === undefined ? "" : partShape(key, query[key], operands)
    if (part === undefined) return undefined
    text += part
  }
  return { text, operands, limit: bound(query["limit"]), offset: bound(query["offset"]) }
}

// Stands behind each word, and in none: where a part begins and ends is told by its name and its length.
const END = "\u0000"

function partShape(key: string, part: unknown, operands: unknown[]): string | undefined {
  if (key === "limit" || key === "offset") return bound(part) === undefined ? undefined : `${key}${END}`
  const shapeOf = key === "filters" ? conditionShape : shapes[key]
  if (shapeOf === undefined || !Array.isArray(part)) return undefined
  let text = `${key}${part.length}${END}`
  for (const one of part) {
    const shape = shapeOf(one, operands)
    if (shape === undefined) return undefined
    text += shape
  }
  return text
}

const shapes: Readonly<Record<string, (one: unknown) => string | undefined>> = { sort: sortShape, select: word }

function conditionShape(condition: unknown, operands: unknown[]): string | undefined {
  if (!isPlain(condition) || !hasOnly(condition, CONDITION_KEYS)) return undefined
  const { field, operator, value } = condition
  const name = word(field)
  if (name === undefined || !isOperatorName(operator)) return undefined
  const kind = operandShape(operators[operator].operand, value)
  if (kind === undefined) return undefined
  operands.push(value)
  return `${name}${operator}${END}${kind}${END}`
}

function sortShape(key: unknown): string | undefined {
  if (!isPlain(key) || !hasOnly(key, SORT_KEYS)) return undefined
  const [field, order, nulls] = [word(key["field"]), word(key["order"] ?? ""), word(key["nulls"] ?? "")]
  return field === undefined || order === undefined || nulls === undefined ? undefined : field + order + nulls
}

const CONDITION_KEYS = ["field", "operator", "value"]
const SORT_KEYS = ["field", "order", "nulls"]

/** What SQL may depend on of an operand: its type, and whether a text is a common one. */
function operandShape(kind: OperandKind, value: unknown): string | undefined {
  if (kind === "none") return value === undefined ? "none" : undefined
  if (!Array.isArray(value)) return scalarShape(value)
  if (kind !== "range") return LISTED.has(kind) ? "list" : undefined
  const [low, high] = [scalarShape(value[0]), scalarShape(value[1])]
  return value.length === 2 && low !== undefined && high !== undefined ? `${low} to ${high}` : undefined
}

const LISTED: ReadonlySet<OperandKind> = new Set(["list", "scalars", "part", "kinds"])

function scalarShape(value: unknown): string | undefined {
  if (typeof value === "string") return isCommonText(value) ? "text" : "other text"
  if (typeof value === "number" || typeof value === "bigint") return "number"
  return typeof value === "boolean" ? "boolean" : value instanceof Date ? "text" : undefined
}

function word(text: unknown): string | undefined {
  return typeof text === "string" && !text.includes(END) ? text + END : undefined
}

function bound(given: unknown): number | undefined {
  return typeof given === "number" && Number.isSafeInteger(given) && given >= 0 ? given : undefined
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function hasOnly(object: object, keys: readonly string[]): boolean {
  return Object.keys(object).every((key) => keys.includes(key))
}

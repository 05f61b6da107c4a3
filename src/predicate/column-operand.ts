import { child, type JsonPointer } from "../json/json-pointer.ts"
import { jsonText } from "../json/json-text.ts"
import { type RefuseValue, textFault } from "../json/jsonb-limits.ts"
import { RawJson } from "../json/raw-json.ts"
import type { PlainColumnName } from "../path/json-path.ts"
import { type OperandKind, operators, type PositiveOperator } from "../query/operator.ts"
import type { IdType } from "../query/record-type.ts"
import { bounds, members, refuseNoValue } from "./operand.ts"

/** The texts a column is compared with; `null` stands for an id that no record can have. */
export type ColumnOperand = readonly (string | null)[]

/**
 * Checks what a column is compared with, where ids are of a type. `id` takes strings, `revision` numbers of any kind, the two times a `Date`
 * or the string of its `toISOString()`.
 */
export function columnOperand(
  column: PlainColumnName,
  operator: PositiveOperator,
  value: unknown,
  pointer: JsonPointer,
  refuse: RefuseValue,
  ids: IdType,
): ColumnOperand {
  const kind: OperandKind = operators[operator].operand
  const one = (operand: unknown, place: JsonPointer): string | null => {
    refuseNoValue(operand, place, refuse)
    return columnText[column](operand, place, refuse, ids)
  }
  if (kind === "value") return [one(value, pointer)]
  if (kind === "list") return members(value, pointer, refuse).map((member, index) => one(member, child(pointer, index)))
  const operands = kind === "range" ? bounds(value, pointer, refuse) : [value]
  return operands.map((operand, index) => {
    const place = kind === "range" ? child(pointer, index) : pointer
    return one(operand, place) ?? refuse(place, `an ordering of ids takes ${ID_FORMS[ids]}`)
  })
}

/** Whether an operator can be asked of a column: equality, orderings, ranges and lists can. */
export function appliesToColumns(operator: PositiveOperator): boolean {
  const kind: OperandKind = operators[operator].operand
  return kind === "value" || kind === "ordered" || kind === "range" || kind === "list"
}

/** A UUID in the form that PostgreSQL prints, or `null` for any other string. */
export function uuidText(id: string): string | null {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(id) ? id.toLowerCase() : null
}

/** An id as it is stored, or `null` for a string that is the id of no record. */
export function idText(id: string, ids: IdType): string | null {
  if (ids === "uuid") return uuidText(id)
  return textFault(id) === undefined ? id : null
}

/** What ids look like, for the messages of errors. */
export const ID_FORMS: Record<IdType, string> = {
  uuid: "a UUID, 8-4-4-4-12 hexadecimal digits",
  text: "a text without NUL characters and lone surrogates",
}

type ColumnText = (value: unknown, pointer: JsonPointer, refuse: RefuseValue, ids: IdType) => string | null

const columnText: Record<PlainColumnName, ColumnText> = {
  id: (value, pointer, refuse, ids) => (typeof value === "string" ? idText(value, ids) : refuse(pointer, "id is compared with a string")),
  revision: revisionText,
  createdAt: timeText,
  updatedAt: timeText,
}

function revisionText(value: unknown, pointer: JsonPointer, refuse: RefuseValue): string {
  const isNumber = typeof value === "number" || typeof value === "bigint" || value instanceof RawJson
  const text = isNumber ? jsonText(value, { pointer, refuse, bigint: "digits" }) : ""
  return /^[-0-9]/.test(text) ? text : refuse(pointer, "revision is compared with a number or a bigint")
}

function timeText(value: unknown, pointer: JsonPointer, refuse: RefuseValue): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  if (typeof value === "string") {
    const date = new Date(value)
    if (!Number.isNaN(date.getTime()) && date.toISOString() === value) return value
  }
  return refuse(pointer, "a time is compared with a valid Date, or with a string that its toISOString() gives")
}

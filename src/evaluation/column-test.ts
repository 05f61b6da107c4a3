import { decimal, decimalOrder } from "../json/decimal.ts"
import type { PlainColumnName } from "../path/json-path.ts"
import type { ColumnTest } from "../predicate/predicate.ts"
import { hasValue, numberText, stringOf } from "./json-kind.ts"
import type { SubjectTest } from "./record-test.ts"

/** A test of a column as a function. */
export function columnTest({ column, operator, negated, operand }: ColumnTest): SubjectTest {
  const order = orders[column]
  const operands = operand.filter((text) => text !== null)
  const positive = (value: unknown): boolean => meanings[operator]?.(operands.map((text) => order(value, text))) ?? false
  return (subject) => hasValue(subject[column]) && positive(subject[column]) !== negated
}

/** Below, at or above zero: the order of a column's value and an operand. */
const orders: Record<PlainColumnName, (value: unknown, operand: string) => number> = {
  id: (value, operand) => (stringOf(value).toLowerCase() < operand ? -1 : stringOf(value).toLowerCase() > operand ? 1 : 0),
  revision: (value, operand) => decimalOrder(decimal(numberText(value)), decimal(operand)),
  createdAt: timeOrder,
  updatedAt: timeOrder,
}

function timeOrder(value: unknown, operand: string): number {
  return Date.parse(stringOf(value)) - Date.parse(operand)
}

// What a column can be asked, given its order against each operand; an id that is none was left out.
const meanings: Record<string, (orders: readonly number[]) => boolean> = {
  "=": ([order]) => order === 0,
  ">": ([order = 0]) => order > 0,
  ">=": ([order = -1]) => order >= 0,
  "<": ([order = 0]) => order < 0,
  "<=": ([order = 1]) => order <= 0,
  between: ([low = -1, high = 1]) => low >= 0 && high <= 0,
  in: (members) => members.includes(0),
}

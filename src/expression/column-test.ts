import type { RecordColumns } from "../definition/record-columns.ts"
import type { PlainColumnName } from "../path/json-path.ts"
import type { ColumnTest } from "../predicate/predicate.ts"
import { type AccessorScope, columnAccessor } from "./accessor.ts"
import { type Fragment, fragment, joined, text, value } from "./fragment.ts"
import { revisionTest } from "./revision-test.ts"

/** The SQL of a test of a column that is no document. */
export function columnTest(test: ColumnTest, scope: AccessorScope): Fragment {
  const accessor = text(columnAccessor(test.column, scope))
  const positive = isTime(test.column) ? timeTest(test, test.column, accessor, scope) : plainTest(test, accessor, scope)
  // The key always has a value, and so has what `migrate` made.
  if (test.column === "id" || scope.columns[test.column]?.isOurs === true) return test.negated ? fragment`not ${positive}` : positive
  return fragment`(${test.negated ? fragment`not ${positive}` : positive} and ${accessor} is not null)`
}

type TimeColumnName = "createdAt" | "updatedAt"

function isTime(column: PlainColumnName): column is TimeColumnName {
  return column === "createdAt" || column === "updatedAt"
}

function plainTest({ column, operator, operand }: ColumnTest, accessor: Fragment, { columns }: AccessorScope): Fragment {
  const operands = operand.filter((one) => one !== null)
  return column === "revision" ? revisionTest(operator, accessor, operands) : comparison(operator, accessor, operands, columns.id.type)
}

function timeTest({ operator, operand }: ColumnTest, column: TimeColumnName, accessor: Fragment, { columns }: AccessorScope): Fragment {
  const { isOurs, type } = columns[column]
  const times = operand.filter((one) => one !== null)
  return isOurs ? comparison(operator, accessor, times.map(postgresTime), type) : withinMilliseconds(operator, accessor, times, type)
}

function comparison(operator: string, accessor: Fragment, operands: readonly string[], typeName: string): Fragment {
  const type = text(typeName)
  if (operator === "in") return fragment`${accessor} = any(${value(operands)}::${type}[])`
  const [low, high] = operands
  // What is no id equals none.
  if (low === undefined) return fragment`false`
  if (high !== undefined) return fragment`(${accessor} between ${value(low)}::${type} and ${value(high)}::${type})`
  return fragment`(${accessor} ${text(operator)} ${value(low)}::${type})`
}

/*
 * A time is read as a Date, in whole milliseconds, and another table may keep microseconds. What is compared is the
 * millisecond that holds it, spelled as a range of the column itself, which an index can serve.
 */
function withinMilliseconds(operator: string, accessor: Fragment, times: readonly string[], type: RecordColumns["createdAt"]["type"]): Fragment {
  const at = (time: string): Fragment => fragment`${value(postgresTime(time))}::${text(type)}`
  const from = (time: string): Fragment => fragment`${accessor} >= ${at(time)}`
  const until = (time: string): Fragment => fragment`${accessor} < ${at(nextMillisecond(time))}`
  const within = (low: string, high: string): Fragment => fragment`(${from(low)} and ${until(high)})`
  if (operator === "in")
    return times.length === 0
      ? fragment`false`
      : fragment`(${joined(
          times.map((time) => within(time, time)),
          " or ",
        )})`
  const [low = "", high = low] = times
  const tests: Record<string, () => Fragment> = {
    "=": () => within(low, low),
    between: () => within(low, high),
    ">": () => fragment`(${accessor} >= ${at(nextMillisecond(low))})`,
    ">=": () => fragment`(${from(low)})`,
    "<": () => fragment`(${accessor} < ${at(low)})`,
    "<=": () => fragment`(${until(low)})`,
  }
  return tests[operator]?.() ?? fragment`false`
}

const LAST_TIME = 8.64e15

// Behind the last Date there is none; no table holds a time so late.
function nextMillisecond(iso: string): string {
  return new Date(Math.min(Date.parse(iso) + 1, LAST_TIME)).toISOString()
}

// The first moment of PostgreSQL's timestamps lies in 4714 BC; no record was created before it.
const FIRST_YEAR = -4712

// PostgreSQL writes the years from 10,000 without a sign, and those before 1 as BC.
function postgresTime(iso: string): string {
  const date = new Date(iso)
  const year = date.getUTCFullYear()
  if (year < FIRST_YEAR) return "-infinity"
  const rest = iso.replace(/^[+-]?\d+/, "")
  return year > 0 ? `${String(year).padStart(4, "0")}${rest}` : `${String(1 - year).padStart(4, "0")}${rest} BC`
}

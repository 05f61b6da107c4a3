import type { PlainColumnName } from "../path/json-path.ts"
import type { ColumnTest } from "../predicate/predicate.ts"
import { type AccessorScope, columnAccessor } from "./accessor.ts"
import { type Fragment, fragment, text, value } from "./fragment.ts"

// An operand is cast to the type that holds every one of its kind: a revision may be compared with 1.5 or 1e300.
const operandType: Record<PlainColumnName, string> = {
  id: "uuid",
  revision: "numeric",
  createdAt: "timestamptz",
  updatedAt: "timestamptz",
}

/** The SQL of a test of a column that is no document. */
export function columnTest(test: ColumnTest, scope: AccessorScope): Fragment {
  const positive = positiveTest(test, text(columnAccessor(test.column, scope)))
  return test.negated ? fragment`not ${positive}` : positive
}

function positiveTest({ column, operator, operand }: ColumnTest, accessor: Fragment): Fragment {
  const typeName = operandType[column]
  const type = text(typeName)
  const texts = operand.filter((one) => one !== null).map((one) => (typeName === "timestamptz" ? postgresTime(one) : one))
  if (operator === "in") return fragment`${accessor} = any(${value(texts)}::${type}[])`
  const [low, high] = texts
  // What is no id equals none.
  if (low === undefined) return fragment`false`
  if (high !== undefined) return fragment`(${accessor} between ${value(low)}::${type} and ${value(high)}::${type})`
  return fragment`(${accessor} ${text(operator)} ${value(low)}::${type})`
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

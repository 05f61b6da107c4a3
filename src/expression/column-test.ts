import { type RawBuilder, type SqlBool, sql } from "kysely"
import type { PlainColumnName } from "../path/json-path.ts"
import type { ColumnTest } from "../predicate/predicate.ts"
import { columnAccessor } from "./accessor.ts"

// An operand is cast to the type that holds every one of its kind: a revision may be compared with 1.5 or 1e300.
const operandType: Record<PlainColumnName, string> = {
  id: "uuid",
  revision: "numeric",
  createdAt: "timestamptz",
  updatedAt: "timestamptz",
}

/** The SQL of a test of a column that is no document. */
export function columnTest(test: ColumnTest, table: string | undefined): RawBuilder<SqlBool> {
  const positive = positiveTest(test, sql.raw(columnAccessor(test.column, table)))
  return test.negated ? sql`not ${positive}` : positive
}

function positiveTest({ column, operator, operand }: ColumnTest, accessor: RawBuilder<unknown>): RawBuilder<SqlBool> {
  const type = sql.raw(operandType[column])
  const texts = operand.filter((text) => text !== null)
  if (operator === "in") return sql`${accessor} = any(${texts}::${type}[])`
  const [low, high] = texts
  // What is no id equals none.
  if (low === undefined) return sql`false`
  if (high !== undefined) return sql`(${accessor} between ${low}::${type} and ${high}::${type})`
  return sql`(${accessor} ${sql.raw(operator)} ${low}::${type})`
}

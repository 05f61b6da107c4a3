import type { PlainColumnName } from "../path/json-path.ts"
import { type AccessorScope, columnAccessor, PLAIN_SCOPE } from "./accessor.ts"

/**
 * A column that is no document, as it is read: a time with its zone, a revision that the table does not keep as 0.
 *
 * @example
 * columnValue("createdAt") // "created_at"
 */
export function columnValue(column: PlainColumnName, scope: AccessorScope = PLAIN_SCOPE): string {
  const { columns } = scope
  if (column === "revision" && columns.revision === undefined) return "0"
  const accessor = columnAccessor(column, scope)
  const isWithoutZone = (column === "createdAt" || column === "updatedAt") && columns[column].type === "timestamp"
  return isWithoutZone ? `(${accessor} at time zone 'UTC')` : accessor
}

import { valueAt } from "../evaluation/value-at.ts"
import type { NumberForm } from "../json/exact-number.ts"
import { type FieldPath, isJsonPath } from "../path/json-path.ts"
import type { Row } from "../store/record-row.ts"
import type { FileRecord } from "./file-record.ts"

/**
 * A record as the row that a database would give: with `select` the columns are `0`, `1`, ... in the order of the paths,
 * and with exact numbers the documents are text.
 */
export function fileRow(record: FileRecord, select?: readonly FieldPath[], numbers?: NumberForm): Row {
  if (select !== undefined) return Object.fromEntries(select.map((path, index) => [String(index), selected(record, path, numbers)]))
  return {
    id: record.id,
    fields: readJson(record.fields, numbers),
    metadata: readJson(record.metadata, numbers),
    revision: record.revision,
    created_at: new Date(record.createdAt),
    updated_at: new Date(record.updatedAt),
  }
}

function selected(record: FileRecord, path: FieldPath, numbers: NumberForm): unknown {
  if (isJsonPath(path)) return path.column === "element" ? undefined : readJson(valueAt(record[path.column], path.steps), numbers)
  const value = record[path.column]
  return value instanceof Date ? new Date(value) : value
}

// What a driver would make of it: a copy of the caller's own, in which every number is a JavaScript number; or its text.
function readJson(value: unknown, numbers: NumberForm): unknown {
  if (value === undefined) return undefined
  const text = JSON.stringify(value)
  return numbers === "exact" ? text : JSON.parse(text)
}

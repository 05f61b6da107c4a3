import { RecordNotFoundError, RevisionConflictError } from "../errors.ts"
import type { WriteTarget } from "../statement/write-target.ts"
import type { Row } from "./record-row.ts"

/**
 * The row that a write to one record has written.
 *
 * @throws RecordNotFoundError when there was no record, RevisionConflictError when it had another revision.
 */
export function writtenRow(row: Row | undefined, { id, expectedRevision }: WriteTarget): Row {
  if (row === undefined) throw new RecordNotFoundError(id)
  if (expectedRevision !== undefined && row["id"] === null) throw new RevisionConflictError(id, expectedRevision, Number(row["met_revision"]))
  return row
}

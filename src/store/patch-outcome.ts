import { RecordNotFoundError, RecordsError } from "../errors.ts"
import { MOST_FAILURES, type PatchCount, type PatchRow } from "../statement/patch.ts"
import { leftOut, notStored } from "./database-error.ts"
import type { GivenPatch } from "./patch-batch.ts"
import type { Row } from "./record-row.ts"
import { checkRevision } from "./write-options.ts"
import { type Failure, inapplicableChange, type WrittenPatch } from "./written-patch.ts"

/** What a statement was to patch. */
interface Asked {
  readonly patches: readonly GivenPatch[]
  /** The ids of the records that are there, though the statement has not met them. */
  readonly there: ReadonlySet<string>
  readonly isTransaction: boolean
}

/**
 * The rows of the records that were patched by their ids, each with the place of its patch.
 *
 * @throws for the first patch that could not be made: RecordNotFoundError, RevisionConflictError, InapplicableChangeError;
 * RecordsError when the server has left its record out.
 */
export function patchedRows(
  operation: string,
  rows: readonly (PatchRow & Row)[],
  { patches, there, isTransaction }: Asked,
): readonly { readonly row: Row; readonly position: number }[] {
  const byId = new Map(rows.map((row) => [row.asked, row]))
  const patched = patches.map((patch) => {
    if (there.has(patch.id)) throw notStored(operation, patch.position)
    return { row: patchedRow(operation, byId.get(patch.id), patch), position: patch.position ?? 0 }
  })
  // What is NULL there, was not written.
  const left = patches.filter((_, index) => patched[index]?.row["id"] === null)
  if (left.length > 0) throw leftOut(operation, { left: left.length, all: patched.length, position: left[0]?.position, isTransaction })
  return patched
}

function patchedRow(operation: string, row: (PatchRow & Row) | undefined, { id, expectedRevision, patch, position }: GivenPatch): Row {
  // The statement brings a row for each id that it is asked for.
  if (row === undefined) throw new RecordsError("database_error", `${operation}: the database has answered nothing: what was asked for may be too much for it`)
  if (row.met === null) throw new RecordNotFoundError(id, position)
  if (expectedRevision !== undefined) checkRevision({ revision: Number(row.met_revision) }, id, expectedRevision, position)
  if (row.failed !== null) throw inapplicableChange(patch, [{ id: row.met, failed: row.failed }])
  return row
}

/** The rows of the records that a claim has patched. @throws InapplicableChangeError */
export function claimedRows<R extends Pick<PatchRow, "met" | "failed"> & Row>(rows: readonly R[], patch: WrittenPatch): readonly R[] {
  refuseFailures(
    rows.flatMap(({ met, failed }) => (met === null || failed === null ? [] : [{ id: met, failed }])),
    patch,
  )
  // A record that a trigger has left as it was, was not claimed.
  return rows.filter((row) => row["id"] !== null)
}

/** How many records a patch of all that some filters find was made to. @throws InapplicableChangeError */
export function patchedCount(row: PatchCount | undefined, patch: WrittenPatch): number {
  refuseFailures(row?.failures ?? [], patch, Number(row?.refused))
  return Number(row?.count)
}

/** What came of several such patches together. */
export function summed(counts: readonly PatchCount[]): PatchCount {
  const sum = (what: "count" | "refused") => counts.reduce((all, count) => all + Number(count[what]), 0)
  return { count: sum("count"), refused: sum("refused"), failures: counts.flatMap(({ failures }) => failures).slice(0, MOST_FAILURES) }
}

function refuseFailures([first, ...others]: readonly Failure[], patch: WrittenPatch, count?: number): void {
  if (first !== undefined) throw inapplicableChange(patch, [first, ...others], count)
}

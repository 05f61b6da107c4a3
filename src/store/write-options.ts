import { OUR_COLUMNS, type RecordColumns } from "../definition/record-columns.ts"
import { ConfigurationError, InvalidQueryError, RecordNotFoundError, RevisionConflictError } from "../errors.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"

/** What a write to one record may ask for beside the change itself. */
export interface WriteOptions {
  /**
   * The revision that the record must have, as it was read; without it the last write wins. Where the record has another
   * one, nothing is written.
   */
  readonly expectedRevision?: number | undefined
}

/**
 * The revision that a write is for, `undefined` when it is for any.
 *
 * @throws InvalidQueryError; ConfigurationError when the table has no revisions.
 */
export function expectedRevision(
  options: unknown,
  { columns }: { readonly columns: RecordColumns } = { columns: OUR_COLUMNS },
  pointer: JsonPointer = "",
): number | undefined {
  if (typeof options !== "object" || options === null)
    throw new InvalidQueryError(pointerText(pointer), "the options of a write are an object: { expectedRevision }")
  const given = new Map<string, unknown>(Object.entries(options).filter(([, value]) => value !== undefined))
  for (const key of given.keys()) {
    if (key !== "expectedRevision") throw new InvalidQueryError(pointerText(child(pointer, key)), "unknown option: a write takes { expectedRevision }")
  }
  const revision = given.get("expectedRevision")
  if (revision === undefined) return undefined
  if (!isRevision(revision))
    throw new InvalidQueryError(
      pointerText(child(pointer, "expectedRevision")),
      "a revision is a whole number from 0 to 2^53 - 1, as `record.revision` gives it",
    )
  checkHasRevisions({ columns })
  return revision
}

/** @throws ConfigurationError when the table has no revisions. */
export function checkHasRevisions({ columns }: { readonly columns: RecordColumns }): void {
  if (columns.revision !== undefined) return
  throw new ConfigurationError("no_column", "the definition says that the table has no column for revisions, so none can be checked: add one")
}

/**
 * Compares the revision that a write is for with that of the record that it has met.
 *
 * @throws RecordNotFoundError when there was no record, RevisionConflictError when it had another revision.
 */
export function checkRevision(met: { readonly revision: number } | undefined, id: string, revision: number, position?: number): void {
  if (met === undefined) throw new RecordNotFoundError(id, position)
  if (met.revision !== revision) throw new RevisionConflictError(id, revision, met.revision, position)
}

/** Whether a value can be the revision of a record. */
export function isRevision(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0
}

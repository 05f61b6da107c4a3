import type { DocumentSchemas } from "../definition/record-schemas.ts"
import type { NumberForm } from "../json/exact-number.ts"
import type { FieldPath } from "../path/json-path.ts"
import type { Found, StoredRecord } from "../query/query.ts"
import type { ReadAs } from "./read-options.ts"
import { type Row, recordIn, selectedRecord, storedRecord } from "./record-row.ts"
import { fittingRecord } from "./schema-validation.ts"

/** How the rows of a read are looked at. */
export interface Reading<N extends NumberForm> {
  readonly select: readonly FieldPath[] | undefined
  readonly numbers: N
}

/** The schemas of what is read, and whether it is checked. */
export interface ReadChecks {
  readonly schemas: DocumentSchemas
  readonly validateReads: boolean
}

/**
 * What a read gives for its rows: whole records, or with `select` those paths. Schemas are for whole documents with the
 * numbers of JavaScript: other rows are not checked.
 *
 * @throws StoredRecordError for the first record that does not fit, where reads are checked.
 */
export async function foundRecords<F, M, Paths, N extends NumberForm>(
  rows: readonly Row[],
  { select, numbers }: Reading<N>,
  { schemas, validateReads }: ReadChecks,
): Promise<ReadAs<Found<F, M, Paths>, N>[]> {
  let found: unknown[]
  if (select !== undefined) found = rows.map((row) => selectedRecord(row, select, numbers))
  else if (validateReads && numbers === undefined) found = await fittingRecords(rows, schemas)
  else found = rows.map((row) => recordIn(row, numbers))
  // Which of them it is follows from the query; that it fits the types is the caller's word, or that of the schemas.
  return found as ReadAs<Found<F, M, Paths>, N>[]
}

async function fittingRecords(rows: readonly Row[], schemas: DocumentSchemas): Promise<StoredRecord[]> {
  const records: StoredRecord[] = []
  for (const row of rows) records.push(await fittingRecord(storedRecord(row), schemas))
  return records
}

/** A record that is ready to be sent: its id, and the JSON texts of its documents. */
export interface WrittenRecord {
  readonly id: string
  readonly fields: string
  readonly metadata: string
}

/** JSON texts of the documents that an update replaces; what is left out stays. */
export interface Replacement {
  readonly fields?: string
  readonly metadata?: string
}

/** New records as one statement takes them: their ids, and JSON arrays of their documents. */
export interface RecordRows {
  readonly ids: readonly string[]
  readonly fields: string
  /** An empty array where none of them has any. */
  readonly metadata: string
}

/** New records, each with the revision that it must have. */
export interface RevisedRows extends RecordRows {
  readonly revisions: readonly number[]
}

/** Records as one statement takes them. */
export function recordRows(records: readonly WrittenRecord[]): RecordRows {
  const hasMetadata = records.some(({ metadata }) => metadata !== "null")
  return {
    ids: records.map(({ id }) => id),
    fields: `[${records.map(({ fields }) => fields).join(",")}]`,
    metadata: hasMetadata ? `[${records.map(({ metadata }) => metadata).join(",")}]` : "[]",
  }
}

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

/** The JSON text of a whole record. */
export function recordText({ id, fields, metadata }: WrittenRecord): string {
  return `{"id":${JSON.stringify(id)},"fields":${fields},"metadata":${metadata}}`
}

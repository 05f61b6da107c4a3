import { DuplicateRecordError, InvalidRecordError } from "../errors.ts"
import { child } from "../json/json-pointer.ts"
import type { WrittenRecord } from "../statement/written-record.ts"
import { type WrittenTo, writtenRecord } from "../store/new-record.ts"

/**
 * All records of a batch as one JSON array.
 *
 * @throws InvalidRecordError for the first record that cannot be stored, DuplicateRecordError for the second one with the same id.
 */
export async function writtenBatch(records: Iterable<unknown>, table: WrittenTo): Promise<{ readonly ids: readonly string[]; readonly json: string }> {
  if (typeof records !== "object" || records === null || !(Symbol.iterator in records)) throw new InvalidRecordError("", "createBatch takes a list of records")
  const written: WrittenRecord[] = []
  for (const record of records) written.push(await writtenRecord(record, child("", written.length), table))
  const positions = new Map<string, number>()
  written.forEach(({ id }, index) => {
    const first = positions.get(id)
    if (first !== undefined)
      throw new DuplicateRecordError(`createBatch: records ${first} and ${index} have the same id: nothing was written`, { position: index })
    positions.set(id, index)
  })
  return { ids: written.map(({ id }) => id), json: `[${written.map(recordText).join(",")}]` }
}

/** The JSON text of a whole record. */
export function recordText({ id, fields, metadata }: WrittenRecord): string {
  return `{"id":${JSON.stringify(id)},"fields":${fields},"metadata":${metadata}}`
}

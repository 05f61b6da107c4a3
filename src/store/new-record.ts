import { OUR_COLUMNS, type RecordColumns } from "../definition/record-columns.ts"
import type { DocumentSchemas } from "../definition/record-schemas.ts"
import { InvalidQueryError, InvalidRecordError } from "../errors.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import { jsonText } from "../json/json-text.ts"
import { ID_FORMS, idText } from "../predicate/column-operand.ts"
import type { JsonObject, Writable } from "../query/field.ts"
import type { Replacement, WrittenRecord } from "../statement/written-record.ts"
import { newId } from "./new-id.ts"
import { readable } from "./readable.ts"
import { validDocuments } from "./schema-validation.ts"
import { checkHasRevisions, isRevision } from "./write-options.ts"

/** What `create` stores. */
export interface NewRecord<F = JsonObject, M = JsonObject> {
  /** A UUID; without it one of version 7 is made, so that ids grow with time. */
  readonly id?: string | undefined
  readonly fields: Writable<F>
  /** Left out or `null`: the column is SQL NULL. */
  readonly metadata?: Writable<M> | null | undefined
  /** The revision that the record must have, 0 for a new one: for `onConflict: "replaceIfRevision"`, which nothing else looks at. */
  readonly revision?: number | undefined
}

/** What `update` replaces: each document as a whole; one that is left out stays as it is. */
export interface RecordChanges<F = JsonObject, M = JsonObject> {
  readonly fields?: Writable<F> | undefined
  /** `null` takes the metadata away. */
  readonly metadata?: Writable<M> | null | undefined
}

/** A change of one record in a batch. */
export interface RecordUpdate<F = JsonObject, M = JsonObject> extends RecordChanges<F, M> {
  readonly id: string
  /** The revision that the record must have; without it any will do. */
  readonly expectedRevision?: number | undefined
}

/** A change of one record in a batch that is ready to be sent. */
export interface WrittenUpdate extends Replacement {
  readonly id: string
  /** The id as it is stored, `null` when no record can have it. */
  readonly known: string | null
  readonly expectedRevision: number | undefined
}

/** What is written to: a table by its columns, and the schemas of its documents. */
export interface WrittenTo {
  readonly columns: RecordColumns
  readonly schemas: DocumentSchemas
}

/**
 * One record as it is sent, once the schemas of its definition take it; at once where it has none.
 *
 * @throws InvalidRecordError with the JSON pointer of what cannot be stored.
 */
export function writtenRecord(record: unknown, pointer: JsonPointer, table: WrittenTo): WrittenRecord | Promise<WrittenRecord> {
  const given = recordObject(record, pointer, NEW_RECORD_KEYS)
  const written = (valid: Record<string, unknown>): WrittenRecord => {
    const id = recordId(valid["id"], child(pointer, "id"), table)
    const fields = fieldsText(valid["fields"] ?? null, child(pointer, "fields"))
    const metadata = metadataText(valid["metadata"] ?? null, child(pointer, "metadata"), table)
    return { id, fields, metadata }
  }
  return hasSchemas(table) ? validDocuments(given, pointer, table.schemas).then(written) : written(given)
}

/** The id and the revision of a record that nothing is known of. @throws InvalidRecordError when they cannot be read. */
export function idAndRevision(record: unknown, pointer: JsonPointer): { readonly id?: unknown; readonly revision?: unknown } {
  return readable(pointer, () => {
    const { id, revision }: { id?: unknown; revision?: unknown } = Object(record)
    return { id, revision }
  })
}

/** The documents of an update as JSON text. @throws InvalidRecordError */
export async function writtenChanges(changes: unknown, table: WrittenTo): Promise<Replacement> {
  const given = recordObject(changes, "", CHANGE_KEYS)
  return replacement(hasSchemas(table) ? await validDocuments(given, "", table.schemas) : given, "", table)
}

/**
 * The change of one record of a batch, as it is sent; at once where the definition has no schemas.
 *
 * @throws InvalidRecordError
 */
export function writtenUpdate(update: unknown, pointer: JsonPointer, table: WrittenTo): WrittenUpdate | Promise<WrittenUpdate> {
  const given = recordObject(update, pointer, UPDATE_KEYS)
  const { id, expectedRevision: revision } = given
  if (typeof id !== "string") return refuse(child(pointer, "id"), "an update in a batch names its record by its id, a string")
  const known = idText(id, table.columns.id.type)
  const expectedRevision = revision === undefined ? undefined : recordRevision(revision, child(pointer, "expectedRevision"), table)
  const written = (valid: Record<string, unknown>): WrittenUpdate => ({ id, known, expectedRevision, ...replacement(valid, pointer, table) })
  return hasSchemas(table) ? validDocuments(given, pointer, table.schemas).then(written) : written(given)
}

/** The revision that a record to be stored with the next one carries. @throws as `recordRevision` */
export function lastRevision(revision: unknown, pointer: JsonPointer, table: WrittenTo): number {
  const last = recordRevision(revision, pointer, table)
  return last < Number.MAX_SAFE_INTEGER ? last : refuse(pointer, "there is no revision after 2^53 - 1")
}

/** The revision that a record of a batch carries. @throws InvalidRecordError; ConfigurationError when the table has none. */
export function recordRevision(revision: unknown, pointer: JsonPointer, table: WrittenTo): number {
  if (!isRevision(revision)) return refuse(pointer, "a revision is a whole number from 0 to 2^53 - 1, as `record.revision` gives it")
  checkHasRevisions(table)
  return revision
}

function hasSchemas({ schemas }: WrittenTo): boolean {
  return schemas.fields !== undefined || schemas.metadata !== undefined
}

function replacement(given: Record<string, unknown>, pointer: JsonPointer, table: WrittenTo): Replacement {
  const { fields, metadata } = given
  if (fields === undefined && metadata === undefined) return refuse(pointer, "an update replaces fields, metadata or both: nothing was given")
  return {
    ...(fields === undefined ? {} : { fields: fieldsText(fields, child(pointer, "fields")) }),
    ...(metadata === undefined ? {} : { metadata: metadataText(metadata, child(pointer, "metadata"), table) }),
  }
}

/** The id of a record that may be there, as it is stored; `null` for a string that is the id of none. @throws InvalidQueryError */
export function knownId(id: unknown, { columns }: Pick<WrittenTo, "columns"> = { columns: OUR_COLUMNS }, pointer: JsonPointer = ""): string | null {
  if (typeof id !== "string") throw new InvalidQueryError(pointerText(pointer), "an id is a string")
  return idText(id, columns.id.type)
}

// A stored record can be stored again as it was read; its revision and times begin anew.
const NEW_RECORD_KEYS = ["id", "fields", "metadata", "revision", "createdAt", "updatedAt"]
const CHANGE_KEYS = ["fields", "metadata"]
const UPDATE_KEYS = ["id", "fields", "metadata", "expectedRevision"]

function recordObject(value: unknown, pointer: JsonPointer, keys: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(pointer, "is an object: { fields, metadata }")
  const given: Record<string, unknown> = readable(pointer, () => ({ ...value }))
  const unknown = Object.keys(given).find((key) => !keys.includes(key) && given[key] !== undefined)
  return unknown === undefined ? given : refuse(child(pointer, unknown), "unknown key: what a record holds is in its fields and its metadata")
}

function recordId(id: unknown, pointer: JsonPointer, { columns }: WrittenTo): string {
  if (id === undefined) return newId()
  const text = typeof id === "string" ? idText(id, columns.id.type) : null
  return text ?? refuse(pointer, `an id is ${ID_FORMS[columns.id.type]}; left out, a UUID is made`)
}

function fieldsText(value: unknown, pointer: JsonPointer): string {
  const text = documentText(value, pointer)
  // By the text, because a RawJson may hold null.
  return text === "null" ? refuse(pointer, "a record has fields: give a document, {} for an empty one") : text
}

function metadataText(value: unknown, pointer: JsonPointer, { columns }: WrittenTo): string {
  if (value !== null && columns.metadata === undefined) return refuse(pointer, "this table has no column for metadata: leave it out")
  return documentText(value, pointer)
}

function documentText(value: unknown, pointer: JsonPointer): string {
  return readable(pointer, () => jsonText(value, { pointer, refuse, bigint: "refused" }))
}

function refuse(pointer: JsonPointer, reason: string): never {
  throw new InvalidRecordError(pointerText(pointer), reason)
}

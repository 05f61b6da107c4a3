import { createHash } from "node:crypto"
import { v7 } from "uuid"
import { jsonKind } from "../evaluation/json-kind.ts"
import { valueAt } from "../evaluation/value-at.ts"
import { exactJson } from "../json/exact-number.ts"
import { uuidText } from "../predicate/column-operand.ts"
import type { Replacement } from "../statement/written-record.ts"

/** A record of a file. Numbers of its documents that a JavaScript number cannot hold are `ExactNumber`s. */
export interface FileRecord {
  readonly id: string
  readonly fields: unknown
  readonly metadata: unknown
  readonly revision: number
  readonly createdAt: Date
  readonly updatedAt: Date
  /** How it stands in the file, or will at the next write. */
  readonly text: string
}

/** Where a record was found: what its id and its times are made from when it has none. */
export interface Origin {
  readonly text: string
  /** How many records stand before it. */
  readonly index: number
  readonly modifiedAt: Date
  readonly refuse: Refuse
}

/** The record in a value of the file. What it does not say is made up so that every reader of the same file makes the same. */
export function fileRecord(value: unknown, origin: Origin): FileRecord {
  const { text, refuse, modifiedAt } = origin
  checkMembers(value, refuse)
  const given = (member: string): unknown => valueAt(value, [member])
  const id = given("id") === undefined ? madeId(origin) : givenId(given("id"), refuse)
  const revision = given("revision") === undefined ? 1 : givenRevision(given("revision"), refuse)
  const createdAt = givenTime(given("createdAt"), "createdAt", modifiedAt, refuse)
  const updatedAt = givenTime(given("updatedAt"), "updatedAt", createdAt, refuse)
  const made = Object.entries({ id, revision, createdAt, updatedAt }).filter(([member]) => given(member) === undefined)
  return { id, fields: given("fields"), metadata: given("metadata") ?? null, revision, createdAt, updatedAt, text: withMembers(text, made) }
}

/** The records of a JSON array of new ones, as they are stored now. */
export function newFileRecords(json: string): FileRecord[] {
  const now = new Date()
  const values = exactJson(json)
  return (Array.isArray(values) ? values : []).map((value) =>
    writtenFileRecord({
      id: String(valueAt(value, ["id"])),
      fields: valueAt(value, ["fields"]),
      metadata: valueAt(value, ["metadata"]),
      revision: 1,
      createdAt: now,
      updatedAt: now,
    }),
  )
}

/** A record in which an update has replaced documents, each given as JSON text. */
export function changedFileRecord(record: FileRecord, { fields, metadata }: Replacement): FileRecord {
  return writtenFileRecord({
    ...record,
    fields: fields === undefined ? record.fields : exactJson(fields),
    metadata: metadata === undefined ? record.metadata : exactJson(metadata),
    revision: record.revision + 1,
    updatedAt: new Date(),
  })
}

/** A record with the text that it will have in the file. */
export function writtenFileRecord({ id, fields, metadata, revision, createdAt, updatedAt }: Omit<FileRecord, "text">): FileRecord {
  const record = { id, fields, metadata, revision, createdAt, updatedAt }
  return { ...record, text: JSON.stringify(record) }
}

type Refuse = (reason: string) => never

const MEMBERS = ["id", "fields", "metadata", "revision", "createdAt", "updatedAt"]

function checkMembers(value: unknown, refuse: Refuse): void {
  if (typeof value !== "object" || value === null || jsonKind(value) !== "object") refuse("a record is an object: { fields, metadata }")
  const members = Object.keys(value)
  const unknown = members.find((member) => !MEMBERS.includes(member))
  if (unknown !== undefined) refuse(`unknown member ${JSON.stringify(unknown)}: what a record holds is in its "fields" and its "metadata"`)
  if (!members.includes("fields")) refuse('a record has "fields": give a document, {} for an empty one')
}

function givenId(id: unknown, refuse: Refuse): string {
  const text = typeof id === "string" ? uuidText(id) : null
  return text ?? refuse('"id" is a UUID, 8-4-4-4-12 hexadecimal digits; left out, one is made')
}

function givenRevision(revision: unknown, refuse: Refuse): number {
  if (typeof revision === "number" && Number.isSafeInteger(revision) && revision >= 1) return revision
  return refuse('"revision" is a whole number from 1 to 2^53 - 1; left out, it is 1')
}

function givenTime(time: unknown, member: string, otherwise: Date, refuse: Refuse): Date {
  if (time === undefined) return otherwise
  const text = typeof time === "string" ? time : ""
  const date = new Date(text)
  // Anything else, such as 30 February or a time without a zone, JavaScript reads as some other time.
  if (!Number.isNaN(date.getTime()) && [text, text.replace(/(:\d\d)Z$/, "$1.000Z")].includes(date.toISOString())) return date
  return refuse(`"${member}" is a time in UTC such as "2025-01-31T12:00:00.000Z"`)
}

// Version 7, so that the ids stand in the order of the file; without chance, so that whoever reads the file makes the same.
function madeId({ text, index, modifiedAt }: Origin): string {
  return v7({ msecs: Math.max(0, modifiedAt.getTime()), seq: index, random: createHash("sha256").update(text).digest() })
}

// Set before what is there: the rest of the record stays as it was written.
function withMembers(text: string, members: [string, unknown][]): string {
  return members.length === 0 ? text : `{${JSON.stringify(Object.fromEntries(members)).slice(1, -1)}, ${text.slice(1).trimStart()}`
}

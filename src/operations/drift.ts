import type { DocumentSchemas } from "../definition/record-schemas.ts"
import { ConfigurationError } from "../errors.ts"
import { jsonKind } from "../evaluation/json-kind.ts"
import { valueAt } from "../evaluation/value-at.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import { filter } from "../query/condition.ts"
import type { ValueKind } from "../query/operator.ts"
import type { RecordStore } from "../store/record-store.ts"
import type { SchemaIssue } from "../store/schema-issue.ts"
import { type Documents, schemaIssues } from "../store/schema-validation.ts"

/** How far the records of a table have drifted from the schemas of its definition. */
export interface Drift {
  /** How many records there are. */
  readonly records: number
  /** How many of them do not fit. */
  readonly unfit: number
  /** What is wrong, by place and by what stands there; the most frequent first, then by place. */
  readonly issues: readonly DriftIssue[]
  /** How many more issues were found at places that are not listed: above a thousand, places are not told apart. */
  readonly others: number
}

/** One place at which records do not fit. */
export interface DriftIssue {
  /** JSON pointer from the record; `*` stands for any element of an array: `/fields/tags/*`. */
  readonly pointer: string
  /** The kind of value that stands there. */
  readonly found: ValueKind
  /** What the schema says of the first of them. It may quote the value. */
  readonly message: string
  /** How many records have it. */
  readonly records: number
  /** The ids of the first of them, at most five. */
  readonly ids: readonly string[]
}

/**
 * Which stored records do not fit the schemas of their definition, such as those that are older than the schema. The table
 * is read page by page in the order of the ids, so that memory does not grow with it; nothing is locked or changed.
 *
 * @example
 * await drift(new PostgresDatabase({ kysely, records: defineRecords({ schemas: { fields: personSchema } }) }))
 * // { records: 2, unfit: 0, others: 0, issues: [] }
 * @throws ConfigurationError when the definition has no schemas.
 */
export async function drift<F, M, FIn, MIn>(db: RecordStore<F, M, FIn, MIn>): Promise<Drift> {
  const { schemas } = db.definition
  if (schemas.fields === undefined && schemas.metadata === undefined) {
    throw new ConfigurationError("no_schemas", "drift: the definition has no schemas: give it `schemas`, or there is nothing that a record could not fit")
  }
  const tally: Tally = { places: new Map(), records: 0, unfit: 0, others: 0 }
  for await (const record of everyRecord(asAnyRecords(db), schemas)) await addRecord(tally, record, schemas)
  const { places, ...counts } = tally
  return { ...counts, issues: [...places.values()].sort((a, b) => b.records - a.records || (a.pointer < b.pointer ? -1 : 1)) }
}

/** A stored record of which nothing is known. */
interface AnyRecord extends Documents {
  readonly id: string
}

const PAGE = 500

// Parts of records are not checked as they are read, so that one that does not fit comes as well.
async function* everyRecord(db: RecordStore, schemas: DocumentSchemas): AsyncGenerator<AnyRecord> {
  // A table may have no column for metadata.
  const documents = (["fields", "metadata"] as const).filter((document) => schemas[document] !== undefined)
  let last: string | undefined
  do {
    const filters = last === undefined ? [] : [filter("id", ">", last)]
    const page = await db.search({ filters, select: ["id", ...documents], limit: PAGE })
    for (const { id = "", ...record } of page) yield { fields: null, ...record, id }
    last = page.length < PAGE ? undefined : page.at(-1)?.id
  } while (last !== undefined)
}

interface Tally {
  readonly places: Map<string, { -readonly [K in keyof DriftIssue]: DriftIssue[K] } & { ids: string[] }>
  records: number
  unfit: number
  others: number
}

const MOST_PLACES = 1000
const MOST_IDS = 5

async function addRecord(tally: Tally, record: AnyRecord, schemas: DocumentSchemas): Promise<void> {
  const issues = await schemaIssues(record, schemas).catch(thrownBySchema)
  tally.records += 1
  if (issues.length > 0) tally.unfit += 1
  // In one record a place counts once, with the first thing that is said of it.
  const byPlace = new Map(issues.toReversed().map((issue) => [placeOf(record, issue), issue]))
  for (const [place, { path, message }] of byPlace) {
    const known = tally.places.get(place)
    if (known !== undefined) {
      known.records += 1
      if (known.ids.length < MOST_IDS) known.ids.push(record.id)
    } else if (tally.places.size < MOST_PLACES) {
      tally.places.set(place, { pointer: anyElement(record, path), found: jsonKind(valueAt(record, path)), message, records: 1, ids: [record.id] })
    } else tally.others += 1
  }
}

// Its own message may quote the record.
function thrownBySchema(error: unknown): SchemaIssue[] {
  return [{ path: [], message: `the schema threw an error instead of saying what is wrong (${error instanceof Error ? error.name : typeof error})` }]
}

function placeOf(record: AnyRecord, { path }: SchemaIssue): string {
  return `${anyElement(record, path)} ${jsonKind(valueAt(record, path))}`
}

// Elements are one place, however many an array has.
function anyElement(record: AnyRecord, path: SchemaIssue["path"]): string {
  const pointer = path.reduce<JsonPointer>((above, step, index) => child(above, Array.isArray(valueAt(record, path.slice(0, index))) ? "*" : step), "")
  return pointerText(pointer)
}

// Whatever the types say, what is in the table may be anything.
function asAnyRecords<F, M, FIn, MIn>(db: RecordStore<F, M, FIn, MIn>): RecordStore {
  return db as unknown as RecordStore
}

import type { TableDefinition } from "../definition/records-definition.ts"
import { InvalidRecordError, RecordNotFoundError } from "../errors.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import type { Change } from "../query/change.ts"
import type { JsonObject, RecordShape } from "../query/field.ts"
import { patchShape } from "../statement/patch.ts"
import type { WriteTarget } from "../statement/write-target.ts"
import { asyncValues, checkSource } from "./batch-chunks.ts"
import type { BatchSource } from "./batch-options.ts"
import { knownId } from "./new-record.ts"
import { readable } from "./readable.ts"
import { expectedRevision } from "./write-options.ts"
import { type WrittenPatch, writtenPatch } from "./written-patch.ts"

/** What `patchBatch` takes for each record. */
export interface RecordPatch<F = JsonObject, M = JsonObject> {
  readonly id: string
  readonly changes: readonly Change<RecordShape<F, M>>[]
  /** The revision that the record must have; without it any will do. */
  readonly expectedRevision?: number | undefined
}

/** A patch of one record that is ready to be sent. */
export interface GivenPatch extends WriteTarget {
  readonly patch: WrittenPatch
  /** Its place among all that were given; `undefined` where it is the only one. */
  readonly position?: number
}

/** The patch of one record, checked. @throws InvalidRecordError, InvalidQueryError; RecordNotFoundError for what is the id of none. */
export function givenPatch(id: unknown, changes: unknown, options: unknown, definition: TableDefinition): GivenPatch {
  const patch = writtenPatch(changes, "", definition)
  return { ...target(id, options, definition), patch }
}

/**
 * The patches of many records, checked, as the batches that one statement each can make: those whose changes differ in
 * their values alone.
 *
 * @throws InvalidRecordError with the position and the path of what has no meaning, also for the second patch of one record.
 */
export async function patchBatches(patches: BatchSource<unknown>, definition: TableDefinition): Promise<readonly (readonly GivenPatch[])[]> {
  checkSource("patchBatch", patches, InvalidRecordError)
  const positions = new Map<string, number>()
  const batches = new Map<string, GivenPatch[]>()
  for await (const given of asyncValues("patchBatch", patches)) {
    const position = positions.size
    const patch = batchedPatch(given, position, definition)
    const first = positions.get(patch.id)
    if (first !== undefined) return refuse(child(child("", position), "id"), `the same record as at /${first}: put its changes into one list`)
    positions.set(patch.id, position)
    const shape = patchShape(patch.patch.changes)
    const batch = batches.get(shape)
    if (batch === undefined) batches.set(shape, [patch])
    else batch.push(patch)
  }
  return definition.distribute ? oneByOne([...batches.values()].flat()) : [...batches.values()].flatMap(chunks)
}

function batchedPatch(given: unknown, position: number, definition: TableDefinition): GivenPatch {
  const pointer = child("", position)
  if (typeof given !== "object" || given === null) return refuse(pointer, "is an object: { id, changes }")
  const { id, changes, options } = readable(pointer, () => {
    const { id, changes, ...options }: { id?: unknown; changes?: unknown } = given
    return { id, changes, options }
  })
  const patch = writtenPatch(changes, child(pointer, "changes"), definition)
  return { ...target(id, options, definition, position), patch, position }
}

function target(id: unknown, options: unknown, definition: TableDefinition, position?: number): WriteTarget {
  const pointer = position === undefined ? "" : child("", position)
  const revision = expectedRevision(options, definition, pointer)
  const known = knownId(id, definition, position === undefined ? pointer : child(pointer, "id"))
  if (known === null) throw new RecordNotFoundError(String(id), position)
  return { id: known, expectedRevision: revision }
}

function refuse(pointer: JsonPointer, reason: string): never {
  throw new InvalidRecordError(pointerText(pointer), reason)
}

// Citus locks no records of several shards. In one order, so that two batches never wait for each other.
function oneByOne(patches: readonly GivenPatch[]): readonly (readonly GivenPatch[])[] {
  return patches.toSorted((one, other) => (one.id < other.id ? -1 : 1)).map((patch) => [patch])
}

// So many that the way to the server and back counts for little, and few enough for one parameter.
const MOST_PATCHES = 1000
const MOST_CHARACTERS = 1_000_000

function chunks(batch: readonly GivenPatch[]): readonly (readonly GivenPatch[])[] {
  const all: GivenPatch[][] = []
  let characters = 0
  for (const given of batch) {
    characters += given.patch.values.length
    const last = all.at(-1)
    if (last !== undefined && last.length < MOST_PATCHES && characters <= MOST_CHARACTERS) last.push(given)
    else {
      all.push([given])
      characters = given.patch.values.length
    }
  }
  return all
}

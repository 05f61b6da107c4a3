import type { RecordColumns } from "../definition/record-columns.ts"
import { InapplicableChangeError, InvalidRecordError } from "../errors.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import { type CheckedChange, checkedChanges } from "../predicate/checked-change.ts"
import type { ChangeName } from "../query/change.ts"
import type { Patch } from "../statement/patch.ts"
import { readable } from "./readable.ts"

/** A patch that is ready to be sent. */
export interface WrittenPatch extends Patch {
  /** Where the changes stand in what was passed. */
  readonly pointer: JsonPointer
}

/**
 * The changes of a patch, checked, and their values as JSON text.
 *
 * @throws InvalidRecordError with the JSON pointer of what has no meaning or cannot be stored.
 */
export function writtenPatch(given: unknown, pointer: JsonPointer, { columns }: { readonly columns: RecordColumns }): WrittenPatch {
  const changes = readable(pointer, () => checkedChanges(given, pointer))
  const stray = columns.metadata === undefined ? changes.findIndex(({ path }) => path.column === "metadata") : -1
  if (stray !== -1) throw new InvalidRecordError(pointerText(child(child(pointer, stray), "field")), "this table has no column for metadata")
  return { changes, values: `[${changes.map(({ value }) => value).join(",")}]`, pointer }
}

/** A record that a patch could not be made to, and the position of the change. */
export interface Failure {
  readonly id: string
  readonly failed: number
}

/** The error for what a patch could not be made to; `count` is how many records there are, when not all of them are named. */
export function inapplicableChange(
  { changes, pointer }: WrittenPatch,
  failures: readonly [Failure, ...Failure[]],
  count: number = failures.length,
): InapplicableChangeError {
  const [first, ...others] = failures
  const change = changes[first.failed]
  const place = ({ id, failed }: Failure) => ({ id, pointer: pointerText(child(pointer, failed)) })
  const [words, demand] = change === undefined ? ["a change", ""] : [inWords(change), demands[change.change]]
  return new InapplicableChangeError([place(first), ...others.map(place)], words, demand, count)
}

function inWords({ change, path: { column, steps } }: CheckedChange): string {
  return `${change} at ${JSON.stringify([column, ...steps])}`
}

const WAY = "a way there through objects, and through elements that are there"

const demands: Record<ChangeName, string> = {
  set: WAY,
  unset: WAY,
  increment: `a number or no value there that gives a sum numeric can hold, and ${WAY}`,
  multiply: "a number there that gives a product numeric can hold",
  push: `an array or no value there, and ${WAY}`,
  pushUnique: `an array or no value there, and ${WAY}`,
  pull: "an array or no value there",
  rename: "the key to be there, and no value under the new one",
  merge: WAY,
}

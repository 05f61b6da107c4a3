import { InvalidQueryError, type RecordsError } from "../errors.ts"
import { child, pointerText } from "../json/json-pointer.ts"
import type { NewRecord } from "./new-record.ts"

/** A list, a generator, a stream: any number of values, which need not be in memory at once. A string is none. */
export type BatchSource<T> = (Iterable<T> | AsyncIterable<T>) & object

/**
 * What options of which the type is kept must be as well: none but those that there are. A function of your own that
 * passes options on takes `<const Options extends OnlyKnown<NewBatchOptions, Options>>`, and records of
 * `BatchRecord<F, M, Options>`.
 */
export type OnlyKnown<Known, Options> = Known & { readonly [Unknown in Exclude<keyof Options, keyof Known>]: never }

/** What a batch may be asked for. */
export interface BatchOptions {
  /**
   * What happens to the batch where one record of it cannot be written: nothing of it is stored (`"abort"`, also when left
   * out), or the others are, and the result tells of that one (`"isolate"`).
   */
  readonly onError?: "abort" | "isolate" | undefined
}

/** What a batch of new records may be asked for. */
export interface NewBatchOptions extends BatchOptions {
  /** What happens to a record whose id is taken. */
  readonly onConflict?: OnConflict | undefined
}

/**
 * What happens to a record whose id is taken. `"error"`: it cannot be written. `"skip"`: what is stored stays.
 * `"replace"`: it takes the place of what is stored. `"replaceIfRevision"`: it does so if its `revision` is the stored one,
 * and cannot be written otherwise.
 */
export type OnConflict = (typeof CONFLICTS)[number]

/** A record as the options want it: for `onConflict: "replaceIfRevision"` with the revision that the stored one must have. */
export type BatchRecord<F, M, Options> = NewRecord<F, M> & (Options extends { readonly onConflict: "replaceIfRevision" } ? Revised : unknown)

interface Revised {
  /** 0 for a new record. */
  readonly revision: number
}

/** A record of a batch that could not be written. */
export interface BatchFailure {
  /** Its place among the records that were given, from 0. */
  readonly position: number
  /** Why: what the batch would have thrown for it alone. */
  readonly error: RecordsError
}

/** What became of a batch with `onError: "isolate"`. */
export interface BatchResult {
  /** The ids of the records that were written, in the order of the records. */
  readonly ids: string[]
  /** The others, in the order of the records. */
  readonly failures: BatchFailure[]
}

/**
 * What a batch gives: the ids of the records that were written, and with `onError: "isolate"` the failures too. Where the
 * type of the options does not say which, it is one of the two.
 */
export type BatchOutcome<Options> = Options extends { readonly onError: "isolate" }
  ? BatchResult
  : "isolate" extends OnErrorOf<Options>
    ? BatchResult | string[]
    : string[]

type OnErrorOf<Options> = "onError" extends keyof Options ? Options["onError"] : undefined

/** What a batch is asked for when it is given no options. */
export interface NoBatchOptions {
  readonly onError?: undefined
}

/** The options of a batch, checked. */
export interface CheckedBatchOptions {
  readonly isolates: boolean
  readonly onConflict: OnConflict
}

/** @throws InvalidQueryError for an option that there is none of, or one that it does not know. */
export function batchOptions(options: unknown = {}, otherwise: OnConflict = "error", known: readonly string[] = ["onError"]): CheckedBatchOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new InvalidQueryError("", `the options of a batch are an object: { ${known.join(", ")} }`)
  const given = new Map<string, unknown>(Object.entries(options).filter(([, value]) => value !== undefined))
  for (const key of given.keys()) {
    if (!known.includes(key)) throw new InvalidQueryError(pointerText(child("", key)), `unknown option: this batch takes { ${known.join(", ")} }`)
  }
  const onError = oneOf("onError", ["abort", "isolate"], given, "abort")
  return { isolates: onError === "isolate", onConflict: oneOf("onConflict", CONFLICTS, given, otherwise) }
}

/** The options that a batch of new records has. */
export const NEW_BATCH_OPTIONS = ["onError", "onConflict"]

const CONFLICTS = ["error", "skip", "replace", "replaceIfRevision"] as const

function oneOf<Word extends string>(option: string, words: readonly Word[], given: ReadonlyMap<string, unknown>, otherwise: Word): Word {
  if (!given.has(option)) return otherwise
  const known = words.find((word) => word === given.get(option))
  if (known !== undefined) return known
  throw new InvalidQueryError(`/${option}`, `is one of ${words.join(", ")}`)
}

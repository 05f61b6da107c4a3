/** What every error of this package may carry besides its message. */
export interface RecordsErrorOptions {
  /** The driver's error, or the error of the caller's own code, that led to this one. */
  cause?: unknown
}

/**
 * The root of every error that this package throws on purpose.
 *
 * `code` is stable and meant for programs; the message is meant for people: what happened, where, what to do.
 * No message holds a value from a document; the driver's own error, which may hold one, is the `cause`.
 */
export class RecordsError extends Error {
  /** A stable word for programs, such as `invalid_query` or `missing_table`. */
  readonly code: string

  constructor(code: string, message: string, options: RecordsErrorOptions = {}) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** A query, a condition or an id that has no meaning. Nothing was sent. */
export class InvalidQueryError extends RecordsError {
  /** JSON pointer (RFC 6901) to the place, from the root of what was passed; `""` is the whole of it. */
  readonly pointer: string

  constructor(pointer: string, reason: string, options?: RecordsErrorOptions & { code?: string }) {
    super(options?.code ?? "invalid_query", `${pointer === "" ? "the query" : shownPointer(pointer)}: ${reason}`, options)
    this.pointer = pointer
  }
}

/** One thing that is wrong with a record. */
export interface RecordIssue {
  /** JSON pointer (RFC 6901) to the place, from the root of what was passed: `/fields/tags/0`, in a batch `/7/fields/tags/0`. */
  readonly pointer: string
  /** What is wrong. In the words of a schema, which may quote the value. */
  readonly message: string
}

/** A record that cannot be stored as it was given. Nothing was written. */
export class InvalidRecordError extends RecordsError {
  /** The place of the first issue; `""` is the whole record. */
  readonly pointer: string
  /** Everything that is wrong. A schema finds all of it, JSON the first thing that it cannot hold. */
  readonly issues: readonly RecordIssue[]

  constructor(pointer: string, reason: string, options?: RecordsErrorOptions & { issues?: readonly RecordIssue[] }) {
    super("invalid_record", `${pointer === "" ? "the record" : shownPointer(pointer)}: ${reason}`, options)
    this.pointer = pointer
    this.issues = options?.issues ?? [{ pointer, message: reason }]
  }
}

/** A record that is stored, was read with `validateReads`, and does not fit the schemas of its definition. */
export class StoredRecordError extends RecordsError {
  /** The id of the record. */
  readonly id: string
  /** What the schemas say, each with its place in the record. */
  readonly issues: readonly RecordIssue[]

  constructor(id: string, reason: string, issues: readonly RecordIssue[]) {
    super("stored_record_unfit", `the record ${JSON.stringify(id)}: ${reason}; correct it, or the schema`)
    this.id = id
    this.issues = issues
  }
}

/** A write that names a record which is not there. */
export class RecordNotFoundError extends RecordsError {
  /** The id that was asked for. */
  readonly id: string
  /** Its place in a batch, from 0; `undefined` outside of one. */
  readonly position: number | undefined

  constructor(id: string, position?: number) {
    super("record_not_found", `${placed(position)}there is no record with the id ${JSON.stringify(id)}: create it, or use exists() first`)
    this.id = id
    this.position = position
  }
}

/** A write for one revision of a record that has another one by now. Nothing was written. */
export class RevisionConflictError extends RecordsError {
  /** The id that was asked for. */
  readonly id: string
  /** The revision that the write was for. */
  readonly expectedRevision: number
  /** The revision that the record had when the write met it. */
  readonly currentRevision: number
  /** Its place in a batch, from 0; `undefined` outside of one. */
  readonly position: number | undefined

  constructor(id: string, expectedRevision: number, currentRevision: number, position?: number) {
    super(
      "revision_conflict",
      `${placed(position)}the record with the id ${JSON.stringify(id)} has revision ${currentRevision}, not ${expectedRevision}: nothing was written; read it again, and make the change to what it is now`,
    )
    this.id = id
    this.expectedRevision = expectedRevision
    this.currentRevision = currentRevision
    this.position = position
  }
}

/** A record that a change cannot be made to. */
export interface InapplicableChange {
  readonly id: string
  /** JSON pointer to the change, from the root of what was passed. */
  readonly pointer: string
}

/** A change that what is stored does not allow, such as an increment of a string. Nothing was written, to no record. */
export class InapplicableChangeError extends RecordsError {
  /** The record that it cannot be made to; of several the first one, by id. */
  readonly id: string
  /** JSON pointer (RFC 6901) to the change, from the root of what was passed: `/1`, in a batch `/7/changes/1`. */
  readonly pointer: string
  /** The records that a change cannot be made to, by id: at most 100 of them. */
  readonly failures: readonly InapplicableChange[]

  constructor(failures: readonly [InapplicableChange, ...InapplicableChange[]], change: string, demand: string, count: number) {
    const [{ id, pointer }] = failures
    const others = count > 1 ? ` (and ${count - 1} more of the records do not allow a change either)` : ""
    super(
      "inapplicable_change",
      `${pointer}: the record with the id ${JSON.stringify(id)} does not allow ${change}, which needs ${demand}: nothing was written${others}`,
    )
    this.id = id
    this.pointer = pointer
    this.failures = failures
  }
}

/** A record that would be the second one with its id, or with a value that a unique index keeps apart. */
export class DuplicateRecordError extends RecordsError {
  /** Its place in a batch, from 0; `undefined` outside of one, and where the server does not let it be found. */
  readonly position: number | undefined

  constructor(message: string, { position, ...options }: RecordsErrorOptions & { readonly position?: number | undefined } = {}) {
    super("duplicate_record", message, options)
    this.position = position
  }
}

/** The server rolled the transaction back because of another one (SQLSTATE 40001 or 40P01): run it again. */
export class TransactionConflictError extends RecordsError {
  constructor(options?: RecordsErrorOptions) {
    super("transaction_conflict", "the server rolled this transaction back because it ran into another one: nothing of it was stored, run it again", options)
  }
}

/** The connection broke while COMMIT was under way, or a write that is committed by itself: it may or may not have happened. */
export class UnknownCommitError extends RecordsError {
  constructor(options?: RecordsErrorOptions & { readonly operation?: string }) {
    const [unanswered, what] = options?.operation === undefined ? ["COMMIT", "transaction"] : [options.operation, "write"]
    super(
      "unknown_commit",
      `the connection broke before the server answered ${unanswered}: the ${what} may or may not be stored; read what it wrote before you run it again`,
      options,
    )
  }
}

/** The server cannot be reached, went away, or has no connection left. */
export class DatabaseUnavailableError extends RecordsError {
  constructor(message: string, options?: RecordsErrorOptions) {
    super("database_unavailable", message, options)
  }
}

/** Something outside the query is wrong: options, password, privileges, a table that is missing. */
export class ConfigurationError extends RecordsError {
  constructor(code: string, message: string, options?: RecordsErrorOptions) {
    super(code, message, options)
  }
}

function placed(position: number | undefined): string {
  return position === undefined ? "" : `/${position}: `
}

/**
 * A pointer as a message shows it, on one line: what cannot be seen is written as an escape of JSON.
 *
 * @example
 * shownPointer("/fields/a\nb") // "/fields/a\\u000ab"
 */
export function shownPointer(pointer: string): string {
  return pointer.replace(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, (unseen) => `\\u${unseen.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

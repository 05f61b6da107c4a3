import {
  ConfigurationError,
  DatabaseUnavailableError,
  DuplicateRecordError,
  InvalidQueryError,
  InvalidRecordError,
  RecordsError,
  TransactionConflictError,
} from "../errors.ts"
import { child, pointerText } from "../json/json-pointer.ts"
import { ended } from "./transaction-scope.ts"

/** Where an error happened. */
export interface Where {
  /** What was under way, such as `search`. */
  readonly operation: string
  readonly table: string
  readonly schema: string
  /** The place of the one record that was under way, where it is one of a batch. */
  readonly position?: number | undefined
}

/**
 * The error that a caller gets for what a driver threw: what happened, where, and what to do.
 * The driver's message is left out of it, because it may quote a document; it is the `cause`.
 */
export function databaseError(cause: unknown, where: Where): RecordsError {
  if (cause instanceof RecordsError) return cause
  const code = sqlState(cause)
  if (code === undefined) return withoutSqlState(cause, where)
  const named = byCode[code] ?? byCode[code.slice(0, 2)]
  return named === undefined ? unexpected(cause, where, `PostgreSQL answered with SQLSTATE ${code}`) : named(cause, where, code)
}

/** The SQLSTATE of a driver's error, or `undefined` when the server did not answer with one. */
export function sqlState(error: unknown): string | undefined {
  const code = property(error, "code")
  // EPIPE is of that form too.
  if (typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code) || networkCode(error) !== undefined) return undefined
  return property(error, "routine") === "ReportCopyError" ? shardState(error) : code
}

// Citus writes batches to its shards with COPY, and passes on the words of a shard with the SQLSTATE of an internal error.
// What it says in other words is that a shard has refused what a record says.
function shardState(error: unknown): string {
  const message = String(property(error, "message"))
  const known = Object.entries({ ...REFUSALS, ...INTERRUPTIONS }).find(([, words]) => words.test(message))
  return known?.[0] ?? "23000"
}

// PostgreSQL's words for what it refuses, each with the name that it is refused for, by SQLSTATE.
const REFUSALS: Readonly<Record<string, RegExp>> = {
  "23505": /^duplicate key value violates unique constraint "(.+)"$/,
  "23502": /^null value in column "(.+?)" of relation ".+" violates not-null constraint$/,
  "23514": /^new row for relation ".+" violates check constraint "(.+)"$/,
  "23503": /^(?:insert or update|update or delete) on table ".+?" violates foreign key constraint "(.+?)"/,
  "23P01": /^conflicting key value violates exclusion constraint "(.+)"$/,
  "54000": /^index row (?:size .+ for index "(.+)"$|requires )/,
}

// Its words for what is no record's fault.
const INTERRUPTIONS: Readonly<Record<string, RegExp>> = {
  "40P01": /^deadlock detected$/,
  "40001": /^could not serialize access/,
  "55P03": /^canceling statement due to lock timeout$/,
  "57014": /^canceling statement/,
  "57P01": /^terminating connection/,
  "53000": /^(?:out of |could not (?:extend|resize|write|open|read|create))/,
}

/** Why the server has refused a statement, as far as it says so without values: the SQLSTATE and the constraint. */
export function refusalReason(cause: unknown): string {
  return [sqlState(cause), refusedFor(cause, "constraint")].join(" ")
}

/** Whether the server refused two statements for the same. */
export function isSameRefusal(one: unknown, other: unknown): boolean {
  if (refusalReason(one) !== refusalReason(other)) return false
  // Of one constraint there may be many values that it does not take beside those that are there. A trigger says in words
  // what it refuses.
  if (/^(?:23503|23001|23505|23P01)$/.test(sqlState(one) ?? "")) return property(one, "detail") === property(other, "detail")
  return refusedFor(one, "constraint") !== undefined || property(one, "message") === property(other, "message")
}

/** Whether the server has refused a record for what another one holds, which may be one of its batch, but for their ids. */
export function isForAnother(cause: unknown, table: Pick<Where, "table">): boolean {
  return /^(?:23505|23P01)$/.test(sqlState(cause) ?? "") && !isOfTakenId(cause, table)
}

/** The error for a record that the server left out of a write without an error; `position` is its place in a batch. */
export function notStored(operation: string, position?: number): RecordsError {
  const which = position === undefined ? "" : `, the one at position ${position}`
  return new RecordsError(
    "not_stored",
    `${operation}: the server has left out a record${which}, and said nothing, as it does for a trigger or a row-level security policy of the table, or where another transaction makes the record anew: nothing was written`,
  )
}

/** How many of the records of a statement the server left out without an error. */
interface LeftOut {
  readonly left: number
  readonly all: number
  /** The place of the first of them, where that is known. */
  readonly position: number | undefined
  readonly isTransaction: boolean
}

/** The error for a statement in which the server left out records without an error: in a transaction it takes the others along. */
export function leftOut(operation: string, { left, all, position, isTransaction }: LeftOut): RecordsError {
  if (isTransaction || left === all) return notStored(operation, position)
  return new RecordsError(
    "partly_stored",
    `${operation}: a trigger of the table has left out ${left} of the ${all} records, and said nothing: the others are stored`,
  )
}

/** Whether what was under way only reads. */
export function isRead({ operation }: Where): boolean {
  return READS.has(operation)
}

/** Whether a connection broke before the server said what became of the statement that it was sent. */
export function isUnanswered(cause: unknown): boolean {
  const code = sqlState(cause)
  // A server that ends a connection (57P01) says so to a statement that it has rolled back.
  if (code !== undefined) return code.startsWith("08") && !isOfServer(cause)
  if (networkCode(cause) !== undefined) return true
  return /connection (?:terminated|ended|closed)|closed the connection|read timeout/i.test(String(property(cause, "message")))
}

type ToError = (cause: unknown, where: Where, code: string) => RecordsError

// By SQLSTATE, or by its class (the first two characters).
const byCode: Record<string, ToError> = {
  "40001": (cause) => new TransactionConflictError({ cause }),
  "40P01": (cause) => new TransactionConflictError({ cause }),
  "42P01": missingTable,
  "3F000": missingTable,
  "42703": (cause, where) => wrongTable(cause, where, "lacks a column"),
  "42804": (cause, where) => wrongTable(cause, where, "has a column of another type"),
  "42883": (cause, where) => wrongTable(cause, where, "has a column of another type"),
  "42501": noPrivilege,
  "0A000": notSupported,
  "23505": duplicate,
  "23502": (cause, where) => rejected(cause, where, "a column that must have a value would be empty", refusedFor(cause, "column")),
  "23514": (cause, where) => rejected(cause, where, "a check constraint of the table does not hold"),
  "23503": foreignKey,
  "23001": foreignKey,
  "23P01": (cause, where) => rejected(cause, where, "an exclusion constraint of the table does not hold"),
  "23": (cause, where) => rejected(cause, where, "the table does not take it", "the cause says why"),
  "22003": (cause, where) => unfit(cause, where, "holds a number that is larger than its column takes, or its revision has become so"),
  "2201B": unreadableRegex,
  "54000": tooLongForIndex,
  "54001": (cause, where) => unfit(cause, where, "is nested too deep for the server"),
  "54": (cause, where) => unfit(cause, where, "is larger than one statement of PostgreSQL can be"),
  // More than 65,535 parameters break the protocol.
  "08P01": (cause, where) => (isOfServer(cause) ? unfit(cause, where, "is larger than one statement of PostgreSQL can be") : broken(cause, where)),
  "53300": (cause, where) => unavailable(cause, where, "the server has no connection left: use a smaller pool, or raise max_connections"),
  "25P02": (cause, where) =>
    new RecordsError(
      "transaction_aborted",
      `${where.operation}: an earlier statement of this transaction failed, so PostgreSQL refuses every further one: let the error leave the transaction, or put what may fail into a transaction of its own inside it`,
      { cause },
    ),
  "25P03": (cause, where) =>
    unavailable(cause, where, "the transaction waited for longer than idle_in_transaction_session_timeout, and was rolled back: try again"),
  "25P04": (cause, where) => unavailable(cause, where, "the transaction took longer than transaction_timeout, and was rolled back: try again with less"),
  "25P01": (cause, where) => ended(where.operation, cause),
  "25006": (cause, where) => new ConfigurationError("read_only", `${where.operation}: the server takes no writes here: connect to the primary`, { cause }),
  "55P03": (cause, where) => unavailable(cause, where, `another session keeps ${name(where)} locked: try again when it has ended`),
  "28": wrongLogin,
  "3D": (cause) =>
    new ConfigurationError("no_such_database", "the server has no database of that name: create it, or correct the connection string", { cause }),
  "08": broken,
  "57": (cause, where) => unavailable(cause, where, "the server ended the statement or the connection: try again"),
}

// A policy that lets this role write other records is met by what one says.
function noPrivilege(cause: unknown, where: Where): RecordsError {
  if (property(cause, "routine") === "ExecWithCheckOptions")
    return rejected(cause, where, "a row-level security policy of the table does not let it in", "the cause says which")
  return new ConfigurationError("no_privilege", `${where.operation}: this role may not do that on ${name(where)}: grant it the privilege`, { cause })
}

// Of what only takes records, it is a constraint or a trigger that reads one.
function unreadableRegex(cause: unknown, where: Where): RecordsError {
  if (WITHOUT_FILTERS.has(where.operation)) return unfit(cause, where, "holds a regular expression that PostgreSQL cannot read, and that the table asks it to")
  return new InvalidQueryError("/filters", "PostgreSQL cannot read a regular expression among these", { cause })
}

const WITHOUT_FILTERS = new Set([
  "create",
  "update",
  "upsert",
  "patch",
  "delete",
  "createBatch",
  "updateBatch",
  "upsertBatch",
  "patchBatch",
  "deleteBatch",
  "transaction",
])

function notSupported(cause: unknown, where: Where): RecordsError {
  const why = lockingOverShards[where.operation] ?? "Citus has none for some statements over several shards: the cause says which, ask for it in another way"
  return new ConfigurationError("not_supported", `${where.operation} on ${name(where)}: the server has no way to do that on this table. ${why}`, { cause })
}

// What to do instead of locking many records before they are written to.
const patchedOneByOne = "Where Citus distributes it, say `distribute: true` in its definition: the records are patched one by one then"
const lockingOverShards: Record<string, string> = {
  claim: "One that Citus distributes cannot lock records of several shards: patch() them one by one",
  patchBatch: patchedOneByOne,
  patchWhere: patchedOneByOne,
}

function missingTable(cause: unknown, where: Where): RecordsError {
  return new ConfigurationError(
    "missing_table",
    `${where.operation}: there is no table ${name(where)}: run \`await db.migrate()\`, or \`npx kysely migrate latest\` where kysely-ctl is set up`,
    { cause },
  )
}

function wrongTable(cause: unknown, where: Where, what: string): RecordsError {
  return new ConfigurationError("wrong_table", `${where.operation}: ${name(where)} ${what}: it was not made by the migrations of this package`, { cause })
}

function wrongLogin(cause: unknown): RecordsError {
  return new ConfigurationError(
    "login_refused",
    "the server refused this user and password: check both in the connection string, and pg_hba.conf on the server",
    { cause },
  )
}

/** Whether the server has refused a record for an id that another one has. */
export function isOfTakenId(cause: unknown, { table }: Pick<Where, "table">): boolean {
  const constraint = constraintName(cause)
  // Of a partition it is named after the partition.
  return sqlState(cause) === "23505" && constraint.startsWith(table) && constraint.endsWith("_pkey")
}

function duplicate(cause: unknown, where: Where): RecordsError {
  const constraint = constraintName(cause)
  const isOfId = isOfTakenId(cause, where)
  const what = isOfId ? "there is a record with this id already" : `the unique index ${constraint} holds this value already`
  const which = where.position === undefined ? "" : ` record ${where.position}:`
  const advice = isOfId ? "use update() to change a record that exists" : "give it another value, or change the record that has it"
  return new DuplicateRecordError(`${where.operation}:${which} ${what}: nothing was written; ${advice}`, { cause, position: where.position })
}

function rejected(cause: unknown, where: Where, why: string, by: unknown = constraintName(cause)): RecordsError {
  return new InvalidRecordError(pointerTo(where), `${where.operation} on ${name(where)}: ${why} (${String(by)})`, { cause })
}

function foreignKey(cause: unknown, where: Where): RecordsError {
  return rejected(cause, where, "a foreign key, of the table or of one that refers to it, does not hold")
}

const READS = new Set(["search", "count", "explain", "read", "readBatch", "exists"])

function unfit(cause: unknown, where: Where, what: string): RecordsError {
  return READS.has(where.operation) ? new InvalidQueryError("", what, { cause }) : new InvalidRecordError(pointerTo(where), what, { cause })
}

function pointerTo({ position }: Where): string {
  return position === undefined ? "" : pointerText(child("", position))
}

// PostgreSQL's btree holds values of some 2,700 bytes. It names the index, but for a row beyond 8,191 bytes.
function tooLongForIndex(cause: unknown, where: Where): RecordsError {
  const index = refusedFor(cause, "constraint")
  const isOfIndex = [property(cause, "routine"), property(cause, "message")].some((text) => /^index[_ ](?:form_tuple|row )/.test(String(text)))
  if (index === undefined && !isOfIndex) return unfit(cause, where, "is larger than PostgreSQL can hold")
  const which = index !== undefined ? `the index ${index}` : `an index of ${name(where)}`
  return new InvalidRecordError(pointerTo(where), `${where.operation}: a value is too long for ${which}: nothing was written; shorten it, or drop the index`, {
    cause,
  })
}

function unavailable(cause: unknown, where: Where, what: string): RecordsError {
  return new DatabaseUnavailableError(`${where.operation}: ${what}`, { cause })
}

function broken(cause: unknown, where: Where): RecordsError {
  return unavailable(cause, where, "the connection to the server broke: try again")
}

/** Whether an error is the server's own: a pooler speaks in its name, and lets out where in its source an error was raised. */
export function isOfServer(cause: unknown): boolean {
  return property(cause, "routine") !== undefined
}

function unexpected(cause: unknown, where: Where, what: string): RecordsError {
  const place = where.position === undefined ? "" : `, to the record at position ${where.position}`
  return new RecordsError("database_error", `${where.operation} on ${name(where)}: ${what}${place}; the driver's error is the cause`, { cause })
}

const NETWORK_CODES = new Set(["ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "EPIPE", "EAI_AGAIN", "ENOENT"])

// Without a SQLSTATE the server said nothing: it was not reached, or the connection went away.
function withoutSqlState(cause: unknown, where: Where): RecordsError {
  const code = networkCode(cause)
  if (code !== undefined) return unavailable(cause, where, `no server answers there (${code}): check host and port, and that PostgreSQL is running`)
  const message = property(cause, "message")
  if (typeof message !== "string") return unexpected(cause, where, "the driver threw something that is no error")
  if (/SASL|password/i.test(message)) return wrongLogin(cause)
  if (/SSL|TLS|certificate/i.test(message)) {
    return new ConfigurationError(
      "ssl_refused",
      `${where.operation}: the server and this client do not agree on SSL: set \`ssl\`, or sslmode in the connection string`,
      { cause },
    )
  }
  if (/timeout exceeded when trying to connect/.test(message)) {
    return unavailable(cause, where, "no connection was free or could be opened in time: raise poolSize or maxOverflow, or check that the server answers")
  }
  if (/connection (?:terminated|ended|closed)|not queryable|has been discarded|closed the connection/i.test(message)) {
    return broken(cause, where)
  }
  if (/transaction is (?:already )?(?:closed|committed|rolled back)/i.test(message)) return ended(where.operation, cause)
  if (/after calling end|destroyed|is (?:already )?clos(?:ed|ing)/i.test(message)) {
    return new ConfigurationError("closed", `${where.operation}: this database was closed: open a new PostgresDatabase`, { cause })
  }
  return unexpected(cause, where, "the driver failed")
}

// Node tries every address of a host and throws what all of them said.
function networkCode(cause: unknown): string | undefined {
  const code = property(cause, "code")
  if (typeof code === "string" && NETWORK_CODES.has(code)) return code
  const errors = property(cause, "errors")
  return Array.isArray(errors) ? errors.map(networkCode).find((inner) => inner !== undefined) : undefined
}

function constraintName(cause: unknown): string {
  return refusedFor(cause, "constraint") ?? "without a name"
}

// The name of what something was refused for. Citus leaves it in the words of a shard.
function refusedFor(cause: unknown, kind: "constraint" | "column"): string | undefined {
  const name = property(cause, kind)
  if (typeof name === "string") return name
  const said = REFUSALS[sqlState(cause) ?? ""]?.exec(String(property(cause, "message")))?.[1]
  // A constraint has the number of the shard, which is another one for the same of another record.
  return kind === "constraint" ? said?.replace(/_\d+$/, "") : said
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && key in value ? Reflect.get(value, key) : undefined
}

function name({ schema, table }: Where): string {
  return `"${schema}"."${table}"`
}

import { ConfigurationError } from "../errors.ts"
import type { JsonObject, RecordShape } from "../query/field.ts"

/** What `defineRecords` takes. */
export interface RecordsOptions {
  /** The table, `records` when left out. Its indexes and its migration table are named after it. */
  table?: string
  /** The schema that the table is in, `public` when left out. */
  schema?: string
}

// Carries the record type to the compiler; never there at run time.
declare const recordType: unique symbol

/** Where a table is. */
export interface TableName {
  readonly table: string
  readonly schema: string
}

/** A table of records, declared once: where it is, and the types of its documents. */
export interface RecordsDefinition<F = JsonObject, M = JsonObject> extends DefinitionOf<RecordShape<F, M>> {}

/** A definition by the shape of its records. */
export interface DefinitionOf<T> extends TableName {
  readonly [recordType]?: T
}

/**
 * Declares a table of records: its name, and the types of `fields` and `metadata`.
 *
 * @example
 * const people = defineRecords<Person, Source>({ table: "people" })
 * // select ... from "public"."people"
 * @throws ConfigurationError for a name that PostgreSQL or Kysely would read as something else.
 */
export function defineRecords<F = JsonObject, M = JsonObject>(options: RecordsOptions = {}): RecordsDefinition<F, M> {
  const unknown = Object.keys(options).find((key) => key !== "table" && key !== "schema")
  if (unknown !== undefined) throw new ConfigurationError("invalid_definition", `defineRecords: unknown option ${JSON.stringify(unknown)}`)
  const { table = "records", schema = "public" } = options
  return { table: checkedName("table", table), schema: checkedName("schema", schema) }
}

// PostgreSQL cuts names at 63 bytes without an error; the longest name made from a table's, kysely_migration_<table>_lock, adds 22.
const LONGEST_NAME = 41

function checkedName(what: "table" | "schema", name: unknown): string {
  const fault = nameFault(name)
  if (typeof name === "string" && fault === undefined) return name
  throw new ConfigurationError("invalid_definition", `defineRecords: the ${what} ${fault}`)
}

function nameFault(name: unknown): string | undefined {
  if (typeof name !== "string" || name === "") return "must be a name, a string that is not empty"
  if (Buffer.byteLength(name) > LONGEST_NAME) return `must be at most ${LONGEST_NAME} bytes long`
  if (name.includes(".")) return "must not contain a dot: give the schema as `schema`"
  if (name.includes("\u0000") || !name.isWellFormed()) return "must not contain a NUL character or a lone surrogate"
  // Kysely reads "a as b" as an alias and trims blanks.
  if (/\sas\s/i.test(name) || name.trim() !== name) return "must not contain ` as ` or start or end with a blank"
  return undefined
}

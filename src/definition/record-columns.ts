import { ConfigurationError } from "../errors.ts"
import type { IdType, OptionalColumn } from "../query/record-type.ts"
import { nameFault } from "./name-fault.ts"

/** A column that holds a time. Without a zone its times are those of UTC. */
export type TimeType = "timestamptz" | "timestamp"

/** The columns of a table that has other ones than `migrate` makes; what is left out is as `migrate` makes it. */
export interface ColumnOptions {
  /** A `uuid` when only the name is given. */
  readonly id?: string | { readonly name?: string; readonly type: IdType }
  /** A `jsonb` column. */
  readonly fields?: string
  /** A `jsonb` column. `false`: the table has none, and no record has metadata. */
  readonly metadata?: string | false
  /** A whole number. `false`: the table has none; every record is read with revision 0. */
  readonly revision?: string | false
  /** A `timestamptz` when only the name is given. */
  readonly createdAt?: string | TimeColumnOptions
  readonly updatedAt?: string | TimeColumnOptions
}

/** The name and the type of a column that holds a time. */
export interface TimeColumnOptions {
  readonly name?: string
  readonly type: TimeType
}

/** A column of a table: its name there, and whether `migrate` made it so. */
interface Column {
  readonly name: string
  /** As `migrate` makes it: never NULL (but for `metadata`), and its times are whole milliseconds. */
  readonly isOurs: boolean
}

/** A column that holds a time. */
export interface TimeColumn extends Column {
  readonly type: TimeType
}

/** Which columns of a table hold a record. */
export interface RecordColumns {
  readonly id: Column & { readonly type: IdType }
  readonly fields: Column
  readonly metadata: Column | undefined
  readonly revision: Column | undefined
  readonly createdAt: TimeColumn
  readonly updatedAt: TimeColumn
}

/** The columns that `migrate` makes. */
export const OUR_COLUMNS: RecordColumns = {
  id: { name: "id", isOurs: true, type: "uuid" },
  fields: { name: "fields", isOurs: true },
  metadata: { name: "metadata", isOurs: true },
  revision: { name: "revision", isOurs: true },
  createdAt: { name: "created_at", isOurs: true, type: "timestamptz" },
  updatedAt: { name: "updated_at", isOurs: true, type: "timestamptz" },
}

/** The columns that a definition names. @throws ConfigurationError for a name or a type that cannot be. */
export function recordColumns(given: unknown): RecordColumns {
  if (given === undefined) return OUR_COLUMNS
  if (typeof given !== "object" || given === null || Array.isArray(given)) return refuse("", "is an object: { fields: 'data', ... }")
  const options = new Map<string, unknown>(Object.entries(given).filter(([, value]) => value !== undefined))
  const unknown = [...options.keys()].find((key) => !Object.hasOwn(OUR_COLUMNS, key))
  if (unknown !== undefined) return refuse(`.${unknown}`, `is no column of a record: those are ${Object.keys(OUR_COLUMNS).join(", ")}`)
  const columns: RecordColumns = {
    id: typedColumn("id", ["uuid", "text"], options.get("id")) ?? OUR_COLUMNS.id,
    fields: namedColumn("fields", options.get("fields")) ?? OUR_COLUMNS.fields,
    metadata: options.get("metadata") === false ? undefined : (namedColumn("metadata", options.get("metadata")) ?? OUR_COLUMNS.metadata),
    revision: options.get("revision") === false ? undefined : (namedColumn("revision", options.get("revision")) ?? OUR_COLUMNS.revision),
    createdAt: typedColumn("createdAt", TIME_TYPES, options.get("createdAt")) ?? OUR_COLUMNS.createdAt,
    updatedAt: typedColumn("updatedAt", TIME_TYPES, options.get("updatedAt")) ?? OUR_COLUMNS.updatedAt,
  }
  return distinct(columns)
}

/** Whether a table has other columns than `migrate` makes. */
export function isMapped(columns: RecordColumns): boolean {
  return columns !== OUR_COLUMNS
}

/** The columns that a record may have, and this table has not. */
export function absentColumns(columns: RecordColumns): readonly OptionalColumn[] {
  return (["metadata", "revision"] as const).filter((column) => columns[column] === undefined)
}

const TIME_TYPES = ["timestamptz", "timestamp"] as const

type ColumnName = keyof RecordColumns

function namedColumn(column: ColumnName, given: unknown): Column | undefined {
  return given === undefined ? undefined : { name: checkedName(column, given), isOurs: false }
}

// The first type is that of a column of which only the name is given.
function typedColumn<Type extends string>(
  column: ColumnName,
  types: readonly [Type, ...Type[]],
  given: unknown,
): (Column & { readonly type: Type }) | undefined {
  if (given === undefined) return undefined
  if (typeof given === "string") return { name: checkedName(column, given), isOurs: false, type: types[0] }
  if (typeof given !== "object" || given === null || Array.isArray(given)) return refuse(`.${column}`, "is a name, or { name, type }")
  const { name, type, ...rest } = { name: OUR_COLUMNS[column]?.name, type: undefined, ...given }
  if (Object.keys(rest).length > 0) return refuse(`.${column}`, "is a name, or { name, type }")
  const known = types.find((one) => one === type) ?? refuse(`.${column}.type`, `is one of ${types.join(" and ")}`)
  return { name: checkedName(column, name), isOurs: false, type: known }
}

function checkedName(column: ColumnName, name: unknown): string {
  const fault = nameFault(name)
  return typeof name === "string" && fault === undefined ? name : refuse(`.${column}`, fault ?? "is a name")
}

function distinct(columns: RecordColumns): RecordColumns {
  const names = Object.values(columns).flatMap((column: Column | undefined) => (column === undefined ? [] : [column.name]))
  const twice = names.find((name, index) => names.indexOf(name) < index)
  return twice === undefined ? columns : refuse("", `names one column twice: ${JSON.stringify(twice)}`)
}

function refuse(place: string, reason: string): never {
  throw new ConfigurationError("invalid_definition", `defineRecords: columns${place} ${reason}`)
}

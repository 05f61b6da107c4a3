import { ConfigurationError } from "../errors.ts"
import type { DocumentColumn } from "../path/json-path.ts"
import type { JsonObject, RecordShape } from "../query/field.ts"
import type { RecordsOf, RecordsTraits } from "../query/record-type.ts"
import { type IndexLookup, indexLookup } from "./index-lookup.ts"
import type { IndexOptions } from "./index-options.ts"
import { nameFault } from "./name-fault.ts"
import { absentColumns, type ColumnOptions, type RecordColumns, recordColumns } from "./record-columns.ts"
import { type RecordIndex, recordIndexes } from "./record-index.ts"
import { type DocumentSchemas, documentSchemas, type SchemaOptions, type WrittenAs } from "./record-schemas.ts"
import { type TableLayout, tableLayout } from "./table-layout.ts"

/** What `defineRecords` takes. */
export interface RecordsOptions<T = RecordShape> {
  /** The table, `records` when left out. Its indexes and its migration table are named after it. */
  table?: string
  /** The schema that the table is in, `public` when left out. */
  schema?: string
  /** The indexes of the table beside its primary key and its GIN. */
  indexes?: readonly IndexOptions<T>[]
  /** The GIN on each whole document, which serves `=`, `in` and `contains` at every path. `false`: none. */
  gin?: boolean | { readonly fields?: boolean; readonly metadata?: boolean }
  /** The columns of a table that was there before, where they have other names or types than `migrate` gives them. */
  columns?: ColumnOptions
  /** Divides the table into so many partitions by a hash of `id`. No index but one with `id` in it can be unique then. */
  partitions?: number
  /** Whether Citus distributes the table by `id`. No index but one with `id` in it can be unique then. */
  distribute?: boolean
}

// Without a type of records the compiler would take the fields of the indexes for all that there are.
interface UntypedOptions extends RecordsOptions {
  indexes: readonly IndexOptions<RecordShape>[]
  schemas?: undefined
  validateReads?: undefined
}

// As the caller may have them at run time.
interface UncheckedOptions extends Omit<RecordsOptions, "indexes"> {
  indexes?: unknown
  schemas?: unknown
  validateReads?: unknown
}

/** Where a table is. */
export interface TableName {
  readonly table: string
  readonly schema: string
}

/** A table and its indexes. */
export interface TableDefinition extends TableName, TableLayout, RecordsTraits {
  /** The documents with a GIN of their own. */
  readonly gin: readonly DocumentColumn[]
  readonly indexes: readonly RecordIndex[]
  /** The same indexes, as the compiler of conditions asks for them. */
  readonly lookup: IndexLookup
  /** Which columns hold a record. */
  readonly columns: RecordColumns
  readonly schemas: DocumentSchemas
  readonly validateReads: boolean
}

/**
 * A table of records, declared once: where it is, its indexes, and the types of its documents: `F` and `M` as they are
 * stored, `FIn` and `MIn` as they are written, which differ where a schema transforms them.
 */
export interface RecordsDefinition<F = JsonObject, M = JsonObject, FIn = F, MIn = M>
  extends DefinitionOf<RecordShape<F, M>>,
    WrittenAs<RecordShape<FIn, MIn>> {}

/** A definition by the shape of its records. */
export interface DefinitionOf<T> extends TableDefinition, RecordsOf<T> {}

/**
 * Declares a table of records: its name, the types of `fields` and `metadata`, and its indexes. Conditions compile to
 * the SQL that these indexes serve. Where `schemas` has a schema for a document, its type need not be given.
 *
 * @example
 * const people = defineRecords<Person, Source>({ table: "people", indexes: [{ field: "fields.age" }] })
 * // select ... from "public"."people"
 * @throws ConfigurationError for a name that PostgreSQL or Kysely would read as something else, and for an index that
 * has no meaning.
 */
export function defineRecords(options: UntypedOptions): RecordsDefinition
export function defineRecords<F = JsonObject, M = JsonObject, FIn = F, MIn = M>(
  options?: RecordsOptions<RecordShape<F, M>> & SchemaOptions<F, M, FIn, MIn>,
): RecordsDefinition<F, M, FIn, MIn>
export function defineRecords(options: UncheckedOptions = {}): RecordsDefinition<unknown, unknown> {
  const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key))
  if (unknown !== undefined) throw new ConfigurationError("invalid_definition", `defineRecords: unknown option ${JSON.stringify(unknown)}`)
  const { table = "records", schema = "public", validateReads = false } = options
  if (typeof validateReads !== "boolean") throw new ConfigurationError("invalid_definition", "defineRecords: validateReads is true or false")
  const columns = recordColumns(options.columns)
  const gin = ginColumns(options.gin ?? true).filter((column) => columns[column] !== undefined)
  const traits = { ids: columns.id.type, absent: absentColumns(columns) }
  const indexes = recordIndexes(options.indexes, traits)
  return {
    table: checkedName("table", table),
    schema: checkedName("schema", schema),
    gin,
    indexes,
    lookup: indexLookup(gin, indexes),
    columns,
    ...traits,
    ...tableLayout(options.partitions, options.distribute, indexes),
    schemas: documentSchemas(options.schemas),
    validateReads,
  }
}

const OPTIONS = ["table", "schema", "indexes", "gin", "columns", "partitions", "distribute", "schemas", "validateReads"]

function ginColumns(gin: unknown): readonly DocumentColumn[] {
  const columns = ["fields", "metadata"] as const
  if (typeof gin === "boolean") return gin ? columns : []
  const given = new Map<string, unknown>(typeof gin === "object" && gin !== null ? Object.entries(gin) : [["", gin]])
  for (const [column, value] of given) {
    if ((column !== "fields" && column !== "metadata") || (value !== undefined && typeof value !== "boolean")) {
      throw new ConfigurationError("invalid_definition", "defineRecords: gin is true, false, or { fields, metadata } of these")
    }
  }
  return columns.filter((column) => given.get(column) !== false)
}

function checkedName(what: "table" | "schema", name: unknown): string {
  const fault = what === "table" && name === "excluded" ? "must not be `excluded`: an upsert of PostgreSQL calls the new row so" : nameFault(name)
  if (typeof name === "string" && fault === undefined) return name
  throw new ConfigurationError("invalid_definition", `defineRecords: the ${what} ${fault}`)
}

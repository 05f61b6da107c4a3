import { OUR_COLUMNS, type RecordColumns } from "../definition/record-columns.ts"
import { ConfigurationError } from "../errors.ts"
import type { DocumentColumn, JsonPath, PathStep, PlainColumnName } from "../path/json-path.ts"

/*
 * The SQL of a path, and the only place where a key becomes SQL text. Filter, sort, selection and indexes all take
 * it from here: an index serves a query only when both spell the path alike.
 */

/** What stands around an accessor: the columns of the table, its alias, and inside how many `any` it is. */
export interface AccessorScope {
  readonly columns: RecordColumns
  readonly table: string | undefined
  readonly depth: number
}

/** The columns that `migrate` makes without a table before them, outside of any `any`. */
export const PLAIN_SCOPE: AccessorScope = { columns: OUR_COLUMNS, table: undefined, depth: 0 }

/** The alias of the elements that the innermost `any` looks at. */
export function elementAlias({ depth }: AccessorScope): string {
  return identifier(`element_${depth}`)
}

/**
 * The value at a path as `jsonb`, SQL NULL where there is none.
 *
 * @example
 * jsonAccessor({ column: "fields", steps: ["tags", 0] })
 * // case when jsonb_typeof("fields"->'tags') = 'array' then "fields"->'tags'->0 end
 */
export function jsonAccessor(path: JsonPath, scope: AccessorScope = PLAIN_SCOPE): string {
  return accessorWithin(root(path, scope), path.steps)
}

/**
 * The value at a path inside of what an expression gives, as `jsonb`; SQL NULL where there is none.
 *
 * @example
 * accessorWithin('"document"', ["address", "city"]) // "document"->'address'->'city'
 */
export function accessorWithin(start: string, steps: readonly PathStep[]): string {
  return guarded(steps, start, arrows(steps))
}

/**
 * The same where whatever the path takes an element of is known to be an array, or NULL.
 *
 * @example
 * unguardedAccessor('"document"', ["tags", 0]) // "document"->'tags'->0
 */
export function unguardedAccessor(start: string, steps: readonly PathStep[]): string {
  return start + arrows(steps)
}

/**
 * The value at a path as `jsonb`, JSON null where there is none: one total order, and never SQL NULL.
 *
 * @example
 * valueAccessor({ column: "fields", steps: ["age"] }) // coalesce("fields"->'age', 'null')
 */
export function valueAccessor(path: JsonPath, scope: AccessorScope = PLAIN_SCOPE): string {
  return isNeverNull(path, scope) ? jsonAccessor(path, scope) : `coalesce(${jsonAccessor(path, scope)}, 'null')`
}

/**
 * The value at a path as text, SQL NULL where there is none; a string without its quotes.
 *
 * @example
 * textAccessor({ column: "fields", steps: ["address", "city"] }) // "fields"->'address'->>'city'
 */
export function textAccessor(path: JsonPath, scope: AccessorScope = PLAIN_SCOPE): string {
  const last = path.steps.at(-1)
  // The one operator that turns the document itself into text.
  if (last === undefined) return `${root(path, scope)}#>>'{}'`
  return guarded(path.steps, root(path, scope), `${arrows(path.steps.slice(0, -1))}->>${operand(last)}`)
}

/** How many characters of a string a `text` index holds: any entry fits into a page, however long the string is. */
export const LONGEST_PREFIX = 500

/**
 * How the text at a path begins, for a `text` index.
 *
 * @example
 * prefixAccessor({ column: "fields", steps: ["name"] }) // left("fields"->>'name', 500)
 */
export function prefixAccessor(path: JsonPath, scope: AccessorScope = PLAIN_SCOPE): string {
  return `left(${textAccessor(path, scope)}, ${LONGEST_PREFIX})`
}

/**
 * A column that is no document.
 *
 * @throws ConfigurationError when the definition says that the table has none.
 */
export function columnAccessor(column: PlainColumnName, scope: AccessorScope = PLAIN_SCOPE): string {
  return columnName(column, scope)
}

/** Whether a document may be SQL NULL as a whole. */
export function isNullable(column: JsonPath["column"], { columns }: AccessorScope): boolean {
  return column === "metadata" || (column === "fields" && !columns.fields.isOurs)
}

// An element of an array is always something.
function isNeverNull({ column, steps }: JsonPath, scope: AccessorScope): boolean {
  return steps.length === 0 && !isNullable(column, scope)
}

function root({ column }: JsonPath, scope: AccessorScope): string {
  return column === "element" ? `${elementAlias(scope)}."value"` : columnName(column, scope)
}

function columnName(column: DocumentColumn | PlainColumnName, { columns, table }: AccessorScope): string {
  const name = columns[column]?.name
  if (name === undefined) throw new ConfigurationError("no_column", `${column}: the definition says that the table has no such column`)
  return table === undefined ? identifier(name) : `${identifier(table)}.${identifier(name)}`
}

function identifier(name: string): string {
  return name.includes('"') ? `"${name.replaceAll('"', '""')}"` : `"${name}"`
}

// PostgreSQL takes a lone scalar for an array of one: '5'::jsonb -> 0 is 5. A path must find nothing there.
function guarded(steps: readonly PathStep[], start: string, path: string): string {
  if (!steps.some((step) => typeof step === "number")) return start + path
  const guards = steps.flatMap((step, index) => (typeof step === "number" ? [`jsonb_typeof(${start}${arrows(steps.slice(0, index))}) = 'array'`] : []))
  return `(case when ${guards.join(" and ")} then ${start}${path} end)`
}

function arrows(steps: readonly PathStep[]): string {
  return steps.reduce<string>((path, step) => `${path}->${operand(step)}`, "")
}

function operand(step: PathStep): string {
  // The blank keeps the arrow and a minus sign from being read as one operator.
  return typeof step === "string" ? textLiteral(step) : step < 0 ? ` ${step}` : String(step)
}

/** A text as a literal of SQL. With a backslash only the E'' form means the same whatever standard_conforming_strings is set to. */
export function textLiteral(text: string): string {
  const quoted = text.includes("'") ? text.replaceAll("'", "''") : text
  return text.includes("\\") ? ` E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`
}

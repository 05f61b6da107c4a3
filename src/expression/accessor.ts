import type { JsonPath, PathStep, PlainColumnName } from "../path/json-path.ts"
import { plainColumns } from "../path/json-path.ts"

/*
 * The SQL of a path, and the only place where a key becomes SQL text. Filter, sort, selection and indexes all take
 * it from here: an index serves a query only when both spell the path alike.
 */

/** What stands around an accessor: the alias of the table, and inside how many `any` it is. */
export interface AccessorScope {
  readonly table: string | undefined
  readonly depth: number
}

/** Columns without a table before them, outside of any `any`. */
export const PLAIN_SCOPE: AccessorScope = { table: undefined, depth: 0 }

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
  return guarded(path, root(path, scope), arrows(path.steps))
}

/**
 * The value at a path as `jsonb`, JSON null where there is none: one total order, and never SQL NULL.
 *
 * @example
 * valueAccessor({ column: "fields", steps: ["age"] }) // coalesce("fields"->'age', 'null')
 */
export function valueAccessor(path: JsonPath, scope: AccessorScope = PLAIN_SCOPE): string {
  return isNeverNull(path) ? jsonAccessor(path, scope) : `coalesce(${jsonAccessor(path, scope)}, 'null')`
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
  return guarded(path, root(path, scope), `${arrows(path.steps.slice(0, -1))}->>${operand(last)}`)
}

/** A column that is no document. */
export function columnAccessor(column: PlainColumnName, scope: AccessorScope = PLAIN_SCOPE): string {
  return columnName(plainColumns[column], scope.table)
}

// The column `fields` is not null, and an element of an array is always something.
function isNeverNull({ column, steps }: JsonPath): boolean {
  return column !== "metadata" && steps.length === 0
}

function root({ column }: JsonPath, scope: AccessorScope): string {
  return column === "element" ? `${elementAlias(scope)}."value"` : columnName(column, scope.table)
}

function columnName(column: string, table: string | undefined): string {
  return table === undefined ? identifier(column) : `${identifier(table)}.${identifier(column)}`
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

// PostgreSQL takes a lone scalar for an array of one: '5'::jsonb -> 0 is 5. A path must find nothing there.
function guarded({ steps }: JsonPath, start: string, path: string): string {
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
  const quoted = text.replaceAll("'", "''")
  return text.includes("\\") ? ` E'${quoted.replaceAll("\\", "\\\\")}'` : `'${quoted}'`
}

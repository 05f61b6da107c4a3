/** The columns that hold a JSON document. */
export type DocumentColumn = "fields" | "metadata"

/** One step into a document: a string is a key of an object, a number an index of an array (negative: from the end). */
export type PathStep = string | number

/** What a path starts from: a document, or inside `any` the element of the array. */
export type PathRoot = DocumentColumn | "element"

/** A place inside a document or an element. No steps: the whole of it. */
export interface JsonPath {
  readonly column: PathRoot
  readonly steps: readonly PathStep[]
}

/** The columns that are no documents, by the name a query gives them. */
export const plainColumns = {
  id: "id",
  revision: "revision",
  createdAt: "created_at",
  updatedAt: "updated_at",
} as const

/** A column that is no document, as a query names it. */
export type PlainColumnName = keyof typeof plainColumns

/** What a field of a query names: a place in a document, or a column. */
export type FieldPath = JsonPath | { readonly column: PlainColumnName }

/** Whether a field names a place in a document or an element. */
export function isJsonPath(path: FieldPath): path is JsonPath {
  return path.column === "fields" || path.column === "metadata" || path.column === "element"
}

/** Whether a name is one of the columns that are no documents. */
export function isPlainColumn(name: unknown): name is PlainColumnName {
  return typeof name === "string" && Object.hasOwn(plainColumns, name)
}

/** A dotted segment, or a bare element of SQL braces: a whole number is an index, everything else a key. */
export function dottedStep(segment: string): PathStep {
  return /^(?:0|[1-9][0-9]*)$/.test(segment) ? Math.min(Number(segment), Number.MAX_SAFE_INTEGER) : segment
}

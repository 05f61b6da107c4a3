import { type FieldPath, isJsonPath, type PathStep } from "../path/json-path.ts"
import type { Found, StoredRecord } from "../query/query.ts"

/** A row as a driver gives it. */
export type Row = Readonly<Record<string, unknown>>

/** The record in a row with every column. */
export function storedRecord<F, M>(row: Row): StoredRecord<F, M> {
  const record = {
    id: row["id"],
    fields: row["fields"],
    metadata: row["metadata"],
    revision: Number(row["revision"]),
    createdAt: date(row["created_at"]),
    updatedAt: date(row["updated_at"]),
  }
  // The types of the documents are the caller's word for what is in the table.
  return record as StoredRecord<F, M>
}

/** What a search gives for its rows: whole records, or with `select` those paths. */
export function foundRecords<F, M, Paths>(rows: readonly Row[], select: readonly FieldPath[] | undefined): Found<F, M, Paths>[] {
  const found: unknown[] = select === undefined ? rows.map(storedRecord) : rows.map((row) => selectedRecord(row, select))
  // Which of the two it is follows from the query; that it fits the types is the caller's word.
  return found as Found<F, M, Paths>[]
}

/** The row of a `select`: each path that has a value, in its place. */
export function selectedRecord(row: Row, paths: readonly FieldPath[]): unknown {
  const root: Tree = { children: new Map() }
  paths.forEach((path, index) => {
    const value = row[String(index)]
    if (value === null || value === undefined) return
    if (isJsonPath(path)) plant(root, [path.column, ...path.steps], value)
    else plant(root, [path.column], plainValue[path.column](value))
  })
  return grown(root)
}

// Drivers differ in what they make of a bigint and a time.
const plainValue = { id: String, revision: Number, createdAt: date, updatedAt: date }

function date(value: unknown): Date {
  return value instanceof Date ? value : new Date(String(value))
}

/** The selected values by their steps, before they are objects and arrays. */
interface Tree {
  value?: unknown
  readonly children: Map<PathStep, Tree>
}

function plant(root: Tree, steps: readonly PathStep[], value: unknown): void {
  let tree = root
  for (const step of steps) {
    const next = tree.children.get(step) ?? { children: new Map() }
    tree.children.set(step, next)
    tree = next
  }
  tree.value = value
}

function grown(tree: Tree): unknown {
  // A value holds what was selected below it.
  if (tree.value !== undefined) return tree.value
  const steps = [...tree.children.keys()]
  const indexes = steps.filter((step) => typeof step === "number")
  return indexes.length > 0 ? grownArray(tree, indexes) : grownObject(tree)
}

function grownObject(tree: Tree): object {
  const object = {}
  for (const [key, child] of tree.children) {
    // Defined rather than assigned: a document may have the key __proto__.
    Object.defineProperty(object, key, { value: grown(child), enumerable: true, writable: true, configurable: true })
  }
  return object
}

// Each element stands where `at()` finds it, those counted from the end behind the others.
function grownArray(tree: Tree, indexes: readonly number[]): unknown[] {
  const array: unknown[] = []
  array.length = Math.max(0, ...indexes.map((index) => index + 1)) + Math.max(0, ...indexes.map((index) => -index))
  for (const index of indexes) {
    const child = tree.children.get(index)
    if (child !== undefined) array[index < 0 ? array.length + index : index] = grown(child)
  }
  return array
}

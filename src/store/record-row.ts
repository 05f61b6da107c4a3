import { exactValue, type NumberForm } from "../json/exact-number.ts"
import { type FieldPath, isJsonPath, type PathStep } from "../path/json-path.ts"
import type { StoredRecord } from "../query/query.ts"

/** A row as a driver gives it. */
export type Row = Readonly<Record<string, unknown>>

/** The record in a row with every column. */
export function storedRecord<F, M>(row: Row): StoredRecord<F, M> {
  // The types of the documents are the caller's word for what is in the table.
  return recordIn(row, undefined) as StoredRecord<F, M>
}

/** The same in either form; with exact numbers the documents of the row are text. */
export function recordIn(row: Row, numbers: NumberForm): object {
  return {
    id: row["id"],
    fields: document(row["fields"], numbers),
    metadata: document(row["metadata"], numbers),
    revision: Number(row["revision"]),
    createdAt: date(row["created_at"]),
    updatedAt: date(row["updated_at"]),
  }
}

/** The row of a `select`: each path that has a value, in its place. */
export function selectedRecord(row: Row, paths: readonly FieldPath[], numbers: NumberForm): unknown {
  const root: Tree = { children: new Map() }
  paths.forEach((path, index) => {
    const value = row[String(index)]
    if (value === null || value === undefined) return
    if (isJsonPath(path)) plant(root, [path.column, ...path.steps], document(value, numbers))
    else plant(root, [path.column], plainValue[path.column](value))
  })
  return grown(root)
}

function document(value: unknown, numbers: NumberForm): unknown {
  return numbers === "exact" && typeof value === "string" ? exactValue(value) : value
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

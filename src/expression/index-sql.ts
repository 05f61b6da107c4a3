import type { IndexKey, RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { type FieldPath, isJsonPath } from "../path/json-path.ts"
import { columnAccessor, textAccessor, valueAccessor } from "./accessor.ts"
import { fragment, joined, text } from "./fragment.ts"
import { exists } from "./place.ts"
import { partialSql } from "./predicate-sql.ts"
import { outermost, type Scope } from "./scope.ts"

/**
 * What an index holds, as it stands in `create index` behind the name of the table: the accessors are those of filters
 * and sort.
 *
 * @example
 * indexSql({ kind: "path", keys: [{ path: age, direction: "asc" }], unique: false, where: [] }, people)
 * // using btree ((coalesce("fields"->'age', 'null')), ("id"))
 */
export function indexSql(index: RecordIndex, definition: TableDefinition): string {
  const scope = outermost(definition)
  const where = whereSql(index, scope)
  return `using ${method[index.kind]} (${keysSql(index, scope).join(", ")})${where === "" ? "" : ` where ${where}`}`
}

const method = { path: "btree", text: "btree", trigram: "gin", array: "gin" } as const

function keysSql({ kind, keys, unique }: RecordIndex, scope: Scope): readonly string[] {
  // `id` settles ties, so that an index also serves a whole order, and the pages of it.
  if (kind === "path") return (unique ? keys : withId(keys)).map(({ path, direction }) => `(${keySql(path, scope)})${direction === "desc" ? " desc" : ""}`)
  return keys.flatMap(({ path }) =>
    isJsonPath(path) ? [kind === "array" ? `(${valueAccessor(path, scope)}) jsonb_path_ops` : `(${textAccessor(path, scope)}) ${textOperators[kind]}`] : [],
  )
}

const textOperators = { text: "text_pattern_ops", trigram: "gin_trgm_ops" } as const

function withId(keys: readonly IndexKey[]): readonly IndexKey[] {
  if (keys.some(({ path }) => path.column === "id")) return keys
  return [...keys, { path: { column: "id" }, direction: keys.at(-1)?.direction ?? "asc" }]
}

function keySql(path: FieldPath, scope: Scope): string {
  return isJsonPath(path) ? valueAccessor(path, scope) : columnAccessor(path.column, scope)
}

function whereSql({ keys, unique, where }: RecordIndex, scope: Scope): string {
  // No value is no duplicate of another.
  const values = unique ? keys.flatMap(({ path }) => (isJsonPath(path) ? [exists({ path, scope, negated: false })] : [])) : []
  const tests = [...values, ...where.map((predicate) => partialSql(predicate, scope))]
  return joined(
    tests.map((test) => fragment`${text("(")}${test}${text(")")}`),
    " and ",
  ).texts.join("")
}

import type { IndexKey, IndexKind, RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { isJsonPath, type JsonPath } from "../path/json-path.ts"
import { totalOrder } from "../predicate/total-order.ts"
import { prefixAccessor, textAccessor, valueAccessor } from "./accessor.ts"
import { fragment, joined, text } from "./fragment.ts"
import { type KeyTerm, keyTerms } from "./order.ts"
import { exists } from "./place.ts"
import { partialSql } from "./predicate-sql.ts"
import { outermost, type Scope } from "./scope.ts"

/**
 * What an index holds, as it stands in `create index` behind the name of the table: the accessors are those of filters
 * and sort.
 *
 * @example
 * indexSql({ kind: "path", keys: [{ path: age, direction: "asc", nulls: undefined }], unique: false, where: [] }, people)
 * // using btree ((coalesce("fields"->'age', 'null')), ("id"))
 */
export function indexSql(index: RecordIndex, definition: TableDefinition): string {
  const scope = outermost(definition)
  const where = whereSql(index, scope)
  return `using ${method[index.kind]} (${keysSql(index, scope).join(", ")})${where === "" ? "" : ` where ${where}`}`
}

/** The query that finds the values which more than one record has where a unique index would allow one. */
export function duplicatesSql(index: RecordIndex, definition: TableDefinition, table: string): string {
  const scope = outermost(definition)
  const keys = index.keys.flatMap((key) => keyTerms(key, scope)).map(({ term }) => term)
  const where = whereSql(index, scope)
  return `select count(*), ${keys.join(", ")} from ${table}${where === "" ? "" : ` where ${where}`} group by ${keys.join(", ")} having count(*) > 1`
}

const method = { path: "btree", text: "btree", trigram: "gin", array: "gin" } as const

function keysSql({ kind, keys, unique }: RecordIndex, scope: Scope): readonly string[] {
  // `id` settles ties, so that an index also serves a whole order, and the pages of it.
  if (kind === "path") return (unique ? keys : withId(keys)).flatMap((key) => keyTerms(key, scope)).map((key) => pathKeySql(key, unique))
  return keys.flatMap(({ path }) => (isJsonPath(path) ? [searchKey[kind](path, scope)] : []))
}

const searchKey: Record<Exclude<IndexKind, "path">, (path: JsonPath, scope: Scope) => string> = {
  text: (path, scope) => `(${prefixAccessor(path, scope)}) text_pattern_ops`,
  trigram: (path, scope) => `(${textAccessor(path, scope)}) gin_trgm_ops`,
  array: (path, scope) => `(${valueAccessor(path, scope)}) jsonb_path_ops`,
}

// Citus takes a column in parentheses for an expression, and lets none be what makes an index unique within its shard.
function pathKeySql({ term, way }: KeyTerm, unique: boolean): string {
  const isColumn = /^"(?:[^"]|"")+"$/.test(term)
  return `${unique && isColumn ? term : `(${term})`}${way === "asc" ? "" : ` ${way}`}`
}

function withId(keys: readonly IndexKey[]): readonly IndexKey[] {
  return keys.some(({ path }) => path.column === "id") ? keys : totalOrder(keys)
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

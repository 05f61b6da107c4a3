import { InvalidQueryError } from "../errors.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import { elementPath, fieldPath, type PathFault } from "../path/field-path.ts"
import { type FieldPath, isJsonPath, type JsonPath } from "../path/json-path.ts"
import { isOperatorName, type OperandKind, operators, type PositiveOperator, positive } from "../query/operator.ts"
import type { RecordsTraits } from "../query/record-type.ts"
import { appliesToColumns, columnOperand } from "./column-operand.ts"
import { operandChecks, refuseNoValue } from "./operand.ts"
import type { DocumentTest, Predicate } from "./predicate.ts"

/** Levels of `and`, `or` and `not` that a condition may have. */
export const MAX_CONDITION_DEPTH = 500

/** Where a condition stands: how deep, what its fields are relative to, and what records it is about. */
export interface Scope extends Required<RecordsTraits> {
  readonly depth: number
  readonly path: (field: unknown) => FieldPath | PathFault
}

/** Conditions on the records of a table. */
export function onRecords({ ids = "uuid", absent = [] }: RecordsTraits = {}): Scope {
  return { depth: 0, path: fieldPath, ids, absent }
}

function deeper(scope: Scope): Scope {
  return { ...scope, depth: scope.depth + 1 }
}

/**
 * The predicate of a condition, or the first thing that is wrong with it.
 *
 * @throws InvalidQueryError with the JSON pointer of the place, counted from `pointer`.
 */
export function checkedCondition(condition: unknown, pointer: JsonPointer, scope: Scope = onRecords()): Predicate {
  const place = plainObject(condition, pointer, "a condition is an object: { field, operator, value }, { and }, { or } or { not }")
  if (scope.depth > MAX_CONDITION_DEPTH) return refuse(pointer, `conditions are nested deeper than ${MAX_CONDITION_DEPTH} levels`)
  const keys = definedKeys(place)
  const kind = keys.find((key) => key === "and" || key === "or" || key === "not")
  if (kind === undefined) return leaf(place, keys, pointer, scope)
  if (keys.length > 1) return refuse(pointer, `${kind} stands alone in its object: put the other condition beside it, in a list`)
  const inner = child(pointer, kind)
  if (kind === "not") return { kind, of: checkedCondition(place["not"], inner, deeper(scope)) }
  return { kind, of: checkedConditions(place[kind], inner, deeper(scope)) }
}

/** The predicates of a list of conditions. */
export function checkedConditions(list: unknown, pointer: JsonPointer, scope: Scope = onRecords()): readonly Predicate[] {
  if (!Array.isArray(list)) return refuse(pointer, "takes a list of conditions")
  const predicates: Predicate[] = []
  // By iteration, so that the holes of a sparse array are seen.
  for (const condition of list) predicates.push(checkedCondition(condition, child(pointer, predicates.length), scope))
  return predicates
}

/** What a field names. @throws InvalidQueryError when it names nothing, or a column that the table has not. */
export function checkedField(field: unknown, pointer: JsonPointer, { path: read, absent }: Scope = onRecords()): FieldPath {
  const path = read(field)
  if ("fault" in path) return refuse(pointer, path.fault)
  if (absent.some((column) => column === path.column))
    return refuse(pointer, `the definition says that the table has no column for ${path.column}: leave it out, or name one in its columns`, "no_column")
  return path
}

/** What a field names that is read and not asked for: where there is no column for revisions, each record has revision 0. */
export function checkedSelection(field: unknown, pointer: JsonPointer, scope: Scope): FieldPath {
  return checkedField(field, pointer, { ...scope, absent: scope.absent.filter((column) => column !== "revision") })
}

/** An object that JSON can write, as opposed to a list, a class instance or a scalar. */
export function plainObject(value: unknown, pointer: JsonPointer, expected: string): Record<string, unknown> {
  if (isPlainObject(value)) return value
  return refuse(pointer, expected)
}

/** The keys that are given; `undefined` is absent. */
export function definedKeys(object: Record<string, unknown>): string[] {
  return Object.keys(object).filter((key) => object[key] !== undefined)
}

/** @throws InvalidQueryError always. */
export function refuse(pointer: JsonPointer, reason: string, code?: string): never {
  throw new InvalidQueryError(pointerText(pointer), reason, code === undefined ? {} : { code })
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]"
}

const LEAF_KEYS = ["field", "operator", "value"]

function leaf(given: Record<string, unknown>, keys: readonly string[], pointer: JsonPointer, scope: Scope): Predicate {
  const unknown = keys.find((key) => !LEAF_KEYS.includes(key))
  if (unknown !== undefined) return refuse(child(pointer, unknown), `unknown key: a condition has field, operator and value, or one of and, or, not`)
  const path = checkedField(given["field"], child(pointer, "field"), scope)
  const operator = given["operator"]
  if (!isOperatorName(operator)) {
    return refuse(child(pointer, "operator"), `unknown operator: it is one of ${Object.keys(operators).join(" ")}`)
  }
  const meaning = positive(operator)
  const value = given["value"]
  return isJsonPath(path) ? documentTest(path, meaning, value, pointer, scope) : columnTest(path.column, meaning, value, pointer, scope)
}

interface Meaning {
  readonly operator: PositiveOperator
  readonly negated: boolean
}

function documentTest(path: JsonPath, { operator, negated }: Meaning, value: unknown, pointer: JsonPointer, scope: Scope): Predicate {
  const place = child(pointer, "value")
  const kind: OperandKind = operators[operator].operand
  const operand = kind === "condition" ? elementCondition(value, place, scope) : operandChecks[kind](value, place, refuse)
  return checkedTest({ kind: "document", path, operator, negated, operand, pointer })
}

function elementCondition(value: unknown, pointer: JsonPointer, scope: Scope): Predicate {
  refuseNoValue(value, pointer, refuse)
  return checkedCondition(value, pointer, { ...deeper(scope), path: elementPath })
}

function columnTest(
  column: Exclude<FieldPath, JsonPath>["column"],
  { operator, negated }: Meaning,
  value: unknown,
  pointer: JsonPointer,
  { ids }: Scope,
): Predicate {
  if (!appliesToColumns(operator)) {
    return refuse(child(pointer, "operator"), `${column} is a column of the table: it takes = != > >= < <= between not_between in not_in`)
  }
  return { kind: "column", column, operator, negated, operand: columnOperand(column, operator, value, child(pointer, "value"), refuse, ids) }
}

// The one place where the compiler is told what the check of the operand's kind has just established.
function checkedTest(test: {
  kind: "document"
  path: JsonPath
  operator: PositiveOperator
  negated: boolean
  operand: unknown
  pointer: JsonPointer
}): DocumentTest {
  return test as DocumentTest
}

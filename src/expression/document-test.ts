import { type RawBuilder, type SqlBool, sql } from "kysely"
import type { JsonPath } from "../path/json-path.ts"
import type { JsonOperand } from "../predicate/operand.ts"
import type { DocumentTest, DocumentTestOf, OperandsOf } from "../predicate/predicate.ts"
import type { PositiveOperator } from "../query/operator.ts"
import { jsonAccessor, textAccessor, valueAccessor } from "./accessor.ts"

/** A place in a document, and the alias of the table it is in. */
interface Place {
  readonly path: JsonPath
  readonly table: string | undefined
}

type Bool = RawBuilder<SqlBool>

/** The SQL of one operator: always true or false where `fields` is not NULL, so that NOT is its exact complement. */
type ToSql<O extends PositiveOperator> = (place: Place, operand: OperandsOf<O>) => Bool

const documentSql: { [O in PositiveOperator]: ToSql<O> } = {
  "=": equals,
  ">": (place, operand) => ordered(place, ">", operand),
  ">=": (place, operand) => ordered(place, ">=", operand),
  "<": (place, operand) => ordered(place, "<", operand),
  "<=": (place, operand) => ordered(place, "<=", operand),
  between,
  in: isIn,
  like: (place, pattern) => stringTest(place, sql`${text(place)} like ${pattern}`),
  regex: (place, pattern) => stringTest(place, sql`${text(place)} ~ ${pattern}`),
  starts_with: (place, prefix) => stringTest(place, sql`starts_with(${text(place)}, ${prefix})`),
  exists,
  not_exists: (place) => sql`${value(place)} = 'null'`,
}

/** The SQL of a test of a document. */
export function documentTest(test: DocumentTest, table: string | undefined): Bool {
  const place = { path: test.path, table }
  const positive = positiveTest(test, place)
  return test.negated ? sql`(${exists(place)} and not ${positive})` : positive
}

// The table's row and the test's operand belong to one operator; TypeScript cannot follow that through a lookup.
function positiveTest<O extends PositiveOperator>(test: DocumentTestOf<O>, place: Place): Bool {
  const toSql: ToSql<O> = documentSql[test.operator]
  return toSql(place, test.operand)
}

function json({ path, table }: Place): RawBuilder<unknown> {
  return sql.raw(jsonAccessor(path, table))
}

function value({ path, table }: Place): RawBuilder<unknown> {
  return sql.raw(valueAccessor(path, table))
}

function text({ path, table }: Place): RawBuilder<unknown> {
  return sql.raw(textAccessor(path, table))
}

function exists(place: Place): Bool {
  return sql`${value(place)} <> 'null'`
}

function stringTest(place: Place, test: Bool): Bool {
  return sql`(${test} and jsonb_typeof(${value(place)}) = 'string')`
}

function equals(place: Place, operand: JsonOperand): Bool {
  if (!canBeContained(place.path, operand)) return sql`${value(place)} = ${operand.json}::jsonb`
  return contained(place, sql`@> ${containment(place.path, operand)}::jsonb`)
}

function isIn(place: Place, operands: readonly JsonOperand[]): Bool {
  if (!hasOnlyKeys(place.path)) return sql`${value(place)} = any(${operands.map((operand) => operand.json)}::jsonb[])`
  return contained(place, sql`@> any(${operands.map((operand) => containment(place.path, operand))}::jsonb[])`)
}

// A scalar below keys is contained exactly where it is equal, and containment is what the GIN index serves.
function canBeContained(path: JsonPath, operand: JsonOperand): boolean {
  return hasOnlyKeys(path) && operand.type !== "array" && operand.type !== "object"
}

// The document itself is not among them: an array contains a scalar that it holds, '["x"]' @> '"x"'.
function hasOnlyKeys(path: JsonPath): boolean {
  return path.steps.length > 0 && path.steps.every((step) => typeof step === "string")
}

function containment(path: JsonPath, operand: JsonOperand): string {
  return path.steps.reduceRight<string>((inside, key) => `{${JSON.stringify(key)}:${inside}}`, operand.json)
}

function contained({ path, table }: Place, test: RawBuilder<unknown>): Bool {
  const column = json({ path: { column: path.column, steps: [] }, table })
  // `metadata` may be SQL NULL, and a test must not be.
  return path.column === "fields" ? sql`${column} ${test}` : sql`(${column} ${test} and ${column} is not null)`
}

type Comparison = ">" | ">=" | "<" | "<="

// Strings are compared as text; numbers as jsonb, which orders strings < numbers < booleans and numbers by value.
function ordered(place: Place, comparison: Comparison, operand: JsonOperand): Bool {
  const operator = sql.raw(comparison)
  if (operand.type === "string") return stringTest(place, sql`${text(place)} ${operator} ${operand.text}`)
  const test = sql<SqlBool>`${value(place)} ${operator} ${operand.json}::jsonb`
  const onlyNumbers = comparison.startsWith(">") ? sql`${value(place)} < 'false'` : sql`jsonb_typeof(${value(place)}) = 'number'`
  return sql`(${test} and ${onlyNumbers})`
}

function between(place: Place, [low, high]: readonly [JsonOperand, JsonOperand]): Bool {
  if (low.type === "string") return stringTest(place, sql`${text(place)} between ${low.text} and ${high.text}`)
  // Between two numbers of that order there are only numbers.
  return sql`(${value(place)} >= ${low.json}::jsonb and ${value(place)} <= ${high.json}::jsonb)`
}

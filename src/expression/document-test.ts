import { type RawBuilder, type SqlBool, sql } from "kysely"
import type { JsonPath } from "../path/json-path.ts"
import type { JsonOperand } from "../predicate/operand.ts"
import type { DocumentTest, DocumentTestOf, OperandsOf, Predicate } from "../predicate/predicate.ts"
import type { PositiveOperator } from "../query/operator.ts"
import { elementAlias, jsonAccessor, type Scope, textAccessor, valueAccessor } from "./accessor.ts"

/** Compiles a condition on the elements of an array. */
type Inner = (predicate: Predicate, scope: Scope) => RawBuilder<SqlBool>

/** A place in a document, and what stands around the test of it. */
interface Place {
  readonly path: JsonPath
  readonly scope: Scope
  readonly inner: Inner
}

type Bool = RawBuilder<SqlBool>

/** The SQL of one operator: always true or false where `fields` is not NULL, so that NOT is its exact complement. */
type ToSql<O extends PositiveOperator> = (place: Place, operand: OperandsOf<O>) => Bool

/** The SQL of every operator that has a meaning of its own. */
const documentSql: { [O in PositiveOperator]: ToSql<O> } = {
  "=": equals,
  ">": (place, operand) => ordered(place, ">", operand),
  ">=": (place, operand) => ordered(place, ">=", operand),
  "<": (place, operand) => ordered(place, "<", operand),
  "<=": (place, operand) => ordered(place, "<=", operand),
  between,
  in: isIn,
  like: (place, pattern) => stringTest(place, sql`${text(place)} like ${pattern}`),
  ilike: (place, pattern) => stringTest(place, sql`${text(place)} ilike ${pattern}`),
  regex: (place, pattern) => stringTest(place, sql`${text(place)} ~ ${pattern}`),
  starts_with: (place, prefix) => stringTest(place, sql`starts_with(${text(place)}, ${prefix})`),
  ends_with: (place, suffix) => stringTest(place, sql`${text(place)} like ${`%${literalPattern(suffix)}`}`),
  includes: (place, part) => stringTest(place, sql`${text(place)} like ${`%${literalPattern(part)}%`}`),
  exists,
  not_exists: (place) => sql`${value(place)} = 'null'`,
  type: (place, kinds) => sql`coalesce(jsonb_typeof(${json(place)}), 'missing') = any(${[...kinds]}::text[])`,
  contains,
  contains_any: containsAny,
  size: (place, length) => lengthTest(place, "=", length),
  min_size: (place, length) => lengthTest(place, ">=", length),
  max_size: (place, length) => lengthTest(place, "<=", length),
  any: anyElement,
}

/** The SQL of a test of a document; `inner` is that of a condition on the elements of an array. */
export function documentTest(test: DocumentTest, scope: Scope, inner: Inner): Bool {
  const place = { path: test.path, scope, inner }
  const positive = positiveTest(test, place)
  return test.negated ? sql`(${exists(place)} and not ${positive})` : positive
}

// The table's row and the test's operand belong to one operator; TypeScript cannot follow that through a lookup.
function positiveTest<O extends PositiveOperator>(test: DocumentTestOf<O>, place: Place): Bool {
  const toSql: ToSql<O> = documentSql[test.operator]
  return toSql(place, test.operand)
}

function json({ path, scope }: Place): RawBuilder<unknown> {
  return sql.raw(jsonAccessor(path, scope))
}

function value({ path, scope }: Place): RawBuilder<unknown> {
  return sql.raw(valueAccessor(path, scope))
}

function text({ path, scope }: Place): RawBuilder<unknown> {
  return sql.raw(textAccessor(path, scope))
}

function exists(place: Place): Bool {
  return sql`${value(place)} <> 'null'`
}

function stringTest(place: Place, test: Bool): Bool {
  return sql`(${test} and jsonb_typeof(${value(place)}) = 'string')`
}

// A backslash before each character that LIKE would take for something else.
function literalPattern(literal: string): string {
  return literal.replaceAll(/[\\%_]/g, "\\$&")
}

function equals(place: Place, operand: JsonOperand): Bool {
  if (isScalar(operand) && hasOnlyKeys(place.path)) return containment(place, operand.json)
  return sql`${value(place)} = ${operand.json}::jsonb`
}

function isIn(place: Place, operands: readonly JsonOperand[]): Bool {
  const texts = operands.map(({ json }) => json)
  return hasOnlyKeys(place.path) ? containmentOfAny(place, texts) : sql`${value(place)} = any(${texts}::jsonb[])`
}

function contains(place: Place, part: OperandsOf<"contains">): Bool {
  const wanted = part.of === "object" ? part.object.json : listText(part.list)
  return containment(place, wanted)
}

function containsAny(place: Place, operands: readonly JsonOperand[]): Bool {
  return containmentOfAny(
    place,
    operands.map((operand) => listText([operand])),
  )
}

function listText(operands: readonly JsonOperand[]): string {
  return `[${operands.map(({ json }) => json).join(",")}]`
}

function isScalar({ type }: JsonOperand): boolean {
  return type !== "array" && type !== "object"
}

// Not the document itself, where '["x"]' @> '"x"', and no array index, which containment cannot name.
function hasOnlyKeys({ steps }: JsonPath): boolean {
  return steps.length > 0 && steps.every((step) => typeof step === "string")
}

// Containment is what a GIN index on the whole document serves. It finds a scalar below keys exactly where it is equal.
function containment(place: Place, part: string): Bool {
  if (!place.path.steps.every((step) => typeof step === "string")) return sql`${value(place)} @> ${part}::jsonb`
  return inDocument(place, sql`@> ${enclosed(place.path, part)}::jsonb`)
}

function containmentOfAny(place: Place, parts: readonly string[]): Bool {
  if (!place.path.steps.every((step) => typeof step === "string")) return sql`${value(place)} @> any(${[...parts]}::jsonb[])`
  return inDocument(place, sql`@> any(${parts.map((part) => enclosed(place.path, part))}::jsonb[])`)
}

function enclosed({ steps }: JsonPath, part: string): string {
  return steps.reduceRight<string>((inside, key) => `{${JSON.stringify(key)}:${inside}}`, part)
}

function inDocument({ path, scope }: Place, test: RawBuilder<unknown>): Bool {
  const document = sql.raw(jsonAccessor({ column: path.column, steps: [] }, scope))
  // `metadata` may be SQL NULL, and a test must not be.
  return path.column === "metadata" ? sql`(${document} ${test} and ${document} is not null)` : sql`${document} ${test}`
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

// The length of what is no array is an error, which only CASE is sure to keep away.
function lengthTest(place: Place, comparison: "=" | ">=" | "<=", length: string): Bool {
  return sql`case when jsonb_typeof(${value(place)}) = 'array' then jsonb_array_length(${value(place)}) ${sql.raw(comparison)} ${length}::numeric else false end`
}

function anyElement(place: Place, condition: Predicate): Bool {
  const scope = { ...place.scope, depth: place.scope.depth + 1 }
  const elements = sql`jsonb_array_elements(case when jsonb_typeof(${value(place)}) = 'array' then ${value(place)} else '[]' end)`
  return sql`exists (select from ${elements} as ${sql.raw(elementAlias(scope))}("value") where ${place.inner(condition, scope)})`
}

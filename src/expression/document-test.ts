import type { JsonPath } from "../path/json-path.ts"
import type { JsonOperand } from "../predicate/operand.ts"
import type { DocumentTest, DocumentTestOf, OperandsOf, Predicate } from "../predicate/predicate.ts"
import type { PositiveOperator } from "../query/operator.ts"
import { elementAlias, jsonAccessor, type Scope, textAccessor, valueAccessor } from "./accessor.ts"
import { type Fragment, fragment, text, value } from "./fragment.ts"

/** Compiles a condition on the elements of an array. */
type Inner = (predicate: Predicate, scope: Scope) => Fragment

/** A place in a document, and what stands around the test of it. */
interface Place {
  readonly path: JsonPath
  readonly scope: Scope
  readonly inner: Inner
}

/** The SQL of one operator: always true or false where `fields` is not NULL, so that NOT is its exact complement. */
type ToSql<O extends PositiveOperator> = (place: Place, operand: OperandsOf<O>) => Fragment

/** The SQL of every operator that has a meaning of its own. */
const documentSql: { [O in PositiveOperator]: ToSql<O> } = {
  "=": equals,
  ">": (place, operand) => ordered(place, ">", operand),
  ">=": (place, operand) => ordered(place, ">=", operand),
  "<": (place, operand) => ordered(place, "<", operand),
  "<=": (place, operand) => ordered(place, "<=", operand),
  between,
  in: isIn,
  like: (place, pattern) => stringTest(place, fragment`${textAt(place)} like ${value(pattern)}`),
  ilike: (place, pattern) => stringTest(place, fragment`${textAt(place)} ilike ${value(pattern)}`),
  regex: (place, pattern) => stringTest(place, fragment`${textAt(place)} ~ ${value(pattern)}`),
  starts_with: (place, prefix) => stringTest(place, fragment`starts_with(${textAt(place)}, ${value(prefix)})`),
  ends_with: (place, suffix) => stringTest(place, fragment`${textAt(place)} like ${value(`%${literalPattern(suffix)}`)}`),
  includes: (place, part) => stringTest(place, fragment`${textAt(place)} like ${value(`%${literalPattern(part)}%`)}`),
  exists,
  not_exists: (place) => fragment`${valueAt(place)} = 'null'`,
  type: (place, kinds) => fragment`coalesce(jsonb_typeof(${jsonAt(place)}), 'missing') = any(${value([...kinds])}::text[])`,
  contains,
  contains_any: containsAny,
  size: (place, length) => lengthTest(place, "=", length),
  min_size: (place, length) => lengthTest(place, ">=", length),
  max_size: (place, length) => lengthTest(place, "<=", length),
  any: anyElement,
}

/** The SQL of a test of a document; `inner` is that of a condition on the elements of an array. */
export function documentTest(test: DocumentTest, scope: Scope, inner: Inner): Fragment {
  const place = { path: test.path, scope, inner }
  const positive = positiveTest(test, place)
  return test.negated ? fragment`(${exists(place)} and not ${positive})` : positive
}

// The table's row and the test's operand belong to one operator; TypeScript cannot follow that through a lookup.
function positiveTest<O extends PositiveOperator>(test: DocumentTestOf<O>, place: Place): Fragment {
  const toSql: ToSql<O> = documentSql[test.operator]
  return toSql(place, test.operand)
}

function jsonAt({ path, scope }: Place): Fragment {
  return text(jsonAccessor(path, scope))
}

function valueAt({ path, scope }: Place): Fragment {
  return text(valueAccessor(path, scope))
}

function textAt({ path, scope }: Place): Fragment {
  return text(textAccessor(path, scope))
}

function exists(place: Place): Fragment {
  return fragment`${valueAt(place)} <> 'null'`
}

function stringTest(place: Place, test: Fragment): Fragment {
  return fragment`(${test} and jsonb_typeof(${valueAt(place)}) = 'string')`
}

// A backslash before each character that LIKE would take for something else.
function literalPattern(literal: string): string {
  return literal.replaceAll(/[\\%_]/g, "\\$&")
}

function equals(place: Place, operand: JsonOperand): Fragment {
  if (isScalar(operand) && hasOnlyKeys(place.path)) return containment(place, operand.json)
  return fragment`${valueAt(place)} = ${value(operand.json)}::jsonb`
}

function isIn(place: Place, operands: readonly JsonOperand[]): Fragment {
  const texts = operands.map(({ json }) => json)
  return hasOnlyKeys(place.path) ? containmentOfAny(place, texts) : fragment`${valueAt(place)} = any(${value(texts)}::jsonb[])`
}

function contains(place: Place, part: OperandsOf<"contains">): Fragment {
  const wanted = part.of === "object" ? part.object.json : listText(part.list)
  return containment(place, wanted)
}

function containsAny(place: Place, operands: readonly JsonOperand[]): Fragment {
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
function containment(place: Place, part: string): Fragment {
  if (!place.path.steps.every((step) => typeof step === "string")) return fragment`${valueAt(place)} @> ${value(part)}::jsonb`
  return inDocument(place, fragment`@> ${value(enclosed(place.path, part))}::jsonb`)
}

function containmentOfAny(place: Place, parts: readonly string[]): Fragment {
  if (!place.path.steps.every((step) => typeof step === "string")) return fragment`${valueAt(place)} @> any(${value([...parts])}::jsonb[])`
  return inDocument(place, fragment`@> any(${value(parts.map((part) => enclosed(place.path, part)))}::jsonb[])`)
}

function enclosed({ steps }: JsonPath, part: string): string {
  return steps.reduceRight<string>((inside, key) => `{${JSON.stringify(key)}:${inside}}`, part)
}

function inDocument({ path, scope }: Place, test: Fragment): Fragment {
  const document = text(jsonAccessor({ column: path.column, steps: [] }, scope))
  // `metadata` may be SQL NULL, and a test must not be.
  return path.column === "metadata" ? fragment`(${document} ${test} and ${document} is not null)` : fragment`${document} ${test}`
}

type Comparison = ">" | ">=" | "<" | "<="

// Strings are compared as text; numbers as jsonb, which orders strings < numbers < booleans and numbers by value.
function ordered(place: Place, comparison: Comparison, operand: JsonOperand): Fragment {
  const operator = text(comparison)
  if (operand.type === "string") return stringTest(place, fragment`${textAt(place)} ${operator} ${value(operand.text)}`)
  const test = fragment`${valueAt(place)} ${operator} ${value(operand.json)}::jsonb`
  const onlyNumbers = comparison.startsWith(">") ? fragment`${valueAt(place)} < 'false'` : fragment`jsonb_typeof(${valueAt(place)}) = 'number'`
  return fragment`(${test} and ${onlyNumbers})`
}

function between(place: Place, [low, high]: readonly [JsonOperand, JsonOperand]): Fragment {
  if (low.type === "string") return stringTest(place, fragment`${textAt(place)} between ${value(low.text)} and ${value(high.text)}`)
  // Between two numbers of that order there are only numbers.
  return fragment`(${valueAt(place)} >= ${value(low.json)}::jsonb and ${valueAt(place)} <= ${value(high.json)}::jsonb)`
}

// The length of what is no array is an error, which only CASE is sure to keep away.
function lengthTest(place: Place, comparison: "=" | ">=" | "<=", length: string): Fragment {
  return fragment`case when jsonb_typeof(${valueAt(place)}) = 'array' then jsonb_array_length(${valueAt(place)}) ${text(comparison)} ${value(length)}::numeric else false end`
}

function anyElement(place: Place, condition: Predicate): Fragment {
  const scope = { ...place.scope, depth: place.scope.depth + 1 }
  const elements = fragment`jsonb_array_elements(case when jsonb_typeof(${valueAt(place)}) = 'array' then ${valueAt(place)} else '[]' end)`
  return fragment`exists (select from ${elements} as ${text(elementAlias(scope))}("value") where ${place.inner(condition, scope)})`
}

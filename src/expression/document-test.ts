import { impliesValue } from "../definition/index-lookup.ts"
import type { JsonOperand } from "../predicate/operand.ts"
import type { DocumentTest, DocumentTestOf, OperandsOf, Predicate } from "../predicate/predicate.ts"
import type { PositiveOperator } from "../query/operator.ts"
import { elementAlias } from "./accessor.ts"
import { containment, documentContainment, isForDocumentGin } from "./containment.ts"
import { derived, type Fragment, fragment, text } from "./fragment.ts"
import { allTrue, exists, hasIndex, isOfType, jsonAt, type Place, type TestedPlace, textAt, valueAt } from "./place.ts"
import type { Scope } from "./scope.ts"
import { endsWith, includes, like, patternTest, startsWith, stringTest } from "./string-test.ts"

/** Compiles a condition on the elements of an array. */
type Inner = (predicate: Predicate, scope: Scope) => Fragment

/** The SQL of one operator: always true or false where `fields` is not NULL, so that NOT is its exact complement. */
type ToSql<O extends PositiveOperator> = (place: TestedPlace, operand: OperandsOf<O>, inner: Inner) => Fragment

/** The SQL of every operator that has a meaning of its own. */
const documentSql: { [O in PositiveOperator]: ToSql<O> } = {
  "=": equals,
  ">": (place, operand) => ordered(place, ">", operand),
  ">=": (place, operand) => ordered(place, ">=", operand),
  "<": (place, operand) => ordered(place, "<", operand),
  "<=": (place, operand) => ordered(place, "<=", operand),
  between,
  in: isIn,
  like,
  ilike: (place, pattern) => patternTest(place, "ilike", pattern),
  regex: (place, pattern) => patternTest(place, "~", pattern),
  starts_with: startsWith,
  ends_with: endsWith,
  includes,
  exists,
  not_exists: (place) => fragment`${valueAt(place)} = 'null'`,
  type: (place, kinds) => fragment`coalesce(jsonb_typeof(${jsonAt(place)}), 'missing') = any(${derived(place.test, kinds, (all) => [...all])}::text[])`,
  contains: (place, part) => containment(place, part, (one) => (one.of === "object" ? one.object.json : listText(one.list))),
  contains_any: (place, operands) => containment(place, operands, (all) => all.map((operand) => listText([operand]))),
  size: (place, length) => lengthTest(place, "=", length),
  min_size: (place, length) => lengthTest(place, ">=", length),
  max_size: (place, length) => lengthTest(place, "<=", length),
  any: anyElement,
}

/** The SQL of a test of a document; `inner` is that of a condition on the elements of an array. */
export function documentTest(test: DocumentTest, scope: Scope, inner: Inner): Fragment {
  const place = { path: test.path, scope, negated: test.negated, test }
  const positive = positiveTest(test, place, inner)
  if (test.negated) return fragment`(${exists(place)} and not ${positive})`
  // A unique index leaves out the records that have no value: PostgreSQL must see that the query does not ask for them.
  return scope.lookup.isUnique(test.path) && impliesValue(test) && test.operator !== "exists" ? allTrue([positive, exists(place)]) : positive
}

// The table's row and the test's operand belong to one operator; TypeScript cannot follow that through a lookup.
function positiveTest<O extends PositiveOperator>(test: DocumentTestOf<O>, place: TestedPlace, inner: Inner): Fragment {
  const toSql: ToSql<O> = documentSql[test.operator]
  return toSql(place, test.operand, inner)
}

function equals(place: TestedPlace, operand: JsonOperand): Fragment {
  if (isScalar(operand) && isForDocumentGin(place)) return documentContainment(place, operand, jsonOf)
  return fragment`${valueAt(place)} = ${derived(place.test, operand, jsonOf)}::jsonb`
}

function isIn(place: TestedPlace, operands: readonly JsonOperand[]): Fragment {
  const textsOf = (all: readonly JsonOperand[]) => all.map(jsonOf)
  if (isForDocumentGin(place)) return documentContainment(place, operands, textsOf)
  return fragment`${valueAt(place)} = any(${derived(place.test, operands, textsOf)}::jsonb[])`
}

function jsonOf({ json }: JsonOperand): string {
  return json
}

function listText(operands: readonly JsonOperand[]): string {
  return `[${operands.map(({ json }) => json).join(",")}]`
}

function isScalar({ type }: JsonOperand): boolean {
  return type !== "array" && type !== "object"
}

type Comparison = ">" | ">=" | "<" | "<="

// jsonb orders null < strings < numbers < booleans. Strings that no index holds so are compared as text, which is the same.
function ordered(place: TestedPlace, comparison: Comparison, operand: JsonOperand): Fragment {
  const isIndexed = hasIndex(place, "path")
  if (operand.type === "string" && !isIndexed)
    return stringTest(place, fragment`${textAt(place)} ${text(comparison)} ${derived(place.test, operand, (one) => one.text)}`)
  const type = operand.type === "string" ? "string" : "number"
  const { end, isExact } = otherEnds[type][comparison.startsWith(">") ? "above" : "below"]
  const at = valueAt(place)
  const tests = [fragment`${at} ${text(comparison)} ${derived(place.test, operand, jsonOf)}::jsonb`]
  // An end that leaves something over is of use to an index only.
  if (isExact || isIndexed) tests.push(fragment`${at} ${text(end)}`)
  if (!isExact) tests.push(isOfType(place, type))
  return allTrue(tests)
}

// The other end of a range keeps out the other types: all of them where it is exact. No JSON value lies between all
// strings and all numbers: this number lies below any that is worth an index, and this string above any that is.
const otherEnds = {
  string: { above: { end: "< '-1e131071'", isExact: false }, below: { end: "> 'null'", isExact: true } },
  number: { above: { end: "< 'false'", isExact: true }, below: { end: `> E'"\\\\udbff\\\\udfff"'`, isExact: false } },
} as const

function between(place: TestedPlace, range: OperandsOf<"between">): Fragment {
  const bound = (by: (bounds: OperandsOf<"between">) => string) => derived(place.test, range, by)
  if (range[0].type === "string" && !hasIndex(place, "path")) {
    return stringTest(place, fragment`${textAt(place)} between ${bound(([low]) => low.text)} and ${bound(([, high]) => high.text)}`)
  }
  // Between two values of one type there are only values of that type.
  return allTrue([fragment`${valueAt(place)} >= ${bound(([low]) => low.json)}::jsonb`, fragment`${valueAt(place)} <= ${bound(([, high]) => high.json)}::jsonb`])
}

// The length of what is no array is an error, which only CASE is sure to keep away.
function lengthTest(place: TestedPlace, comparison: "=" | ">=" | "<=", length: string): Fragment {
  const wanted = derived(place.test, length, (one) => one)
  return fragment`case when jsonb_typeof(${valueAt(place)}) = 'array' then jsonb_array_length(${valueAt(place)}) ${text(comparison)} ${wanted}::numeric else false end`
}

function anyElement(place: Place, condition: Predicate, inner: Inner): Fragment {
  return fragment`exists (select from ${elementsThat(condition, elementsOf(place), place.scope, inner)})`
}

// What stands behind FROM. Citus takes no subquery inside of one that reads no table: for an `any` within another one, the
// elements of the elements that meet what is asked beside it are looked at as one list.
function elementsThat(condition: Predicate, elements: Fragment, outer: Scope, inner: Inner): Fragment {
  const scope = { ...outer, depth: outer.depth + 1 }
  const source = fragment`${elements} as ${text(elementAlias(scope))}("value")`
  const all = condition.kind === "and" ? condition.of : [condition]
  const nested = all.find(isAny)
  if (nested === undefined) return fragment`${source} where ${inner(condition, scope)}`
  const rest = all.filter((one) => one !== nested)
  const found = rest.length === 0 ? source : fragment`${source} where ${inner({ kind: "and", of: rest }, scope)}`
  const place = { path: nested.path, scope, negated: false }
  return elementsThat(nested.operand, fragment`(select ${elementsOf(place)} from ${found})`, scope, inner)
}

function isAny(predicate: Predicate): predicate is DocumentTestOf<"any"> {
  return predicate.kind === "document" && predicate.operator === "any" && !predicate.negated
}

function elementsOf(place: Place): Fragment {
  return fragment`jsonb_array_elements(case when jsonb_typeof(${valueAt(place)}) = 'array' then ${valueAt(place)} else '[]' end)`
}

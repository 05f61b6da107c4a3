import { InvalidQueryError } from "../errors.ts"
import { exactJson } from "../json/exact-number.ts"
import { child, type JsonPointer, pointerText } from "../json/json-pointer.ts"
import type { JsonPath } from "../path/json-path.ts"
import type { JsonOperand } from "../predicate/operand.ts"
import type { DocumentTest, DocumentTestOf, OperandsOf, Predicate } from "../predicate/predicate.ts"
import type { PositiveOperator } from "../query/operator.ts"
import { regularExpression } from "../query/regular-expression.ts"
import { columnTest } from "./column-test.ts"
import { javascriptRegex } from "./javascript-regex.ts"
import { jsonContains, jsonEqual, scalarOrder } from "./json-comparison.ts"
import { hasValue, jsonKind, stringOf } from "./json-kind.ts"
import { likePattern, lowerAscii } from "./like-pattern.ts"
import { valueAt } from "./value-at.ts"

/** What a test looks at: the documents and columns of a record, or inside `any` one element of an array. */
export interface Subject {
  readonly fields?: unknown
  readonly metadata?: unknown
  readonly element?: unknown
  readonly id?: unknown
  readonly revision?: unknown
  readonly createdAt?: unknown
  readonly updatedAt?: unknown
}

/** Whether a subject satisfies a predicate. */
export type SubjectTest = (subject: Subject) => boolean

/**
 * The predicate as a function, with the meaning that its SQL has.
 *
 * @throws InvalidQueryError for a regular expression that JavaScript would not read as PostgreSQL does.
 */
export function recordTest(predicate: Predicate): SubjectTest {
  if (predicate.kind === "document") return documentTest(predicate)
  if (predicate.kind === "column") return columnTest(predicate)
  if (predicate.kind === "not") {
    const inner = recordTest(predicate.of)
    return (subject) => !inner(subject)
  }
  const parts = predicate.of.map(recordTest)
  return predicate.kind === "and" ? (subject) => parts.every((part) => part(subject)) : (subject) => parts.some((part) => part(subject))
}

type ValueTest = (value: unknown) => boolean

/** What one operator asks of a value, made ready for many of them. */
type ToTest<O extends PositiveOperator> = (operand: OperandsOf<O>, pointer: JsonPointer) => ValueTest

/** The in-memory meaning of every operator that has one of its own. */
const valueTests: { [O in PositiveOperator]: ToTest<O> } = {
  "=": (operand) => equals(operand),
  ">": (operand) => ordered(operand, (order) => order > 0),
  ">=": (operand) => ordered(operand, (order) => order >= 0),
  "<": (operand) => ordered(operand, (order) => order < 0),
  "<=": (operand) => ordered(operand, (order) => order <= 0),
  between: ([low, high]) =>
    both(
      ordered(low, (order) => order >= 0),
      ordered(high, (order) => order <= 0),
    ),
  in: (operands) => oneOf(operands.map(equals)),
  like: (pattern) => stringTest(likePattern(pattern)),
  ilike: (pattern) => {
    const test = likePattern(lowerAscii(pattern))
    return stringTest((text) => test(lowerAscii(text)))
  },
  regex: (pattern, pointer) => {
    const regex = translated(pattern, pointer)
    return stringTest((text) => regex.test(text))
  },
  starts_with: (prefix) => stringTest((text) => text.startsWith(prefix)),
  ends_with: (suffix) => stringTest((text) => text.endsWith(suffix)),
  includes: (part) => stringTest((text) => text.includes(part)),
  exists: () => hasValue,
  not_exists: () => (value) => !hasValue(value),
  type: (kinds) => (value) => kinds.includes(jsonKind(value)),
  contains: (part) => (part.of === "object" ? containsObject(part.object) : containsEach(part.list)),
  contains_any: (operands) => {
    const test = oneOf(operands.map(equals))
    return arrayTest((elements) => elements.some(test))
  },
  size: (length) => arrayTest((elements) => BigInt(elements.length) === wholeNumber(length)),
  min_size: (length) => arrayTest((elements) => BigInt(elements.length) >= wholeNumber(length)),
  max_size: (length) => arrayTest((elements) => BigInt(elements.length) <= wholeNumber(length)),
  any: (condition) => {
    const test = recordTest(condition)
    return arrayTest((elements) => elements.some((element) => test({ element })))
  },
}

function documentTest(test: DocumentTest): SubjectTest {
  const positive = positiveTest(test)
  const tested = (subject: Subject): unknown => valueIn(subject, test.path)
  if (!test.negated) return (subject) => positive(tested(subject))
  return (subject) => hasValue(tested(subject)) && !positive(tested(subject))
}

function valueIn(subject: Subject, { column, steps }: JsonPath): unknown {
  const document = subject[column]
  // A record without metadata has SQL NULL in that column, which is no value at all.
  return column === "metadata" && document === null ? undefined : valueAt(document, steps)
}

// The table's row and the test's operand belong to one operator; TypeScript cannot follow that through a lookup.
function positiveTest<O extends PositiveOperator>(test: DocumentTestOf<O>): ValueTest {
  const toTest: ToTest<O> = valueTests[test.operator]
  return toTest(test.operand, test.pointer)
}

function equals(operand: JsonOperand): ValueTest {
  const wanted = exactJson(operand.json)
  return (value) => jsonEqual(value, wanted)
}

function ordered(operand: JsonOperand, holds: (order: number) => boolean): ValueTest {
  const bound = exactJson(operand.json)
  return (value) => {
    const order = scalarOrder(value, bound)
    return order !== undefined && holds(order)
  }
}

function both(one: ValueTest, other: ValueTest): ValueTest {
  return (value) => one(value) && other(value)
}

function oneOf(tests: readonly ValueTest[]): ValueTest {
  return (value) => tests.some((test) => test(value))
}

function stringTest(test: (text: string) => boolean): ValueTest {
  return (value) => jsonKind(value) === "string" && test(stringOf(value))
}

function arrayTest(test: (elements: readonly unknown[]) => boolean): ValueTest {
  return (value) => Array.isArray(value) && test(value)
}

function containsObject(operand: JsonOperand): ValueTest {
  const part = exactJson(operand.json)
  return (value) => jsonContains(value, part)
}

function containsEach(operands: readonly JsonOperand[]): ValueTest {
  const tests = operands.map(equals)
  return arrayTest((elements) => tests.every((test) => elements.some(test)))
}

// A length may come as 1e21.
function wholeNumber(text: string): bigint {
  return /^[0-9]+$/.test(text) ? BigInt(text) : BigInt(Number(text))
}

function translated(pattern: string, pointer: JsonPointer): RegExp {
  const regex = javascriptRegex(regularExpression(pattern))
  if (regex instanceof RegExp) return regex
  throw new InvalidQueryError(pointerText(child(pointer, "value")), `this regular expression cannot be evaluated in memory: ${regex.reason}`, {
    code: "regex_not_in_memory",
  })
}

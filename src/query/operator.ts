/** What an operator takes beside the field. */
export type OperandKind = "none" | "value" | "ordered" | "range" | "list" | "pattern" | "regex" | "text" | "kinds" | "part" | "scalars" | "length" | "condition"

/** The kinds of value that `type` tells apart; `missing` is no value at all. */
export const valueKinds = ["string", "number", "boolean", "array", "object", "null", "missing"] as const

/** One of the kinds of value that `type` tells apart. */
export type ValueKind = (typeof valueKinds)[number]

interface OperatorRow {
  operand: OperandKind
  /** The operator of which this one is the negative: it has a value, and the other one is false. */
  negates?: string
}

/**
 * Every operator, by its name in a query. Types, run-time checks, SQL and documentation ask this table.
 */
export const operators = {
  "=": { operand: "value" },
  "!=": { operand: "value", negates: "=" },
  ">": { operand: "ordered" },
  ">=": { operand: "ordered" },
  "<": { operand: "ordered" },
  "<=": { operand: "ordered" },
  between: { operand: "range" },
  not_between: { operand: "range", negates: "between" },
  in: { operand: "list" },
  not_in: { operand: "list", negates: "in" },
  like: { operand: "pattern" },
  not_like: { operand: "pattern", negates: "like" },
  ilike: { operand: "pattern" },
  not_ilike: { operand: "pattern", negates: "ilike" },
  regex: { operand: "regex" },
  not_regex: { operand: "regex", negates: "regex" },
  starts_with: { operand: "text" },
  ends_with: { operand: "text" },
  includes: { operand: "text" },
  exists: { operand: "none" },
  not_exists: { operand: "none" },
  type: { operand: "kinds" },
  contains: { operand: "part" },
  contains_any: { operand: "scalars" },
  size: { operand: "length" },
  min_size: { operand: "length" },
  max_size: { operand: "length" },
  any: { operand: "condition" },
} as const satisfies Record<string, OperatorRow>

/** The name of an operator, as it stands in a query. */
export type OperatorName = keyof typeof operators

type Operators = typeof operators

/** The names of the operators that take one kind of operand. */
export type OperatorTaking<Kind extends OperandKind> = {
  [Name in OperatorName]: Operators[Name]["operand"] extends Kind ? Name : never
}[OperatorName]

/** The operators that are the negative of another one. */
export type NegativeOperator = {
  [Name in OperatorName]: Operators[Name] extends { negates: string } ? Name : never
}[OperatorName]

/** The operators that have a meaning of their own; the others are defined by them. */
export type PositiveOperator = Exclude<OperatorName, NegativeOperator>

/**
 * Names for the operators, for those who prefer `Operator.GTE` to `">="`. Both are the same string.
 *
 * @example
 * filter("fields.age", Operator.GTE, 18)
 */
export const Operator = {
  EQ: "=",
  NEQ: "!=",
  GT: ">",
  GTE: ">=",
  LT: "<",
  LTE: "<=",
  BETWEEN: "between",
  NOT_BETWEEN: "not_between",
  IN: "in",
  NOT_IN: "not_in",
  LIKE: "like",
  NOT_LIKE: "not_like",
  ILIKE: "ilike",
  NOT_ILIKE: "not_ilike",
  REGEX: "regex",
  NOT_REGEX: "not_regex",
  STARTS_WITH: "starts_with",
  ENDS_WITH: "ends_with",
  INCLUDES: "includes",
  EXISTS: "exists",
  NOT_EXISTS: "not_exists",
  TYPE: "type",
  CONTAINS: "contains",
  CONTAINS_ANY: "contains_any",
  SIZE: "size",
  MIN_SIZE: "min_size",
  MAX_SIZE: "max_size",
  ANY: "any",
} as const satisfies Record<string, OperatorName>

/** Whether a string is the name of an operator. */
export function isOperatorName(name: unknown): name is OperatorName {
  return typeof name === "string" && Object.hasOwn(operators, name)
}

/** The operator that decides, and whether the answer is turned round: `!=` is `=`, negated. */
export function positive(name: OperatorName): { operator: PositiveOperator; negated: boolean } {
  return isNegative(name) ? { operator: operators[name].negates, negated: true } : { operator: name, negated: false }
}

function isNegative(name: OperatorName): name is NegativeOperator {
  return "negates" in operators[name]
}

/** What an operator takes beside the field. */
export type OperandKind = "none" | "value" | "ordered" | "range" | "list" | "pattern" | "regex" | "text" | "kinds" | "part" | "scalars" | "length" | "condition"

/** The kinds of value that `type` tells apart; `missing` is no value at all. */
export const valueKinds = ["string", "number", "boolean", "array", "object", "null", "missing"] as const

/** One of the kinds of value that `type` tells apart. */
export type ValueKind = (typeof valueKinds)[number]

interface OperatorRow {
  /** The name of it in `Operator`. */
  name: string
  operand: OperandKind
  /** When it is true: what the value at the field is then. It stands in the documentation and in the JSON Schema. */
  means: string
  /** The operator of which this one is the negative: it has a value, and the other one is false. */
  negates?: string
}

/**
 * Every operator, by its name in a query. Types, run-time checks, SQL and documentation ask this table.
 */
export const operators = {
  "=": { name: "EQ", operand: "value", means: "equals the operand" },
  "!=": { name: "NEQ", operand: "value", negates: "=", means: "is there, and does not equal it" },
  ">": { name: "GT", operand: "ordered", means: "is of the operand's JSON type, and greater" },
  ">=": { name: "GTE", operand: "ordered", means: "is of the operand's JSON type, and greater or equal" },
  "<": { name: "LT", operand: "ordered", means: "is of the operand's JSON type, and less" },
  "<=": { name: "LTE", operand: "ordered", means: "is of the operand's JSON type, and less or equal" },
  between: { name: "BETWEEN", operand: "range", means: "is of their type, not below `low` and not above `high`" },
  not_between: { name: "NOT_BETWEEN", operand: "range", negates: "between", means: "is there, and is not between them" },
  in: { name: "IN", operand: "list", means: "equals one of them" },
  not_in: { name: "NOT_IN", operand: "list", negates: "in", means: "is there, and equals none of them" },
  like: { name: "LIKE", operand: "pattern", means: "is a string that matches as a whole, case-sensitive" },
  not_like: { name: "NOT_LIKE", operand: "pattern", negates: "like", means: "is there, and is not such a string" },
  ilike: { name: "ILIKE", operand: "pattern", means: "is a string that matches as a whole, whatever the case of ASCII letters" },
  not_ilike: { name: "NOT_ILIKE", operand: "pattern", negates: "ilike", means: "is there, and is not such a string" },
  regex: { name: "REGEX", operand: "regex", means: "is a string with a match anywhere in it" },
  not_regex: { name: "NOT_REGEX", operand: "regex", negates: "regex", means: "is there, and is no such string" },
  starts_with: { name: "STARTS_WITH", operand: "text", means: "is a string that starts with it, case-sensitive" },
  ends_with: { name: "ENDS_WITH", operand: "text", means: "is a string that ends with it, case-sensitive" },
  includes: { name: "INCLUDES", operand: "text", means: "is a string that has it somewhere, case-sensitive" },
  exists: { name: "EXISTS", operand: "none", means: "is there" },
  not_exists: { name: "NOT_EXISTS", operand: "none", means: "is not there" },
  type: { name: "TYPE", operand: "kinds", means: "is of that kind. Only here do null and missing differ; a column that is SQL NULL is `missing`" },
  contains: {
    name: "CONTAINS",
    operand: "part",
    means:
      "is an array that has an equal element, or one for each of the list. An object: is an object that contains it, as `@>` of PostgreSQL sees it: the keys that are asked for, arrays inside as sets",
  },
  contains_any: { name: "CONTAINS_ANY", operand: "scalars", means: "is an array that has at least one of them" },
  size: { name: "SIZE", operand: "length", means: "is an array of that length" },
  min_size: { name: "MIN_SIZE", operand: "length", means: "is an array at least that long" },
  max_size: { name: "MAX_SIZE", operand: "length", means: "is an array at most that long" },
  any: { name: "ANY", operand: "condition", means: "is an array with at least one element of which the condition is true" },
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
export const Operator: OperatorNames = operatorNames()

/** The operators by their names. */
type OperatorNames = { readonly [Name in OperatorName as Operators[Name]["name"]]: Name }

function operatorNames(): OperatorNames {
  // A mapped type cannot be followed through a loop; both go through the same rows.
  return Object.fromEntries(Object.entries(operators).map(([operator, { name }]) => [name, operator])) as unknown as OperatorNames
}

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

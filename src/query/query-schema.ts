import { type OperandKind, operators, valueKinds } from "./operator.ts"
import { MOST_REGEX_CHARACTERS } from "./regex-size.ts"

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [key: string]: unknown }

const scalar: JsonSchema = { type: ["string", "number", "boolean"] }
const range = (type: string): JsonSchema => ({ type: "array", prefixItems: [{ type }, { type }], items: false, minItems: 2 })

/** What the wire format of each kind of operand looks like. Dates are strings there, and a bigint is its digits. */
const operandSchemas: Record<Exclude<OperandKind, "none">, JsonSchema> = {
  value: { type: ["string", "number", "boolean", "array", "object"] },
  ordered: { type: ["string", "number"] },
  range: { anyOf: [range("string"), range("number")] },
  list: { type: "array", items: scalar },
  pattern: { type: "string", description: "An SQL pattern: % is any number of characters, _ is one, a backslash takes the next one as it is." },
  regex: { type: "string", maxLength: MOST_REGEX_CHARACTERS, description: "A regular expression of PostgreSQL." },
  text: { type: "string" },
  kinds: { anyOf: [{ enum: valueKinds }, { type: "array", items: { enum: valueKinds } }] },
  part: { anyOf: [scalar, { type: "array", items: scalar }, { type: "object" }] },
  scalars: { type: "array", items: scalar },
  length: { type: "integer", minimum: 0 },
  condition: { $ref: "#/$defs/elementCondition" },
}

const field: JsonSchema = {
  description: "A path: fields.address.city, fields->'address'->>'city', or a list of keys and array indexes.",
  anyOf: [
    { type: "string", pattern: "^(?:id|revision|createdAt|updatedAt|(?:fields|metadata)(?:$|\\.|->|#>))" },
    {
      type: "array",
      prefixItems: [{ enum: ["fields", "metadata", "id", "revision", "createdAt", "updatedAt"] }],
      items: { type: ["string", "integer"] },
      minItems: 1,
    },
  ],
}

const elementField: JsonSchema = {
  description: 'A path from the element of an array; "" is the element itself.',
  anyOf: [{ type: "string" }, { type: "array", items: { type: ["string", "integer"] } }],
}

function operatorsTaking(kind: string): JsonSchema {
  const rows = Object.entries(operators).filter(([, { operand }]) => operand === kind)
  return { enum: rows.map(([name]) => name), description: rows.map(([name, { means }]) => `${name}: the value ${means}.`).join(" ") }
}

function closed(properties: Record<string, unknown>, required: readonly string[]): JsonSchema {
  return { type: "object", properties, required, additionalProperties: false }
}

function conditionSchema(self: string, named: JsonSchema): JsonSchema {
  const inner = { $ref: `#/$defs/${self}` }
  const leaves = Object.entries(operandSchemas).map(([kind, value]) =>
    closed({ field: named, operator: operatorsTaking(kind), value }, ["field", "operator", "value"]),
  )
  return {
    anyOf: [
      ...leaves,
      closed({ field: named, operator: operatorsTaking("none") }, ["field", "operator"]),
      closed({ and: { type: "array", items: inner } }, ["and"]),
      closed({ or: { type: "array", items: inner } }, ["or"]),
      closed({ not: inner }, ["not"]),
    ],
  }
}

const wholeNumber: JsonSchema = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }

/**
 * The JSON Schema (draft 2020-12) of a query as it travels: for documentation of an API, for forms and for editors.
 * What it refuses, `parseQuery` refuses too; what it cannot say, such as what makes a regular expression, only
 * `parseQuery` checks.
 *
 * @example
 * querySchema.$schema // "https://json-schema.org/draft/2020-12/schema"
 */
export const querySchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "A query to a table of records",
  ...closed(
    {
      filters: { type: "array", items: { $ref: "#/$defs/condition" }, description: "All of them must be true." },
      sort: {
        type: "array",
        items: closed({ field: { $ref: "#/$defs/field" }, order: { enum: ["asc", "desc"] }, nulls: { enum: ["first", "last"] } }, ["field"]),
      },
      limit: wholeNumber,
      offset: wholeNumber,
      select: { type: "array", items: { $ref: "#/$defs/field" }, minItems: 1 },
    },
    [],
  ),
  $defs: {
    field,
    condition: conditionSchema("condition", { $ref: "#/$defs/field" }),
    elementCondition: conditionSchema("elementCondition", elementField),
  },
} as const

import fc from "fast-check"
import type { LooseCondition } from "../../src/index.ts"
import { type OperandKind, type OperatorName, operators, valueKinds } from "../../src/query/operator.ts"
import { keys, strings } from "./documents.ts"
import { partialConditions } from "./tables.ts"

const times = ["2025-01-01T00:00:00.000Z", "2025-01-15T12:00:00.000Z", "2025-01-02T00:00:00.123Z"]
const text = fc.constantFrom(...strings)
const number = fc.constantFrom<number | bigint>(
  0,
  -0,
  1,
  2,
  3,
  30,
  30.5,
  -1,
  100,
  0.1,
  0.30000000000000004,
  5e-324,
  1e21,
  2 ** 53,
  9007199254740993n,
  -9007199254740993n,
  10n ** 400n,
  Number.MAX_VALUE,
  1e-300,
  1e2,
)
const date = fc.constantFrom(...times).map((iso) => new Date(iso))
const scalar = fc.oneof(text, number, fc.boolean(), date)

const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(fc.oneof(scalar, fc.constant(null), fc.constant([]), fc.constant({})), { maxLength: 2 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.constantFrom(...keys.filter((key) => key !== "__proto__")), fc.oneof(scalar, fc.constant(null), fc.constant([1])), {
      maxKeys: 2,
    }),
  },
)

const pattern = fc
  .array(fc.oneof(fc.constantFrom("%", "_", "\\%", "\\_", "\\\\"), fc.constantFrom(...strings.filter((piece) => !piece.includes("\\")))), { maxLength: 4 })
  .map((parts) => parts.join(""))

const regexAtom = fc.constantFrom(
  ".",
  "a",
  "A",
  "b",
  "\\d",
  "\\w",
  "\\s",
  "\\W",
  "\\D",
  "[a-c]",
  "[^a]",
  "[[:digit:]x]",
  "[[:upper:]]",
  "😀",
  "\\.",
  "(a|b)",
  "(?:ab)?",
  "\\y",
  "\\m",
  "\\M",
  "\\A",
  "\\Z",
  "^",
  "$",
  "(?=a)",
  "(?<!b)",
  "x{0}",
  "\\x41",
  "\\n",
)
const quantified = fc
  .tuple(regexAtom, fc.constantFrom("", "", "*", "+", "?", "{1,2}", "*?"))
  .map(([atom, quantifier]) => (/^(?:\\[ymMAZ]|\^|\$|\(\?[=<])/.test(atom) || /[?}]$/.test(atom) ? atom : atom + quantifier))
const regex = fc
  .tuple(fc.constantFrom("", "", "(?i)", "(?n)", "***="), fc.array(quantified, { maxLength: 4 }))
  .map(([options, parts]) => options + parts.join(""))

const length = fc.constantFrom<number | bigint>(0, 1, 2, 3, 3n, 3_000_000_000, 1e21)

/** Operands of every kind but conditions. */
const operands: { [Kind in Exclude<OperandKind, "condition">]: fc.Arbitrary<unknown> } = {
  none: fc.constant(undefined),
  value,
  ordered: fc.oneof(text, number, date),
  range: fc.oneof(
    fc.tuple(text, text),
    fc.tuple(number, number),
    fc.tuple(date, text),
    fc.constantFrom(["", "b"], ["A", "\u{10ffff}"], [0, 30], [-1, 10n ** 400n]),
  ),
  list: fc.array(scalar, { maxLength: 4 }),
  pattern,
  regex,
  text,
  kinds: fc.oneof(fc.constantFrom(...valueKinds), fc.subarray([...valueKinds])),
  part: fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.dictionary(fc.constantFrom("v", "w", "a.b"), value, { maxKeys: 2 })),
  scalars: fc.array(scalar, { maxLength: 3 }),
  length,
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<string | number>(...keys) },
  { weight: 1, arbitrary: fc.constantFrom<string | number>(0, 1, -1, 2 ** 31) },
)
const listPath = fc.tuple(fc.constantFrom("fields", "metadata"), fc.array(step, { maxLength: 3 })).map(([root, steps]) => [root, ...steps])

const field: fc.Arbitrary<unknown> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom("fields.v", "fields.v", "fields.w", "fields.w", "fields.list", "fields.list", "metadata.v", "fields.v.v", "fields.w.0"),
  },
  { weight: 1, arbitrary: fc.constantFrom("fields", "metadata", "fields.v.list", "metadata.list") },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      "fields->>'v'",
      "fields->'v'->>'w'",
      "fields#>>'{v,0}'",
      "metadata->'it''s'",
      "fields->''",
      ["fields", "a.b"],
      ["fields", "list", -1],
      ["fields", "it's", 0],
      ["fields", "it's", 'q"q', "back\\slash"],
    ),
  },
  // What indexes of their own are on.
  { weight: 3, arbitrary: fc.constantFrom<unknown>("fields.serial", ["fields", "it's"], ["metadata", "it's"]) },
  { weight: 3, arbitrary: listPath },
)
const elementField: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("", "v", "w", "v.0", "list") },
  { weight: 1, arbitrary: fc.array(step, { maxLength: 2 }) },
)

const names = Object.keys(operators).filter((name): name is OperatorName => Object.hasOwn(operators, name))

function leaf(fields: fc.Arbitrary<unknown>, element: () => fc.Arbitrary<LooseCondition>): fc.Arbitrary<LooseCondition> {
  return fc.constantFrom(...names).chain((operator) => {
    const kind: OperandKind = operators[operator].operand
    const operand = kind === "condition" ? element() : operands[kind]
    return fc
      .tuple(fields, operand)
      .map(([name, given]): LooseCondition => ({ field: name as string, operator, ...(given === undefined ? {} : { value: given }) }))
  })
}

// The first ids of a population, and one that none has.
const ids = [
  "00000000-0000-4000-8000-000000000000",
  "00000000-0000-4000-8000-000000001EEF",
  "00000000-0000-4000-8000-000000003dde",
  "ffffffff-ffff-4fff-8fff-ffffffffffff",
]
const moments = ["1969-12-31T23:59:59.999Z", ...times]

const columnTests: fc.Arbitrary<LooseCondition> = fc.oneof(
  fc
    .tuple(fc.constantFrom<OperatorName>("=", "!=", ">", ">=", "<", "<="), fc.constantFrom<number | bigint>(1, 2, 2.5, 2n ** 40n, 1e300))
    .map(([operator, given]) => ({ field: "revision", operator, value: given })),
  fc
    .tuple(fc.constantFrom<OperatorName>("=", "!=", ">", "<="), fc.constantFrom(...times))
    .map(([operator, given]) => ({ field: "createdAt", operator, value: new Date(given) })),
  fc.tuple(fc.constantFrom<OperatorName>("=", "!="), fc.constantFrom(...ids, "no id")).map(([operator, given]) => ({ field: "id", operator, value: given })),
  fc.tuple(fc.constantFrom<OperatorName>(">", ">=", "<", "<="), fc.constantFrom(...ids)).map(([operator, given]) => ({ field: "id", operator, value: given })),
  fc.tuple(fc.constantFrom<OperatorName>("in", "not_in"), fc.subarray([...ids, "no id"])).map(([operator, given]) => ({ field: "id", operator, value: given })),
  fc
    .tuple(fc.constantFrom<OperatorName>("between", "not_between"), fc.constantFrom([2, 3.5], [3, 1], [1, 2n]))
    .map(([operator, given]) => ({ field: "revision", operator, value: given })),
  fc
    .tuple(fc.constantFrom<OperatorName>("between", "not_between"), fc.tuple(fc.constantFrom(...moments), date))
    .map(([operator, given]) => ({ field: "createdAt", operator, value: given })),
  fc
    .tuple(fc.constantFrom<OperatorName>("in", "not_in"), fc.subarray<unknown>([...moments, new Date(0)]))
    .map(([operator, given]) => ({ field: "createdAt", operator, value: given })),
)

// `any` inside `any` inside `any`: deeper ones say nothing new.
const innermost = leaf(elementField, () => leaf(elementField, () => fc.constant({ and: [] })))
const elementCondition = tree(innermost, 1)

// A partial index serves who repeats its condition; beside it, and around it.
const repeated: fc.Arbitrary<LooseCondition> = fc
  .tuple(
    fc.subarray<LooseCondition>(Object.values(partialConditions), { minLength: 1, maxLength: 3 }),
    leaf(field, () => elementCondition),
  )
  .chain(([given, one]) =>
    fc.constantFrom<LooseCondition>({ and: [...given, one] }, { and: [one, { and: given }] }, { or: [one, ...given] }, { not: { and: given } }),
  )

function tree(leaves: fc.Arbitrary<LooseCondition>, depth: number): fc.Arbitrary<LooseCondition> {
  if (depth === 0) return leaves
  const inner = tree(leaves, depth - 1)
  return fc.oneof(
    { weight: 4, arbitrary: leaves },
    { weight: 1, arbitrary: fc.array(inner, { maxLength: 3 }).map((and) => ({ and })) },
    { weight: 1, arbitrary: fc.array(inner, { maxLength: 3 }).map((or) => ({ or })) },
    { weight: 1, arbitrary: inner.map((not) => ({ not })) },
  )
}

/** Conditions over all operators, to depth 4. */
export const condition: fc.Arbitrary<LooseCondition> = tree(
  fc.oneof({ weight: 12, arbitrary: leaf(field, () => elementCondition) }, { weight: 2, arbitrary: columnTests }, { weight: 2, arbitrary: repeated }),
  4,
)

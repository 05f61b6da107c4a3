import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type PostgresDatabase, RawJson } from "../../src/index.ts"
import { decimal, decimalOrder } from "../../src/json/decimal.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const REVISIONS = ["0", "1", "2", "3", "1000", "9007199254740991", "9223372036854775806", "9223372036854775807"]
/** What is so of a revision that stands so to each of the numbers. */
const OPERATORS = {
  "=": ([order = 0]) => order === 0,
  "!=": ([order = 0]) => order !== 0,
  ">": ([order = 0]) => order > 0,
  ">=": ([order = 0]) => order >= 0,
  "<": ([order = 0]) => order < 0,
  "<=": ([order = 0]) => order <= 0,
  between: ([low = 0, high = 0]) => low >= 0 && high <= 0,
  not_between: ([low = 0, high = 0]) => low < 0 || high > 0,
  in: (orders) => orders.includes(0),
  not_in: (orders) => !orders.includes(0),
} satisfies Record<string, (orders: readonly number[]) => boolean>

type Name = keyof typeof OPERATORS

/** Numbers on, beside and between them, and far away from them. */
const numbers = fc.oneof(
  fc.constantFrom(...REVISIONS),
  fc.constantFrom(
    "-1",
    "-0.5",
    "0.5",
    "1.5",
    "2.0",
    "25e-1",
    "1e0",
    "10e2",
    "9223372036854775806.5",
    "9223372036854775808",
    "-9223372036854775808",
    "1e400",
    "-1e400",
  ),
  fc.constantFrom("-9223372036854775809", "-9223372036854775808.5", "0e99", "-0", "99999999999999999999", "100000000000000000000", "1e-400", "-1e-400"),
)

const asked: fc.Arbitrary<{ operator: Name; operands: string[] }> = fc.constantFrom(...(Object.keys(OPERATORS) as Name[])).chain((operator) => {
  const [minLength, maxLength] = operator.endsWith("in") ? [0, 4] : operator.endsWith("between") ? [2, 2] : [1, 1]
  return fc.record({ operator: fc.constant(operator), operands: fc.array(numbers, { minLength, maxLength }) })
})

describe.each(databases)("a revision compared with any number on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind))
    for (const revision of REVISIONS)
      await sql`insert into records (id, fields, revision) values (gen_random_uuid(), '{}', ${revision}::bigint)`.execute(db.kysely)
  })
  afterAll(() => drop())

  test("finds what is so of the numbers", { timeout: 60_000 }, async () => {
    const { rows } = await sql<{ id: string; revision: string }>`select id, revision::text as revision from records order by id`.execute(db.kysely)
    await fc.assert(
      fc.asyncProperty(asked, async ({ operator, operands }) => {
        const given = operands.map((text) => new RawJson(text))
        const value = /in$|between$/.test(operator) ? given : given[0]
        const found = await db.search({ filters: [{ field: "revision", operator, value } as never], select: ["id"] })
        const expected = rows.filter(({ revision }) => OPERATORS[operator](operands.map((text) => Math.sign(decimalOrder(decimal(revision), decimal(text))))))
        expect(found.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
      }),
      { numRuns: 300 },
    )
  })
})

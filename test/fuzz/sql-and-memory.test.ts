import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { type Population, population, sameAnswer } from "./comparison.ts"

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31)

describe.each(databases)("any condition on $name", (kind) => {
  let db: PostgresDatabase<never, never>
  let drop: () => Promise<void>
  let records: Population

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase<never, never>(kind))
    records = await population(db.kysely as never, seed, 300)
  })
  afterAll(() => drop())

  test("finds what the evaluator finds, whichever way the table is read", async () => {
    const result = await fc.check(
      sameAnswer(() => records),
      { seed, numRuns: 1200 },
    )
    expect(result.failed ? `SEED=${seed}: ${fc.defaultReportMessage(result)}` : "").toBe("")
  }, 240_000)
})

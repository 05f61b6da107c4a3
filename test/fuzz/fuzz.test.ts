import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { round } from "./round.ts"

const firstSeed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31)

// Each database has its own half of the 2,000 conditions.
const halves = databases.map((kind, index) => ({ name: kind.name, kind, seed: firstSeed + index }))

describe.each(halves)("any condition and any order on $name", ({ kind, seed }) => {
  let db: PostgresDatabase<never, never>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase<never, never>(kind))
  })
  afterAll(() => drop())

  test("give what two evaluators give, whatever indexes there are and whichever way the tables are read", async () => {
    const finding = await round(db.kysely as never, seed, { records: 100, conditions: 1000, orders: 40, ways: "one in turn" })
    expect(finding === undefined ? "" : `SEED=${firstSeed} npm run test:unit -- test/fuzz\n${finding.report}`).toBe("")
  }, 400_000)
})

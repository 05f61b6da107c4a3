import { AssertionError } from "node:assert"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, filter, type PostgresDatabase } from "../../src/index.ts"
import { type PlanMatchers, planMatchers, readsAtMost, usesIndex } from "../../src/testing/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends PlanMatchers<R> {}
}

expect.extend(planMatchers)

interface Person {
  name: string
  age: number
}

describe.each(databases)("assertions on plans on $name", (kind) => {
  let db: PostgresDatabase<Person>
  let drop: () => Promise<void>
  const byAge = { filters: [filter("fields.age", "=", 7)] }

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, defineRecords<Person>({ indexes: [{ field: "fields.age" }], gin: false })))
    await db.createBatch(Array.from({ length: 3_000 }, (_, age) => ({ fields: { name: `number ${age}`, age } })))
  })
  afterAll(() => drop())

  test("pass where the plan is so", async () => {
    const explained = await db.explain(byAge, { analyze: true })
    usesIndex(explained, "records_age")
    usesIndex(explained, explained.indexes[0] ?? "")
    readsAtMost(explained, 12)
    expect(explained).toUseIndex("records_age")
    expect(explained).toReadAtMost(12)
    expect(explained).not.toUseIndex("records_ag")
    expect(explained).not.toReadAtMost(0)
  })

  test("fail with the plan and the SQL, and without a value of a document", async () => {
    const scanned = await db.explain({ filters: [filter("fields.name", "=", "number 7")] }, { analyze: true })
    const failure = thrownBy(() => usesIndex(scanned, "records_age"))
    expect(failure).toBeInstanceOf(AssertionError)
    expect(failure.message).toMatch(/^the query does not use the index records_age: it uses (?:none|records_pkey)\n\n[\s\S]*Scan[\s\S]*\n\nselect "id"/)
    expect(thrownBy(() => readsAtMost(scanned, 3)).message).toMatch(/^the query reads \d+ pages, more than 3\n\n/)
    expect(thrownBy(() => expect(scanned).toUseIndex("records_age")).message).toContain("does not use the index records_age")
    expect(thrownBy(() => expect(scanned).toReadAtMost(1)).message).toContain("more than 1")
    const used = await db.explain(byAge)
    expect(thrownBy(() => expect(used).not.toUseIndex("records_age")).message).toMatch(/the query uses the index records_age: it uses records_age_[0-9a-f]{8}/)
  })

  test("pages are read by a query that was run", async () => {
    const explained = await db.explain(byAge)
    expect(() => readsAtMost(explained, 12)).toThrow("explain it with { analyze: true }")
  })
})

function thrownBy(work: () => void): Error {
  try {
    work()
  } catch (error) {
    if (error instanceof Error) return error
  }
  return expect.unreachable("it throws an error")
}

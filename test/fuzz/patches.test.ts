import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { InapplicableChangeError, type LooseChange, type PostgresDatabase } from "../../src/index.ts"
import { changes as known } from "../../src/query/change.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { jsonText, keys, type WrittenRecord, writtenRecord } from "./documents.ts"
import { type Json, jsonOf, patched, REFUSED, textOf } from "./patched.ts"

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31)

const step = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...keys) }, { weight: 2, arbitrary: fc.constantFrom(0, 1, -1, -2, 7) })
// Most paths are short, and begin where the documents have something.
const steps = fc.tuple(fc.constantFrom("v", "v", "w", "list"), fc.array(step, { maxLength: 2 })).map(([first, rest]) => [first, ...rest])
const column = fc.constantFrom("fields", "fields", "metadata")
// What JavaScript cannot hold at all cannot be given; what it holds only nearly can.
const value = jsonText.map((text): unknown => JSON.parse(text, (_key, one) => (Math.abs(one) === Number.POSITIVE_INFINITY ? 0 : one)))
const number = fc.constantFrom<number | bigint>(0, 1, -1, 0.1, 0.2, 1.5, 1e21, 2n ** 70n, 5e-324)
const object = fc.dictionary(fc.constantFrom(...keys), fc.oneof(value, fc.constant(null), fc.dictionary(fc.constantFrom(...keys), value)))

const place = fc.tuple(column, steps).map(([root, rest]) => [root, ...rest] as const)
const change: fc.Arbitrary<LooseChange> = fc.oneof(
  fc.record({ change: fc.constant("set" as const), field: place, value }),
  fc.record({ change: fc.constant("unset" as const), field: place }),
  fc.record({ change: fc.constantFrom("increment" as const, "multiply" as const), field: place, value: number }),
  fc.record({ change: fc.constantFrom("push" as const, "pushUnique" as const, "pull" as const), field: place, value }),
  fc.record({ change: fc.constant("merge" as const), field: place, value: object }),
  fc
    .record({ change: fc.constant("rename" as const), field: place, to: fc.constantFrom(...keys) })
    .filter(({ field, to }) => typeof field.at(-1) === "string" && field.at(-1) !== to),
)

interface Outcome {
  readonly failed: number | null
  readonly documents: Readonly<Record<"fields" | "metadata", Json>>
}

/** What the words of the documentation make of it. */
function expected({ fields, metadata }: WrittenRecord, changes: readonly LooseChange[]): Outcome {
  const before = { fields: jsonOf(fields), metadata: jsonOf(metadata ?? "null") }
  let documents = before
  for (const [failed, { change, field, value, to }] of changes.entries()) {
    const [root, ...path] = field as ["fields" | "metadata", ...(string | number)[]]
    const given = typeof value === "bigint" ? { units: value, scale: 0 } : jsonOf(JSON.stringify(value ?? null))
    const after = patched(documents[root], { change, steps: path, value: given, to: to ?? "" })
    if (after === REFUSED) return { failed, documents: before }
    documents = { ...documents, [root]: after }
  }
  return { failed: null, documents }
}

describe.each(databases)("any changes on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>
  const applied = new Set<string>()

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind))
  })
  afterAll(() => drop())

  async function patch(record: WrittenRecord, changes: readonly LooseChange[]): Promise<{ failed: number | null; revision: string }> {
    const { id } = await db.create({ fields: {} })
    await sql`update records set fields = ${record.fields}::jsonb, metadata = ${record.metadata}::jsonb where id = ${id}::uuid`.execute(db.kysely)
    try {
      await db.patch(id, changes as never)
      return { failed: null, revision: "2" }
    } catch (error) {
      if (!(error instanceof InapplicableChangeError)) throw error
      return { failed: Number(error.pointer.slice(1)), revision: "1" }
    }
  }

  const sameOutcome = fc.asyncProperty(writtenRecord, fc.array(change, { minLength: 1, maxLength: 5 }), async (record, changes) => {
    await sql`truncate records`.execute(db.kysely)
    const { failed, documents } = expected(record, changes)
    const outcome = await patch(record, changes)
    expect(outcome.failed).toBe(failed)
    // As text, so that every digit counts.
    const [fields, metadata] = [textOf(documents.fields), textOf(documents.metadata)]
    const { rows } = await sql<Record<string, string>>`
      select fields::text as fields, coalesce(metadata, 'null')::text as metadata, revision::text as revision,
        ${fields}::jsonb::text as expected_fields, ${metadata}::jsonb::text as expected_metadata from records`.execute(db.kysely)
    expect(rows[0]?.["fields"]).toBe(rows[0]?.["expected_fields"])
    expect(rows[0]?.["metadata"]).toBe(rows[0]?.["expected_metadata"])
    expect(rows[0]?.["revision"]).toBe(outcome.revision)
    for (const one of changes.slice(0, failed ?? changes.length)) applied.add(one.change)
  })

  test("leave what the words of the documentation make of them, or say which cannot apply", async () => {
    const result = await fc.check(sameOutcome, { seed, numRuns: 300 })
    expect(result.failed ? `SEED=${seed}: ${fc.defaultReportMessage(result)}` : "").toBe("")
    expect(applied).toEqual(new Set(Object.keys(known)))
  }, 240_000)
})

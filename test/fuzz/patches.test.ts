import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { InapplicableChangeError, type LooseChange, type PostgresDatabase } from "../../src/index.ts"
import { type ChangeName, type ChangeTaking, isChangeName } from "../../src/query/change.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { extremeRecord, jsonText, keys, type WrittenRecord, writtenRecord } from "./documents.ts"
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

type Place = readonly (string | number)[]
type ChangesAt = (places: fc.Arbitrary<Place>) => fc.Arbitrary<LooseChange>

const changesAt: { [Name in ChangeName]: ChangesAt } = {
  set: (field) => fc.record({ change: fc.constant("set"), field, value }),
  unset: (field) => fc.record({ change: fc.constant("unset"), field }),
  increment: (field) => fc.record({ change: fc.constant("increment"), field, value: number }),
  multiply: (field) => fc.record({ change: fc.constant("multiply"), field, value: number }),
  push: (field) => fc.record({ change: fc.constant("push"), field, value }),
  pushUnique: (field) => fc.record({ change: fc.constant("pushUnique"), field, value }),
  pull: (field) => fc.record({ change: fc.constant("pull"), field, value }),
  merge: (field) => fc.record({ change: fc.constant("merge"), field, value: object }),
  rename: (fields) =>
    fc
      .record({ change: fc.constant("rename"), field: fields, to: fc.constantFrom(...keys) })
      .filter(({ field, to }) => typeof field.at(-1) === "string" && field.at(-1) !== to),
}
const names = Object.keys(changesAt).filter(isChangeName)
const change = fc.oneof(...names.map((name) => changesAt[name](place)))
const anyChanges = fc.array(change, { minLength: 1, maxLength: 5 })

const listText = fc.array(jsonText, { maxLength: 3 }).map((elements) => `[${elements.join(",")}]`)
const numberText = fc.constantFrom("0", "-0", "1.50", "30", "-1e2", "0.1", "1e-400", "1e400", "9007199254740993")

/** JSON text of what a change of each kind applies to. */
const fitting: { [Name in ChangeName]: fc.Arbitrary<string> } = {
  set: jsonText,
  unset: jsonText,
  increment: fc.oneof(numberText, fc.constant("null")),
  multiply: numberText,
  push: listText,
  pushUnique: listText,
  pull: listText,
  merge: jsonText,
  rename: jsonText,
}

/** A record to which the first change applies, whatever comes of those behind it. */
function applying(name: ChangeName): fc.Arbitrary<[WrittenRecord, LooseChange[]]> {
  const fields = fitting[name].map((text) => `{"v":${text}}`)
  const record = fc.tuple(writtenRecord, fields).map(([one, text]) => ({ ...one, fields: text }))
  const changes = fc.tuple(changesAt[name](fc.constant(["fields", "v"])), fc.array(change, { maxLength: 4 }))
  return fc.tuple(
    record,
    changes.map(([first, others]) => [first, ...others]),
  )
}

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

  async function sameOutcome(record: WrittenRecord, changes: readonly LooseChange[]): Promise<void> {
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
  }

  async function checked<Given>(property: fc.IAsyncProperty<Given>, numRuns: number): Promise<void> {
    const result = await fc.check(property, { seed, numRuns, includeErrorInReport: true })
    expect(result.failed ? `SEED=${seed}: ${fc.defaultReportMessage(result)}` : "").toBe("")
  }

  test("leave what the words of the documentation make of them, or say which cannot apply", async () => {
    await checked(fc.asyncProperty(fc.oneof({ weight: 20, arbitrary: writtenRecord }, { weight: 1, arbitrary: extremeRecord }), anyChanges, sameOutcome), 300)
  }, 240_000)

  test.each(names)(
    "%s applies to what it is for, before any others",
    async (name) => {
      const applies = fc.asyncProperty(applying(name), async ([record, changes]) => {
        expect(expected(record, changes).failed).not.toBe(0)
        await sameOutcome(record, changes)
      })
      await checked(applies, 30)
    },
    240_000,
  )

  test.each<[string, string, ChangeTaking<"number">, number, boolean]>([
    ["131,072 digits before the point are too many to add to", "-1e131071", "increment", 0, false],
    ["131,071 are not", "1e131070", "increment", -9, true],
    ["65,537 digits before the point are too many to multiply", "1e65536", "multiply", 0, false],
    ["65,536 are not", "1e65535", "multiply", 2, true],
    ["8,192 digits behind the point are too many to multiply", "1e-8192", "multiply", 0, false],
    ["8,191 are not", "1e-8191", "multiply", 5e-324, true],
  ])("%s", async (_, text, name, given, applies) => {
    const record = { fields: `{"v":${text}}`, metadata: null, revision: 1, createdAt: "", isBlank: false }
    const only = [{ change: name, field: ["fields", "v"], value: given }]
    expect(expected(record, only).failed).toBe(applies ? null : 0)
    await sameOutcome(record, only)
  })
})

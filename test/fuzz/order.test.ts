import fc from "fast-check"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { recordOrder } from "../../src/evaluation/record-order.ts"
import type { PostgresDatabase } from "../../src/index.ts"
import { exactJson } from "../../src/json/exact-number.ts"
import { checkedQuery } from "../../src/predicate/checked-query.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { jsonText } from "./documents.ts"

const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31)

// Values that differ in one thing only: a length, a key, an element, a digit.
const neighbours = `
  null "" "a" 0 -1 false true [] [[]] [null] [0] ["a"] [[],0] [0,[]] [true,false] [1,2] [1,10] {} {"a":[]} {"a":null}
  {"a":1} {"b":0} {"aa":0} {"a":1,"b":0} {"b":0,"aa":9} {"aa":0,"b":9} {"é":0} {"zz":0} {"":0} {"a":{"b":1}} {"a":{"b":2}}
  9007199254740993 9007199254740992 0.1 0.1000000000000000055 1e400 -1e400 1.0 1 1e-400 "～" "😀"
`
  .trim()
  .split(/\s+/)

const direction = fc.constantFrom<"asc" | "desc" | undefined>("asc", "desc", undefined)
const key = fc.record({
  field: fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom("fields.v", "fields.v", "fields.w", "fields", "metadata", "metadata.v", "fields.v.0", "fields.v.v") },
    { weight: 1, arbitrary: fc.constantFrom("id", "revision", "createdAt") },
  ),
  order: direction,
  nulls: fc.constantFrom<"first" | "last" | undefined>("first", "last", undefined),
})

describe.each(databases)("any order on $name", (kind) => {
  let db: PostgresDatabase<never, never>
  let drop: () => Promise<void>
  const subjects: { id: string; fields: unknown; metadata: unknown; revision: number; createdAt: Date }[] = []

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase<never, never>(kind))
    const drawn = fc.sample(fc.tuple(jsonText, jsonText), { seed, numRuns: 400 })
    const values = [...neighbours, ...neighbours].map((value) => [value, "null"] as const)
    for (const [index, [v, w]] of [...values, ...drawn].entries()) {
      const id = `00000000-0000-4000-8000-${((index * 7919) % 65521).toString(16).padStart(12, "0")}`
      const fields = index % 17 === 0 ? v : `{"v":${v},"w":${w}}`
      const metadata = index % 5 === 0 ? null : `{"v":${w}}`
      const revision = 1 + (index % 3)
      const createdAt = new Date(1e12 + (index % 4))
      subjects.push({ id, fields: exactJson(fields), metadata: metadata === null ? null : exactJson(metadata), revision, createdAt })
      await sql`insert into records (id, fields, metadata, revision, created_at)
        values (${id}::uuid, ${fields}::text::jsonb, ${metadata}::text::jsonb, ${revision}, ${createdAt.toISOString()}::timestamptz)`.execute(db.kysely)
    }
  })
  afterAll(() => drop())

  test("is the one in memory", async () => {
    const property = fc.asyncProperty(fc.array(key, { maxLength: 3 }), async (sort) => {
      const query = { sort, select: ["id"] }
      const rows: { id?: unknown }[] = await db.search(query as never)
      const ordered = subjects.toSorted(recordOrder(checkedQuery(query).sort))
      expect(ordered.map(({ id }) => id)).toEqual(rows.map(({ id }) => id))
    })
    const result = await fc.check(property, {
      seed,
      numRuns: 150,
      examples: [[[]], [[{ field: "fields.v", order: "asc", nulls: undefined }]], [[{ field: "fields.v", order: "desc", nulls: undefined }]]],
    })
    expect(result.failed ? `SEED=${seed}: ${fc.defaultReportMessage(result)}` : "").toBe("")
  }, 120_000)
})

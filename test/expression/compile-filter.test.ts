import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { compileFilter, filter, InvalidQueryError, type PostgresDatabase, previewQuery } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { documents, rows } from "./rows.ts"

const named = rows.map((row) => ({ ...row, name: JSON.stringify(row.condition, (_, value) => (typeof value === "bigint" ? `${value}n` : value)) }))

describe("the SQL of a condition", () => {
  test.each(named)("$name", ({ condition, sql: expected, parameters }) => {
    const preview = previewQuery({ filters: [condition as never] })
    expect(preview.sql).toBe(
      `select "id", "fields", "metadata", "revision", "created_at", "updated_at" from "public"."records" where ${expected} order by "id" asc`,
    )
    expect(preview.parameters).toEqual(parameters)
  })
})

test("the SQL of a path with many array indexes stays in proportion to it", () => {
  const field = ["fields", ...Array.from({ length: 100 }, () => 0)]
  expect(previewQuery({ filters: [{ field, operator: "like", value: "a" }] }).sql.length).toBeLessThan(100_000)
})

test("more values than one statement can have are refused, however many conditions there are", () => {
  const leaves = (count: number) => ({ or: Array.from({ length: count }, () => filter("revision", "=", 1)) })
  expect(previewQuery({ filters: [leaves(60_000)] }).parameters).toHaveLength(60_000)
  expect(() => previewQuery({ filters: [leaves(200_000)] })).toThrow("has 200000 values, and one statement takes 65535")
  expect(() => previewQuery({ filters: leaves(200_000).or })).toThrow(InvalidQueryError)
})

describe.each(databases)("what a condition finds on $name", (kind) => {
  let db: PostgresDatabase<never, never>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase<never, never>(kind))
    await load(db)
  })
  afterAll(() => drop())

  test.each(named)("$name", async ({ condition, found }) => {
    const records: { id: string }[] = await db.search({ filters: [condition as never] })
    expect(records.map(({ id }) => String.fromCharCode(97 + Number.parseInt(id.slice(-2), 16) - 10)).join("")).toBe(found)
  })

  test("every condition is true or false on every row, never NULL", async () => {
    for (const { condition, name } of named) {
      const { rows: unknown } = await sql`select id from records where (${compileFilter(condition as never)}) is null`.execute(db.kysely)
      expect(unknown, name).toEqual([])
    }
  })

  test("a condition goes into a query of one's own, on an aliased table, beside a join and inside having", async () => {
    const young = compileFilter(filter("fields.v", "=", 30), undefined, { alias: "r" })
    const query = db.kysely
      .selectFrom("records as r")
      .innerJoin("records as s", "s.id", "r.id")
      .select("r.id")
      .where(young)
      .groupBy(["r.id", "r.fields"])
      .having(young)
    expect(query.compile().sql).toContain(`where ("r"."fields" @> $1::jsonb) group by`)
    expect(await query.execute()).toHaveLength(1)
    const operand = db.kysely
      .selectFrom("records")
      .select("id")
      .where(compileFilter(filter("fields.v", "exists")), "=", false)
    expect(await operand.execute()).toHaveLength(4)
  })
})

async function load({ kysely }: PostgresDatabase<never, never>): Promise<void> {
  for (const [letter, { fields, metadata }] of Object.entries(documents)) {
    const id = `00000000-0000-4000-8000-0000000000${(letter.charCodeAt(0) - 97 + 10).toString(16).padStart(2, "0")}`
    const written = metadata === undefined ? null : JSON.stringify(metadata)
    await sql`insert into records (id, fields, metadata) values (${id}::uuid, ${JSON.stringify(fields)}::jsonb, ${written}::jsonb)`.execute(kysely)
  }
}

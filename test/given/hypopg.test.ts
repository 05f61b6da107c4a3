import { randomUUID } from "node:crypto"
import { sql } from "kysely"
import { afterAll, beforeAll, expect, test } from "vitest"
import { defineRecords, filter, type JsonObject, PostgresDatabase } from "../../src/index.ts"
import { advise } from "../../src/operations/index.ts"

/*
 * Advice where the server has the extension hypopg, on the database that HYPOPG_URL names: it needs the extension and a role
 * that may make schemas in it.
 */

const connectionString = process.env["HYPOPG_URL"]
if (connectionString === undefined) throw new Error("test:hypopg needs a server: HYPOPG_URL=postgres://user@host/database npm run test:hypopg")
const schema = `hypopg_${randomUUID().replaceAll("-", "")}`
const db = new PostgresDatabase({ connectionString, records: defineRecords<JsonObject>({ table: "people", schema, gin: false }) })

beforeAll(async () => {
  await sql`create schema ${sql.id(schema)}`.execute(db.kysely)
  await db.migrate()
  await db.createBatch(Array.from({ length: 20_000 }, (_, n) => ({ fields: { n, half: n % 2, text: `text ${n}` } })))
  await sql`analyze ${sql.table(`${schema}.people`)}`.execute(db.kysely)
})
afterAll(async () => {
  await sql`drop schema ${sql.id(schema)} cascade`.execute(db.kysely)
  await db.close()
})

test("what was measured on a sample is checked on the whole table", async () => {
  const { queries, indexes } = await advise(db, [{ filters: [filter("fields.n", "=", 7)] }, { filters: [filter("fields.half", "=", 1)] }])
  expect(queries.map(({ verdict }) => verdict)).toEqual(["build", "unselective"])
  expect(indexes).toHaveLength(1)
  const { isUsed, cost, bytes } = indexes[0]?.hypopg ?? {}
  expect(isUsed).toBe(true)
  expect(cost?.withIndex).toBeLessThan(cost?.now ?? 0)
  expect(bytes).toBeGreaterThan(100_000)
})

test("of an index of a kind that it does not know nothing is said", async () => {
  const { indexes } = await advise(db, [{ filters: [filter("fields.text", "includes", "xt 1234")] }])
  expect(indexes.map(({ entry, hypopg }) => [entry, hypopg])).toEqual([[{ kind: "trigram", field: "fields.text" }, undefined]])
})

test("nothing of it stays in the session", async () => {
  await advise(db, [{ filters: [filter("fields.n", "=", 7)] }])
  const { rows } = await sql`select * from hypopg_list_indexes`.execute(db.kysely)
  expect(rows).toEqual([])
})

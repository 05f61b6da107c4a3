import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, filter, increment, PostgresDatabase, RevisionConflictError, set } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Item {
  n: number
}

const ID = "00000000-0000-4000-8000-000000000001"

// What the statements call their parts.
const NAMES = ["given", "found", "patched", "written", "met", "kept", "row", "first", "asked", "fields", "select"]

describe.each(databases)("a table may have any name on $name", (kind) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>

  beforeAll(async () => {
    database = await migratedDatabase(kind)
  })
  afterAll(() => database.drop())

  test.each(NAMES)("%s", async (table) => {
    const db = new PostgresDatabase<Item>({ kysely: database.db.kysely, records: defineRecords<Item>({ table }) })
    await db.migrate()
    await db.create({ id: ID, fields: { n: 1 } })
    await db.upsert({ id: ID, fields: { n: 2 } })
    await db.upsertBatch([{ id: ID, fields: { n: 3 } }])
    await db.upsertBatch([{ id: ID, fields: { n: 4 }, revision: 3 }], { onConflict: "replaceIfRevision" })
    await expect(db.upsertBatch([{ id: ID, fields: { n: 4 }, revision: 3 }], { onConflict: "replaceIfRevision" })).rejects.toThrow(RevisionConflictError)
    await db.createBatch([{ id: ID, fields: { n: 5 } }], { onConflict: "skip" })
    await db.updateBatch([{ id: ID, fields: { n: 5 }, expectedRevision: 4 }])
    await db.update(ID, { metadata: { a: 1 } }, { expectedRevision: 5 })
    await db.patch(ID, [increment("fields.n", 1)], { expectedRevision: 6 })
    await db.patchBatch([{ id: ID, changes: [increment("fields.n", 1)] }])
    await db.patchWhere({ filters: [filter("fields.n", "=", 7)] }, [set("fields.n", 8)])
    await db.updateWhere({ filters: [filter("fields.n", "=", 8)] }, { fields: { n: 9 } })
    expect(await db.claim({ filters: [filter("fields.n", "=", 9)] }, [set("fields.n", 10)])).toMatchObject([{ id: ID, revision: 11, fields: { n: 10 } }])
    expect(await db.readBatch([ID])).toEqual(await db.search())
    expect((await db.explain({ filters: [filter("fields.n", "=", 1)] })).text).toBeTruthy()
    expect(await db.delete(ID, { expectedRevision: 11 })).toBe(true)
    expect(await db.count()).toBe(0)
  })
})

test("but that of an upsert's new row", () => {
  expect(() => new PostgresDatabase({ embedded: true, records: defineRecords({ table: "excluded" }) })).toThrow(/excluded/)
})

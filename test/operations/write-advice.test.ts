import { mkdtemp, readdir, rm, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { sql } from "kysely"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, filter, PostgresDatabase, type RecordsDefinition } from "../../src/index.ts"
import { advise, difference, writeAdvice } from "../../src/operations/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

interface Order {
  total: number
  note: string
}

let project: string
let folder: string

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "advice-"))
  folder = join(project, "migrations")
  await symlink(resolve("node_modules"), join(project, "node_modules"))
})
afterEach(() => rm(project, { recursive: true }))

describe.each(databases)("writeAdvice on $name", (kind) => {
  test.each([{}, { partitions: 3 }])(
    "writes the migration of what is advised, which builds it and nothing else: %j",
    async (layout) => {
      const records = defineRecords<Order>({ table: "orders", ...layout })
      const { db, drop } = await migratedDatabase(kind, records)
      await sql`insert into orders (id, fields) select gen_random_uuid(), jsonb_build_object('total', n, 'note', md5(n::text)) from generate_series(1, 30000) n`.execute(
        db.kysely,
      )
      await sql`vacuum analyze orders`.execute(db.kysely)
      // What differs otherwise is not its work.
      await sql`drop index orders_metadata_gin`.execute(db.kysely)
      const query = { filters: [filter("fields.total", ">", 29_990)] }
      const advice = await advise(db, [query, { filters: [filter("fields.note", "includes", "c4ca42")] }])
      expect(advice.queries.map(({ verdict }) => verdict)).toEqual(["build", "build"])
      const file = await writeAdvice(db, advice, { folder })
      expect(file?.changes.map(({ part }) => part.name)).toEqual(["extension pg_trgm", ...advice.indexes.map(({ name }) => `index ${name}`)])
      expect(await writeAdvice(db, advice, { folder })).toMatchObject({ path: file?.path, isNew: false })
      expect(await readdir(folder)).toHaveLength(1)
      expect(await db.migrate({ folder })).toHaveLength(1)
      expect(await writeAdvice(db, advice, { folder })).toBeNull()
      const built = new PostgresDatabase<Order>({
        kysely: db.kysely as never,
        records: declared({ table: "orders", ...layout, indexes: advice.indexes.map(({ entry }) => entry) }),
      })
      expect((await difference(built)).changes.map(({ part }) => part.name)).toEqual(["index orders_metadata_gin"])
      expect((await built.explain(query)).indexes).toEqual([advice.indexes.find(({ queries }) => queries.includes(0))?.name])
      // The statements of the advice do the same.
      for (const statement of advice.indexes.flatMap(({ down }) => down)) await sql.raw(statement).execute(db.kysely)
      for (const statement of advice.indexes.flatMap(({ up }) => up)) await sql.raw(statement).execute(db.kysely)
      expect((await difference(built)).changes.map(({ part }) => part.name)).toEqual(["index orders_metadata_gin"])
      await drop()
    },
    120_000,
  )

  test("writes nothing where nothing is advised, and for no table that is not as it should be", async () => {
    const { db, drop } = await migratedDatabase(kind, defineRecords<Order>({ table: "orders" }))
    expect(await writeAdvice(db, await advise(db, [{ filters: [filter("fields.total", ">", 1)] }]), { folder })).toBeNull()
    const indexes = [{ entry: { field: "fields.total" } }] as never
    const divided = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "orders", partitions: 2 }) })
    await expect(writeAdvice(divided, { indexes }, { folder })).rejects.toMatchObject({ code: "table_exists" })
    const none = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "none" }) })
    await expect(writeAdvice(none, { indexes }, { folder })).rejects.toMatchObject({ code: "missing_table" })
    await expect(readdir(folder)).rejects.toThrow("ENOENT")
    await drop()
  })
})

// The entries of an advice are for any record; that they fit this one is what is tested.
function declared(options: object): RecordsDefinition<Order> {
  return defineRecords<Order>(options)
}

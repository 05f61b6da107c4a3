import { randomUUID } from "node:crypto"
import { sql } from "kysely"
import type { Migration } from "kysely/migration"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, filter, increment, PostgresDatabase } from "../../src/index.ts"
import { difference } from "../../src/operations/index.ts"
import { databases, migratedDatabase, onServer } from "../setup/databases.ts"
import { type Person, plainPeople } from "./tables.ts"

const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()
const indexed = defineRecords<Person>({ table: "people", indexes: [{ field: "fields.age" }] })
const trigram = defineRecords<Person>({ table: "people", indexes: [{ kind: "trigram", field: "fields.name" }] })

describe("a role that may only read and write rows, on PostgreSQL", () => {
  let owner: PostgresDatabase<Person>
  let url: string
  let role: string
  let drop: () => Promise<void>

  beforeEach(async () => {
    const made = await migratedDatabase<Person>(server, plainPeople)
    owner = made.db
    role = `app_${randomUUID().replaceAll("-", "")}`
    await onServer(`create role ${role} login password 'app'`)
    // Before version 15 everybody could make tables there.
    await sql.raw(`revoke create on schema public from public; grant usage on schema public to ${role}`).execute(owner.kysely)
    await sql.raw(`grant select, insert, update, delete on people to ${role}`).execute(owner.kysely)
    const login = new URL("connectionString" in made.options ? (made.options.connectionString ?? "") : "")
    login.username = role
    login.password = "app"
    url = login.href
    drop = async () => {
      await made.drop()
      await onServer(`drop role ${role}`)
    }
  })
  afterEach(() => drop())

  test("migrates a table that is as it should be: there is nothing to do", async () => {
    await using db = new PostgresDatabase<Person>({ connectionString: url, records: plainPeople })
    expect(await db.migrate()).toEqual([])
    await db.create({ fields: { name: "Ada" } })
    expect(await db.count({ filters: [filter("fields.name", "=", "Ada")] })).toBe(1)
    expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
  })

  test("is told which record a policy of the table does not let in", async () => {
    await using db = new PostgresDatabase<Person>({ connectionString: url, records: plainPeople })
    await sql`alter table people enable row level security`.execute(owner.kysely)
    await sql`create policy adults on people using (true) with check ((fields->>'age')::int >= 18)`.execute(owner.kysely)
    const people = [20, 17, 30].map((age) => ({ fields: { name: "Ada", age } }))
    const refused = { name: "InvalidRecordError", pointer: "/1", message: expect.stringContaining("row-level security") }
    await expect(db.createBatch(people)).rejects.toMatchObject(refused)
    expect(await db.count()).toBe(0)
    expect((await db.createBatch(people, { onError: "isolate" })).failures).toMatchObject([{ position: 1, error: refused }])
    expect(await db.count()).toBe(2)
  })

  test("is told of a record that a policy lets it read and not write", async () => {
    await using db = new PostgresDatabase<Person>({ connectionString: url, records: plainPeople })
    const [kept = "", free = ""] = await owner.createBatch([{ fields: { name: "Ada", age: 1 } }, { fields: { name: "Bo", age: 1 } }])
    await sql`alter table people enable row level security`.execute(owner.kysely)
    await sql`create policy readable on people for select using (true)`.execute(owner.kysely)
    await sql`create policy writable on people for update using (fields->>'name' <> 'Ada')`.execute(owner.kysely)
    const notStored = { code: "not_stored", message: expect.stringContaining("row-level security") }
    const changes = [increment("fields.age", 1)] as const
    const fields = { name: "Cy" }
    await expect(db.update(kept, { fields })).rejects.toMatchObject(notStored)
    await expect(db.update(kept, { fields }, { expectedRevision: 1 })).rejects.toMatchObject(notStored)
    await expect(db.patch(kept, changes)).rejects.toMatchObject(notStored)
    await expect(db.patch(kept, changes, { expectedRevision: 1 })).rejects.toMatchObject(notStored)
    const others = await owner.createBatch(Array.from({ length: 3 }, () => ({ fields: { name: "Ada" } })))
    const patches = (ids: readonly string[]) => ids.map((id) => ({ id, changes }))
    const first = { ...notStored, message: expect.stringContaining("position 1") }
    for (const ids of [others, others.toReversed()]) await expect(db.patchBatch(patches([free, ...ids]))).rejects.toMatchObject(first)
    // What is wrong with an earlier one is said first.
    const stale = { id: free, changes, expectedRevision: 9 }
    await expect(db.patchBatch([stale, ...patches([kept])])).rejects.toMatchObject({ code: "revision_conflict", position: 0 })
    await expect(db.patchBatch(patches([randomUUID(), kept]))).rejects.toMatchObject({ code: "record_not_found", position: 0 })
    const inapplicable = { id: free, changes: [increment("fields.name", 1)] } as never
    await expect(db.patchBatch([inapplicable, { id: kept, changes: [increment("fields.name", 1)] } as never])).rejects.toMatchObject({
      code: "inapplicable_change",
      pointer: "/0/changes/0",
    })
    await expect(db.updateBatch([{ id: kept, fields }])).rejects.toMatchObject(notStored)
    expect(await owner.readBatch([kept, free])).toMatchObject([{ revision: 1 }, { revision: 1 }])
    expect(await db.patch(free, changes)).toMatchObject({ revision: 2 })
  })

  test("is told which index it may not build, and which table it may not make", async () => {
    await using db = new PostgresDatabase<Person>({ connectionString: url, records: indexed })
    await expect(db.migrate()).rejects.toMatchObject({
      code: "no_privilege",
      message: expect.stringMatching(/^migrate, index people_age_\w+: this role may not do that: the owner/),
    })
    await using other = new PostgresDatabase({ connectionString: url, records: defineRecords({ table: "others" }) })
    const noPlace = 'this role may make no table in the schema "public"'
    await expect(other.migrate()).rejects.toMatchObject({ code: "no_privilege", message: expect.stringContaining(noPlace) })
  })

  test("may run a folder in which nothing is left to run, when it may read the list", async () => {
    await using db = new PostgresDatabase<Person>({ connectionString: url, records: plainPeople })
    const provider = { getMigrations: () => Promise.resolve({}) }
    await expect(db.migrate({ provider })).rejects.toMatchObject({
      code: "no_privilege",
      message: expect.stringContaining('`select` on "public"."kysely_migration_people" and "public"."kysely_migrationlock_people"'),
    })
    await using owned = new PostgresDatabase({ kysely: owner.kysely as never, records: defineRecords({ table: "owned" }) })
    await owned.migrate()
    const [shared, files] = ["public.owned", "public.people"].map((recordsTable) => ({ recordsTable, up: () => Promise.resolve() }))
    const both = { getMigrations: () => Promise.resolve({ "1_a": shared as Migration, "2_b": files as Migration }) }
    await expect(db.migrate({ provider: both })).rejects.toMatchObject({
      code: "no_privilege",
      message: expect.stringContaining('"public"."kysely_migration_owned"'),
    })
    await sql.raw(`grant select on kysely_migration_people, kysely_migrationlock_people to ${role}`).execute(owner.kysely)
    expect(await db.migrate({ provider })).toEqual([])
  })

  test("that owns the table, but may not create extensions, is told who may", async () => {
    await sql.raw(`alter table people owner to ${role}; grant create on schema public to ${role}`).execute(owner.kysely)
    await using db = new PostgresDatabase<Person>({ connectionString: url, records: trigram })
    const expected = { code: "missing_extension", message: expect.stringContaining("have the owner of the database run `create extension pg_trgm`") }
    await expect(db.migrate()).rejects.toMatchObject(expected)
    await using fresh = new PostgresDatabase({
      connectionString: url,
      records: defineRecords({ table: "others", indexes: [{ kind: "trigram", field: "fields.name" }] }),
    })
    await expect(fresh.migrate()).rejects.toMatchObject(expected)
    await sql`create extension pg_trgm`.execute(owner.kysely)
    expect(await db.migrate()).toHaveLength(1)
    expect(await fresh.migrate()).toEqual(["0001_records"])
  })
})

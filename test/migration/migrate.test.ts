import { sql } from "kysely"
import { describe, expect, test } from "vitest"
import { defineRecords, filter, PostgresDatabase } from "../../src/index.ts"
import { difference } from "../../src/operations/index.ts"
import { indexStatements } from "../../src/statement/index-statement.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { indexNames, type Person, people, plainPeople, schemaOf } from "./tables.ts"

const declared = indexStatements(people).map(({ name }) => name)
const always = ["people_fields_gin", "people_metadata_gin", "people_pkey"]

describe.each(databases)("migrate() on $name", (kind) => {
  test("makes the table with every index that is declared", async () => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase({ ...options, records: people })
    expect(await db.migrate()).toEqual(["0001_records"])
    expect(await indexNames(db)).toEqual([...declared, ...always].sort())
    expect(await db.migrate()).toEqual([])
    expect(await difference(db)).toEqual({ isMissing: false, changes: [], faults: [] })
    await db.close()
    await drop()
  })

  test("builds what the definition has got since, and drops nothing", async () => {
    const { db: before, drop } = await migratedDatabase<Person>(kind, defineRecords<Person>({ table: "people", indexes: [{ field: "fields.tags" }] }))
    const [old = ""] = indexStatements(before.definition).map(({ name }) => name)
    const db = new PostgresDatabase<Person>({ kysely: before.kysely, records: people })
    await db.create({ fields: { name: "Ada", age: 36 } })
    expect(await db.migrate()).toEqual(["extension pg_trgm", ...declared.map((name) => `index ${name}`)])
    expect(await indexNames(db)).toEqual([...declared, old, ...always].sort())
    expect(await db.migrate()).toEqual([])
    expect(await db.search({ filters: [filter("fields.age", ">", 30)] })).toHaveLength(1)
    await drop()
  })

  test("a GIN under another name is one, and a GIN that is missing is built", async () => {
    const { db, drop } = await migratedDatabase(kind, plainPeople)
    await sql`alter index people_fields_gin rename to anyhow`.execute(db.kysely)
    await sql`alter index anyhow set (fastupdate = off)`.execute(db.kysely)
    await sql`drop index people_metadata_gin`.execute(db.kysely)
    expect(await db.migrate()).toEqual(["index people_metadata_gin"])
    expect(await indexNames(db)).toEqual(["anyhow", "people_metadata_gin", "people_pkey"])
    await drop()
  })

  test("the GIN that are built later are those that come with the table", async () => {
    const { db, drop } = await migratedDatabase(kind, plainPeople)
    const made = async () =>
      (await sql<{ indexdef: string }>`select indexdef from pg_indexes where indexname like 'people%gin' order by 1`.execute(db.kysely)).rows
    const first = await made()
    expect(first.map(({ indexdef }) => indexdef.replace(/^.* USING/, "USING"))).toEqual([
      "USING gin (fields jsonb_path_ops)",
      "USING gin (metadata jsonb_path_ops)",
    ])
    await sql`drop index people_fields_gin, people_metadata_gin`.execute(db.kysely)
    expect(await db.migrate()).toEqual(["index people_fields_gin", "index people_metadata_gin"])
    expect(await made()).toEqual(first)
    await drop()
  })

  test("a GIN on metadata serves whether or not it has an entry for records without", async () => {
    const { db, drop } = await migratedDatabase(kind, plainPeople)
    await sql`drop index people_metadata_gin`.execute(db.kysely)
    for (const name of ["people_metadata_gin", "anyhow"]) {
      for (const where of ["", " where metadata is not null"]) {
        await sql.raw(`create index ${name} on people using gin (metadata jsonb_path_ops)${where}`).execute(db.kysely)
        expect(await difference(db)).toEqual({ isMissing: false, changes: [], faults: [] })
        await sql.raw(`drop index ${name}`).execute(db.kysely)
      }
    }
    await sql`create index anyhow on people using gin (metadata jsonb_path_ops) where fields is not null`.execute(db.kysely)
    expect(await db.migrate()).toEqual(["index people_metadata_gin"])
    await drop()
  })

  test("a unique index over duplicates changes nothing, and says how to find them without a value", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const db = new PostgresDatabase<Person>({ kysely: before.kysely, records: people })
    await db.createBatch([{ fields: { name: "Ada", email: "secret@x" } }, { fields: { name: "Bo", email: "secret@x" } }])
    const schema = await schemaOf(db)
    const error = await db.migrate().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: "ConfigurationError", code: "migration_failed" })
    const { message, cause } = error as Error
    expect(message).toContain(`migrate, index ${declared[1]}: several records have one value`)
    expect(`${message} ${String(cause)} ${JSON.stringify(cause)}`).not.toContain("secret")
    expect(await schemaOf(db)).toEqual(schema)
    const [, query = ""] = /`(.+)`/.exec(message) ?? []
    expect((await sql.raw<{ count: unknown }>(query).execute(db.kysely)).rows.map(({ count }) => Number(count))).toEqual([2])
    await drop()
  })

  test("an index that a failed build has left invalid is built again", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const unique = defineRecords<Person>({ table: "people", indexes: [{ field: "fields.email", unique: true }] })
    const db = new PostgresDatabase<Person>({ kysely: before.kysely, records: unique })
    const [one = { name: "", holds: "" }] = indexStatements(unique)
    const [first] = await db.createBatch(["Ada", "Bo"].map((name) => ({ fields: { name, email: "same" } })))
    await expect(sql.raw(`create unique index concurrently ${one.name} on people ${one.holds}`).execute(db.kysely)).rejects.toThrow()
    expect(await indexNames(db)).toContain(`${one.name}!`)
    expect((await difference(db)).changes.map(({ kind: change, part }) => [change, part.name])).toEqual([["repair", `index ${one.name}`]])
    await db.delete(first ?? "")
    expect(await db.migrate()).toEqual([`index ${one.name}`])
    expect(await indexNames(db)).toContain(one.name)
    await drop()
  })

  test("a value that is too long for an index undoes all of it", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const db = new PostgresDatabase<Person>({
      kysely: before.kysely,
      records: defineRecords<Person>({ table: "people", indexes: [{ field: "fields.age" }, { field: "fields.name" }] }),
    })
    await db.create({ fields: { name: Array.from({ length: 9000 }, () => Math.random().toString(36)).join("") } })
    const schema = await schemaOf(db)
    await expect(db.migrate()).rejects.toThrow(/index people_name_\w+: a value is too long/)
    expect(await schemaOf(db)).toEqual(schema)
    await drop()
  })

  test("a table that is not that of the definition is left alone", async () => {
    const { db, drop } = await migratedDatabase(kind, plainPeople)
    const schema = await schemaOf(db)
    for (const records of [defineRecords({ table: "people", partitions: 4 }), defineRecords({ table: "people", distribute: true })]) {
      await expect(new PostgresDatabase({ kysely: db.kysely, records }).migrate()).rejects.toMatchObject({ code: "table_exists" })
    }
    await sql`alter table people drop column metadata`.execute(db.kysely)
    await expect(db.migrate()).rejects.toThrow('migrate: "public"."people" lacks the column "metadata" (jsonb): add it, or')
    expect(await schemaOf(db)).toEqual(schema.filter((thing) => !thing.includes("metadata")))
    await drop()
  })

  test("a name that something else has is said, and that is left alone", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const db = new PostgresDatabase<Person>({ kysely: before.kysely, records: people })
    const [taken = ""] = declared
    await sql`create table others (n int)`.execute(db.kysely)
    await sql`create index ${sql.id(taken)} on others (n)`.execute(db.kysely)
    const schema = await schemaOf(db)
    await expect(db.migrate()).rejects.toMatchObject({
      code: "migration_failed",
      message: expect.stringMatching(new RegExp(`^migrate, index ${taken}: something else in the schema has its name.+: rename that; nothing was changed$`)),
    })
    expect(await schemaOf(db)).toEqual(schema)
    await sql`alter index people_metadata_gin rename to fresh_fields_gin`.execute(db.kysely)
    const fresh = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "fresh" }) })
    const sayTaken = /has the name of an index or a partition of the table, fresh_fields_gin: rename that, or/
    await expect(fresh.migrate()).rejects.toMatchObject({ code: "table_exists", message: expect.stringMatching(sayTaken) })
    await drop()
  })

  test("tables whose names are those of lists of others have lists of their own", async () => {
    const { db, drop } = await migratedDatabase(kind, plainPeople)
    for (const table of ["people_lock", "lock_people", "lock", "lock_lock"]) {
      const records = defineRecords({ table })
      expect(await new PostgresDatabase({ kysely: db.kysely as never, records }).migrate()).toEqual(["0001_records"])
    }
    await drop()
  })

  test("pg_trgm in a schema that is not looked into is said", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    await sql`create schema aside`.execute(before.kysely)
    await sql`create extension pg_trgm with schema aside`.execute(before.kysely)
    const trigram = (table: string) => defineRecords<Person>({ table, indexes: [{ kind: "trigram", field: "fields.name" }] })
    for (const [table, code] of [
      ["people", "migration_failed"],
      ["others", "missing_extension"],
    ] as const) {
      const refused = new PostgresDatabase({ kysely: before.kysely as never, records: trigram(table) }).migrate()
      await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining("pg_trgm is in a schema that search_path does not name") })
    }
    await drop()
  })

  test("a table that was dropped by hand is not taken for one that is there", async () => {
    const { db, drop } = await migratedDatabase(kind, plainPeople)
    await sql`drop table people`.execute(db.kysely)
    await expect(db.migrate()).rejects.toThrow(/no table "public"."people", but kysely_migration_people says that it was made/)
    await drop()
  })

  test("distribution without Citus fails in its step, and makes nothing", async () => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase({ ...options, records: defineRecords({ table: "people", distribute: true }) })
    const schema = await schemaOf(db)
    await expect(db.migrate()).rejects.toMatchObject({ code: "missing_extension", message: expect.stringContaining("create extension citus") })
    expect(await schemaOf(db)).toEqual(schema)
    await db.close()
    await drop()
  })

  test("distribution is the last statement, with the table and its column", async () => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase({ ...options, records: defineRecords({ table: 'odd "name"', distribute: true, indexes: [{ field: "fields.age" }] }) })
    // They stand for the function of Citus, of the same signature, and for its catalog.
    await sql`create table pg_dist_partition (logicalrelid regclass, called text)`.execute(db.kysely)
    await sql
      .raw(`create function create_distributed_table(relation regclass, distribution_column text, distribution_type text default 'hash')
      returns void language sql as 'insert into pg_dist_partition select relation, relation || '' by '' || distribution_column || '' with '' || count(*) from pg_index where indrelid = relation'`)
      .execute(db.kysely)
    expect(await db.migrate()).toEqual(["0001_records"])
    expect((await sql`select called from pg_dist_partition`.execute(db.kysely)).rows).toEqual([{ called: '"odd ""name""" by id with 4' }])
    expect(await db.migrate()).toEqual([])
    expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
    await db.close()
    await drop()
  })

  test.each([
    [{ folder: "a", provider: { getMigrations: async () => ({}) } }, /a folder or a provider, not both/],
    [{ folder: "" }, /folder is the path/],
    [{ folder: "/nowhere/at all" }, /the migrations in "\/nowhere\/at all" cannot be read/],
    [{ provider: {} as never }, /no MigrationProvider/],
    [{ lockTimeoutMs: 0 }, /lockTimeoutMs/],
    [{ lockTimeoutMs: 1.5 }, /lockTimeoutMs/],
    [{ foler: "a" } as never, /unknown option "foler"/],
  ])("refuses the options %j", async (wrong, message) => {
    const { options, drop } = await kind.create()
    await using db = new PostgresDatabase(options)
    await expect(db.migrate(wrong)).rejects.toThrow(message)
    await drop()
  })
})

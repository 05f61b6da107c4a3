import { execFile } from "node:child_process"
import * as fs from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { sql } from "kysely"
import { FileMigrationProvider, Migrator, NO_MIGRATIONS } from "kysely/migration"
import { describe, expect, test } from "vitest"
import { migrationTables, recordsMigrationProvider } from "../../schema/migration-provider.ts"
import { defineRecords, filter, PostgresDatabase } from "../../src/index.ts"
import { databases } from "../setup/databases.ts"

const run = promisify(execFile)
const project = fileURLToPath(new URL("../..", import.meta.url))
const seed = { table: "records", schema: "public" }

describe.each(databases)("migrations on $name", (kind) => {
  test("up, down, up again leaves nothing behind", async () => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase(options)
    const relations = async () => {
      const { rows } = await sql<{
        name: string
      }>`select relname as name from pg_class where relnamespace = 'public'::regnamespace and relname not like 'kysely_migration%' order by relname`.execute(
        db.kysely,
      )
      return rows.map(({ name }) => name)
    }
    const migrator = new Migrator({ db: db.kysely, provider: recordsMigrationProvider(seed), ...migrationTables(seed) })
    expect(await db.migrate()).toEqual(["0001_records"])
    const made = await relations()
    expect(made).toEqual(["records", "records_fields_gin", "records_metadata_gin", "records_pkey"])
    expect((await migrator.migrateTo(NO_MIGRATIONS)).error).toBeUndefined()
    expect(await relations()).toEqual([])
    expect(await db.migrate()).toEqual(["0001_records"])
    expect(await relations()).toEqual(made)
    expect(await db.migrate()).toEqual([])
    await db.close()
    await drop()
  })

  test("two tables live side by side, each with migrations of its own, and beside the application's", async () => {
    const { options, drop } = await kind.create()
    const first = new PostgresDatabase({ ...options, records: defineRecords({ table: 'odd "name"' }) })
    const both = [first, new PostgresDatabase({ kysely: first.kysely, records: defineRecords({ table: "x".repeat(41) }) })]
    for (const db of both) {
      expect(await db.migrate()).toEqual(["0001_records"])
      await db.create({ fields: { a: 1 } })
      expect(await db.search({ filters: [filter("fields.a", "=", 1)] })).toHaveLength(1)
    }
    await first.close()
    await drop()
  })

  test("a table of that name which is not ours is left alone", async () => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase(options)
    await sql`create table records (mine int)`.execute(db.kysely)
    await expect(db.migrate()).rejects.toMatchObject({ name: "ConfigurationError", code: "table_exists" })
    await expect(db.count({ filters: [filter("fields.a", "exists")] })).rejects.toMatchObject({ code: "wrong_table" })
    expect((await sql`select mine from records`.execute(db.kysely)).rows).toEqual([])
    await db.close()
    await drop()
  })

  test("runners that come at the same time wait for each other", async () => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase(options)
    const ran = await Promise.all([db.migrate(), db.migrate(), db.migrate()])
    expect(ran.flat()).toEqual(["0001_records"])
    await db.close()
    await drop()
  })

  test("an application's own folder takes the migration in by re-exporting it", async () => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase(options)
    const folder = await fs.mkdtemp(path.join(tmpdir(), "migrations-"))
    await fs.mkdir(path.join(folder, "node_modules"))
    await fs.symlink(project, path.join(folder, "node_modules", "kysely-records"))
    await fs.writeFile(
      path.join(folder, "2026_records.mjs"),
      '// The table of kysely-records.\nexport { down, up } from "kysely-records/migrations/0001_records"\n',
    )
    const provider = new FileMigrationProvider({ fs, path, migrationFolder: folder })
    const { error, results } = await new Migrator({ db: db.kysely, provider }).migrateToLatest()
    expect([error, results?.map(({ migrationName }) => migrationName)]).toEqual([undefined, ["2026_records"]])
    expect(await db.create({ fields: { a: 1 } })).toMatchObject({ revision: 1 })
    await fs.rm(folder, { recursive: true })
    await db.close()
    await drop()
  })

  test("kysely-ctl runs the same migrations through kysely.config.ts, and db.migrate() knows of it", async () => {
    const { options, drop } = await kind.create()
    const directory = await fs.mkdtemp(path.join(tmpdir(), "kysely-ctl-"))
    const where = "connectionString" in options ? { connectionString: options.connectionString ?? "" } : { embedded: path.join(directory, "data") }
    // Its reporter is silent where it sees a test.
    const { NODE_ENV: _, TEST: __, VITEST: ___, ...inherited } = process.env
    const environment = { ...inherited, CI: "1", DATABASE_URL: where.connectionString ?? "", PGLITE_DIRECTORY: where.embedded ?? "" }
    const kysely = async (...words: string[]) => {
      const { stdout, stderr } = await run(path.join(project, "node_modules/.bin/kysely"), words, { cwd: project, env: environment })
      return stdout + stderr
    }
    expect(await kysely("migrate", "list")).toMatch(/\[ \] 0001_records/)
    expect(await kysely("migrate", "latest")).toMatch(/Ran 1 migration/)
    const db = new PostgresDatabase(where)
    expect(await db.migrate()).toEqual([])
    await db.close()
    expect(await kysely("migrate", "down")).toMatch(/Undone 1 migration/)
    expect(await kysely("migrate", "list")).toMatch(/\[ \] 0001_records/)
    await fs.rm(directory, { recursive: true })
    await drop()
  }, 60_000)
})

import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { sql } from "kysely"
import { Migrator } from "kysely/migration"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { migrationTables } from "../../schema/migration-provider.ts"
import { defineRecords, PostgresDatabase, type RecordsDefinition } from "../../src/index.ts"
import { migrationsWithFiles } from "../../src/migration/migration-files.ts"
import { difference, generate } from "../../src/operations/index.ts"
import { indexStatements } from "../../src/statement/index-statement.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { indexNames, type Person, people, plainPeople, schemaOf } from "./tables.ts"

const run = promisify(execFile)
const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()
const names = (definition: RecordsDefinition<Person>) => indexStatements(definition).map(({ name }) => name)

let project: string
let folder: string

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "generate-"))
  folder = join(project, "migrations")
  await mkdir(folder)
  await symlink(resolve("node_modules"), join(project, "node_modules"))
  await writeFile(join(project, "package.json"), '{ "type": "module" }')
})
afterEach(() => rm(project, { recursive: true }))

describe.each(databases)("generate on $name", (kind) => {
  test("writes the table that is not there, and db.migrate({ folder }) runs the file and nothing else", async () => {
    const { options, drop } = await kind.create()
    const db = new PostgresDatabase({ ...options, records: people })
    const before = await schemaOf(db)
    await expect(generate(db, { dir: folder } as never)).rejects.toThrow('generate: unknown option "dir": it takes folder')
    const file = await generate(db, { folder })
    expect(file).toMatchObject({ isNew: true, path: expect.stringMatching(/migrations\/\d{8}T\d{6}_create_people\.ts$/) })
    expect(await schemaOf(db)).toEqual(before)
    const name = file?.path.replace(/^.*\/(.+)\.ts$/, "$1") ?? ""
    expect(await db.migrate({ folder })).toEqual([name])
    expect(await indexNames(db)).toEqual([...names(people), "people_fields_gin", "people_metadata_gin", "people_pkey"].sort())
    expect(await generate(db, { folder })).toBeNull()
    expect(await Promise.all([db.migrate({ folder }), db.migrate()])).toEqual([[], []])
    expect(await down(db)).toBeUndefined()
    expect(await schemaOf(db)).toEqual([...before, "extension pg_trgm"].sort())
    await db.close()
    await drop()
  })

  test("writes new, dropped and invalid indexes into one file, which does it and takes it back", async () => {
    const old = defineRecords<Person>({ table: "people", indexes: [{ field: "fields.tags" }, { field: "fields.email", unique: true }] })
    const { db: before, drop } = await migratedDatabase(kind, old)
    const db = new PostgresDatabase<Person>({
      kysely: before.kysely as never,
      records: defineRecords<Person>({
        table: "people",
        gin: { metadata: false },
        indexes: [{ field: "fields.age" }, { field: "fields.email", unique: true }],
      }),
    })
    await sql.raw(`update pg_index set indisvalid = false where indexrelid = '${names(old)[1]}'::regclass`).execute(db.kysely)
    await db.create({ fields: { name: "Ada", age: 36 } })
    const schema = await schemaOf(db)
    const file = await generate(db, { folder })
    expect(file?.changes.map(({ kind: change, part }) => `${change} ${part.name}`)).toEqual([
      `create index ${names(db.definition)[0]}`,
      `repair index ${names(old)[1]}`,
      "drop index people_metadata_gin",
      `drop index ${names(old)[0]}`,
    ])
    expect(await generate(db, { folder })).toMatchObject({ path: file?.path, isNew: false, notRun: [] })
    const wider = new PostgresDatabase<Person>({
      kysely: db.kysely as never,
      records: defineRecords<Person>({ table: "people", indexes: [{ field: "fields.name" }] }),
    })
    // As a formatter leaves it.
    const text = await readFile(file?.path ?? "", "utf8")
    await writeFile(file?.path ?? "", text.replace(/^(export const recordsTable = )`(.+)`$/m, '$1"$2";'))
    const second = await generate(wider, { folder })
    expect(second?.notRun).toEqual([file?.path])
    await rm(second?.path ?? "")
    expect(await db.migrate({ folder })).toEqual([file?.path.replace(/^.*\/(.+)\.ts$/, "$1")])
    expect(await difference(db)).toEqual({ isMissing: false, changes: [], faults: [] })
    expect((await generate(wider, { folder: project }))?.notRun).toEqual([])
    const third = await generate(wider, { folder })
    expect(third?.notRun).toEqual([])
    await rm(third?.path ?? "")
    expect(await down(db)).toBeUndefined()
    expect(await schemaOf(db)).toEqual(schema.map((thing) => thing.replace(/ false$/, " true")))
    await drop()
  })

  test("two tables may share a folder: each runs its own files, and one of nobody's is run once", async () => {
    const { options, drop } = await kind.create()
    const first = new PostgresDatabase({ ...options, records: defineRecords<Person>({ table: "a-b", indexes: [{ field: "fields.age" }] }) })
    const opened = (definition: RecordsDefinition<Person>) => new PostgresDatabase<Person>({ kysely: first.kysely as never, records: definition })
    // Their files have one word for both names.
    const second = opened(defineRecords<Person>({ table: "a_b" }))
    await generate(first, { folder })
    await first.migrate({ folder })
    const { id } = await first.create({ fields: { name: "Ada", age: 1 } })
    const later = opened(defineRecords<Person>({ table: "a-b" }))
    await generate(later, { folder })
    const tenfold = `import { sql } from "kysely"
      export const up = async (db) => { await sql\`update "a-b" set fields = jsonb_build_object('name', 'Ada', 'age', (fields->>'age')::int * 10)\`.execute(db) }`
    await writeFile(join(folder, "29991231T000000_tenfold.ts"), tenfold)
    expect(await later.migrate({ folder })).toHaveLength(2)
    expect((await generate(second, { folder }))?.path).toMatch(/create_a_b\.ts$/)
    expect(await second.migrate({ folder })).toHaveLength(2)
    expect([await second.count(), (await first.read(id))?.fields]).toEqual([0, { name: "Ada", age: 10 }])
    expect(await Promise.all([difference(later), difference(second)])).toMatchObject([{ changes: [] }, { changes: [] }])
    expect(await Promise.all([later.migrate({ folder }), second.migrate({ folder })])).toEqual([[], []])
    await first.close()
    await drop()
  })

  test("an index of somebody else is not dropped, whatever its name is; one that a definition has made is, and comes back as it was", async () => {
    const { db: before, drop } = await migratedDatabase(kind, defineRecords<Person>({ table: "people", indexes: [{ field: "fields.age" }] }))
    const marks = async () =>
      (
        await sql`select relname, obj_description(oid, 'pg_class') as mark from pg_class where relkind = 'i' and relname like 'people%' order by 1`.execute(
          before.kysely,
        )
      ).rows
    const db = new PostgresDatabase<Person>({ kysely: before.kysely as never, records: defineRecords<Person>({ table: "people", gin: { metadata: false } }) })
    await sql`drop index people_metadata_gin`.execute(db.kysely)
    await sql`create index people_metadata_gin on people using gin (metadata)`.execute(db.kysely)
    await sql`create index people_mine_0123abcd on people (revision)`.execute(db.kysely)
    await sql`create index people_age_0123abcd on people ((coalesce(fields->'age', 'null')), id)`.execute(db.kysely)
    await sql`comment on index people_age_0123abcd is 'for the monthly report'`.execute(db.kysely)
    const [own = ""] = names(before.definition)
    const marked = await marks()
    const file = await generate(db, { folder })
    expect(file?.changes.map(({ kind: change, part }) => `${change} ${part.name}`)).toEqual([`drop index ${own}`])
    await db.migrate({ folder })
    expect(await indexNames(db)).toEqual(["people_age_0123abcd", "people_fields_gin", "people_metadata_gin", "people_mine_0123abcd", "people_pkey"])
    expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
    expect(await down(db)).toBeUndefined()
    expect(await marks()).toEqual(marked)
    await drop()
  })

  test("a GIN that was built by a migration, and has another name since, is not dropped for it", async () => {
    const { db, drop } = await migratedDatabase(kind, plainPeople)
    await sql`drop index people_metadata_gin`.execute(db.kysely)
    await db.migrate()
    await sql`alter index people_metadata_gin rename to anyhow`.execute(db.kysely)
    expect(await difference(db)).toMatchObject({ changes: [] })
    await sql`create index people_metadata_gin on people using gin (metadata jsonb_path_ops)`.execute(db.kysely)
    expect((await difference(db)).changes).toMatchObject([{ kind: "drop", part: { name: "index anyhow" } }])
    await sql`drop index people_metadata_gin`.execute(db.kysely)
    await sql`update pg_index set indisvalid = false where indexrelid = 'anyhow'::regclass`.execute(db.kysely)
    expect((await difference(db)).changes).toMatchObject([
      { kind: "create", part: { name: "index people_metadata_gin" } },
      { kind: "drop", part: { name: "index anyhow" } },
    ])
    await drop()
  })

  test("one migration that fails changes nothing, and its file and its index are named", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const db = new PostgresDatabase<Person>({ kysely: before.kysely as never, records: people })
    await db.createBatch([{ fields: { name: "Ada", email: "secret@x" } }, { fields: { name: "Bo", email: "secret@x" } }])
    const schema = await schemaOf(db)
    await generate(db, { folder })
    const error = await db.migrate({ folder }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: "migration_failed",
      message: expect.stringMatching(/^migrate, step \d{8}T\d{6}_people_change_indexes, index people_email_\w+: several records/),
    })
    expect(`${String(error)} ${JSON.stringify((error as Error).cause)}`).not.toContain("secret")
    expect(await schemaOf(db)).toEqual(schema)
    await drop()
  })

  test("a runner that puts the files into a transaction makes tables, and is told why it builds no index", async () => {
    const { options, drop } = await kind.create()
    const inTransaction = async (db: PostgresDatabase<Person>) => {
      const provider = await migrationsWithFiles(db.kysely.withoutPlugins() as never, db.definition, folder)
      return new Migrator({ db: db.kysely, provider, ...migrationTables(db.definition) }).migrateToLatest()
    }
    const plain = new PostgresDatabase({ ...options, records: plainPeople })
    await generate(plain, { folder })
    expect(await inTransaction(plain)).toMatchObject({ results: [{ status: "Success" }] })
    const db = new PostgresDatabase<Person>({ kysely: plain.kysely as never, records: people })
    const schema = await schemaOf(db)
    await generate(db, { folder })
    expect(String((await inTransaction(db)).error)).toMatch(
      /create index concurrently cannot run in a transaction: run the migrations with disableTransactions: true/,
    )
    expect(await schemaOf(db)).toEqual(schema)
    expect(await db.migrate({ folder })).toHaveLength(1)
    await plain.close()
    await drop()
  })

  test("a file that has run and is there no more is named", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const db = new PostgresDatabase<Person>({ kysely: before.kysely as never, records: people })
    await generate(db, { folder })
    await db.migrate({ folder })
    const schema = await schemaOf(db)
    for (const file of await readdir(folder)) await rm(join(folder, file))
    await expect(db.migrate({ folder })).rejects.toMatchObject({
      code: "migration_failed",
      message: expect.stringMatching(/kysely_migration_people says has run: .*_people_change_indexes is missing/),
    })
    expect(await schemaOf(db)).toEqual(schema)
    await drop()
  })

  test("a table that is there cannot be distributed without Citus: that is said, and the index before it is undone", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const records = defineRecords({ table: "people", distribute: true, indexes: [{ field: "fields.age" }] })
    const db = new PostgresDatabase({ kysely: before.kysely as never, records })
    const schema = await schemaOf(db)
    await generate(db, { folder })
    await expect(db.migrate({ folder })).rejects.toMatchObject({
      code: "missing_extension",
      message: expect.stringMatching(/distribution of people: the extension citus is not in this database.*nothing was changed$/),
    })
    expect(await schemaOf(db)).toEqual(schema)
    await drop()
  })

  test("the file of a new table says what the first migration would say: no Citus, and names that another table has", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const distributed = new PostgresDatabase({ kysely: before.kysely as never, records: defineRecords({ table: "spread", distribute: true }) })
    const file = await generate(distributed, { folder })
    await expect(distributed.migrate({ folder })).rejects.toMatchObject({
      code: "missing_extension",
      message: expect.stringMatching(/_create_spread: the extension citus is not in this database.*nothing was changed$/),
    })
    await rm(file?.path ?? "")
    const db = new PostgresDatabase<Person>({ kysely: before.kysely as never, records: people })
    await sql`alter table people rename to people_old`.execute(db.kysely)
    await sql`delete from kysely_migration_people`.execute(db.kysely)
    const schema = await schemaOf(db)
    await generate(db, { folder })
    const taken = /_create_people: something else in the schema "public" has the name of .+, people_fields_gin, people_metadata_gin, people_pkey: rename that/
    await expect(db.migrate({ folder })).rejects.toMatchObject({ code: "table_exists", message: expect.stringMatching(taken) })
    expect(await schemaOf(db)).toEqual(schema)
    await drop()
  })

  test("a table that is there is distributed behind its indexes, and before them it is taken back", async () => {
    const { db: before, drop } = await migratedDatabase(kind, plainPeople)
    const records = defineRecords<Person>({
      table: "people",
      distribute: true,
      indexes: [{ field: "fields.age" }, { fields: ["fields.email", "id"], unique: true }],
    })
    const db = new PostgresDatabase<Person>({ kysely: before.kysely as never, records })
    // They stand for the functions of Citus, of the same signatures, and for its catalog; they keep what they were called with.
    await sql`create table pg_dist_partition (logicalrelid regclass)`.execute(db.kysely)
    await sql`create table calls (call text)`.execute(db.kysely)
    const indexed = `(select count(*) from pg_index where indrelid = relation and indisvalid)`
    await sql
      .raw(`create function create_distributed_table(relation regclass, distribution_column text, distribution_type text default 'hash') returns void language sql as
      'insert into pg_dist_partition values (relation); insert into calls select ''distribute '' || relation || '' by '' || distribution_column || '' with '' || ${indexed}'`)
      .execute(db.kysely)
    await sql
      .raw(`create function truncate_local_data_after_distributing_table(relation regclass) returns void language sql as
      'insert into calls select ''empty '' || relation'`)
      .execute(db.kysely)
    await sql
      .raw(`create function undistribute_table(relation regclass) returns void language sql as
      'delete from pg_dist_partition where logicalrelid = relation; insert into calls select ''take back with '' || ${indexed}'`)
      .execute(db.kysely)
    await expect(db.migrate()).rejects.toMatchObject({ code: "table_exists", message: expect.stringContaining("generate") })
    const file = await generate(db, { folder })
    expect(file?.changes.map(({ part }) => part.name)).toEqual([...names(records).map((name) => `index ${name}`), "distribution of people"])
    await db.migrate({ folder })
    expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
    expect(await db.migrate()).toEqual([])
    expect(await down(db)).toBeUndefined()
    expect((await sql<{ call: string }>`select call from calls`.execute(db.kysely)).rows.map(({ call }) => call)).toEqual([
      "distribute people by id with 5",
      "empty people",
      "take back with 5",
    ])
    expect(await indexNames(db)).toEqual(["people_fields_gin", "people_metadata_gin", "people_pkey"])
    await drop()
  })

  test("db.migrate() first, files later: the list takes both, in either order of definitions", async () => {
    const { db: before, options, drop } = await migratedDatabase(kind, plainPeople)
    const records = defineRecords<Person>({ table: "people", indexes: [{ field: "fields.age" }] })
    const db = new PostgresDatabase<Person>({ kysely: before.kysely as never, records })
    const file = await generate(db, { folder })
    expect(file?.path).toMatch(/_people_add_age_index\.ts$/)
    expect(await db.migrate()).toEqual([`index ${names(records)[0]}`])
    expect(await db.migrate({ folder })).toHaveLength(1)
    expect(await db.migrate({ folder })).toEqual([])
    await before.close()
    await drop()
    // A new database: the migration that makes the table, then the files.
    const fresh = await kind.create()
    expect(options).not.toBe(fresh.options)
    const second = new PostgresDatabase({ ...fresh.options, records })
    expect(await second.migrate({ folder })).toEqual(["0001_records", file?.path.replace(/^.*\/(.+)\.ts$/, "$1")])
    expect(await difference(second)).toMatchObject({ changes: [], faults: [] })
    await second.close()
    await fresh.drop()
  })

  test("kysely-ctl runs the files into the same list", async () => {
    const { options, drop } = await kind.create()
    const where = "connectionString" in options ? { connectionString: options.connectionString ?? "" } : { embedded: join(project, "data") }
    const open = (records: RecordsDefinition<Person>) => new PostgresDatabase({ ...where, records })
    const once = async <R>(records: RecordsDefinition<Person>, work: (db: PostgresDatabase<Person>) => Promise<R>) => {
      await using db = open(records)
      return await work(db)
    }
    await writeFile(join(project, "kysely.config.ts"), config("embedded" in where ? where.embedded : undefined))
    const environment = { ...withoutTestNames(), CI: "1", DATABASE_URL: "connectionString" in where ? where.connectionString : "" }
    const kysely = async (...words: string[]) => {
      const { stdout, stderr } = await run(resolve("node_modules/.bin/kysely"), words, { cwd: project, env: environment })
      return stdout + stderr
    }
    await once(plainPeople, (db) => generate(db, { folder }))
    expect(await kysely("migrate", "latest")).toMatch(/Ran 1 migration/)
    expect(await once(plainPeople, (db) => db.migrate({ folder }))).toEqual([])
    await once(people, (db) => generate(db, { folder }))
    expect(await once(people, (db) => db.migrate({ folder }))).toHaveLength(1)
    expect(await kysely("migrate", "list")).not.toMatch(/\[ \]/)
    expect(await kysely("migrate", "down")).toMatch(/Undone 1 migration/)
    expect(await once(people, async (db) => (await difference(db)).changes.length)).toBe(names(people).length)
    expect(await kysely("migrate", "latest")).toMatch(/Ran 1 migration/)
    expect(await once(people, (db) => difference(db))).toMatchObject({ changes: [], faults: [] })
    await drop()
  }, 300_000)

  test("names of every kind are written so that the file means them", async () => {
    const { options, drop } = await kind.create()
    const records = defineRecords({
      table: `o"d\`d\\ \${x} */ é`,
      indexes: [
        { field: ["fields", `a\`b\\\${c}'d`], unique: true },
        { kind: "text", field: "fields.n" },
      ],
    })
    const db = new PostgresDatabase({ ...options, records: defineRecords({ table: records.table }) })
    const same = new PostgresDatabase({ kysely: db.kysely as never, records })
    await generate(db, { folder })
    expect(await db.migrate({ folder })).toHaveLength(1)
    await generate(same, { folder })
    expect(await same.migrate({ folder })).toHaveLength(1)
    expect(await difference(same)).toMatchObject({ changes: [], faults: [] })
    await generate(db, { folder })
    expect(await db.migrate({ folder })).toHaveLength(1)
    expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
    await db.close()
    await drop()
  })

  test("partitions: further indexes in a file, which takes them back", async () => {
    const plain = defineRecords<Person>({ table: "people", partitions: 2 })
    const { db, drop } = await migratedDatabase(kind, plain)
    const records = defineRecords<Person>({ table: "people", partitions: 2, gin: false, indexes: [{ field: "fields.age" }] })
    const indexed = new PostgresDatabase<Person>({ kysely: db.kysely as never, records })
    await generate(indexed, { folder })
    expect(await indexed.migrate({ folder })).toHaveLength(1)
    expect(await difference(indexed)).toMatchObject({ changes: [], faults: [] })
    expect((await difference(db)).changes.map(({ kind: change }) => change)).toEqual(["create", "create", "drop"])
    expect(await down(indexed)).toBeUndefined()
    expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
    await drop()
  })

  test("a table that no migration puts right is refused, and nothing is written", async () => {
    const { db, drop } = await migratedDatabase(kind, plainPeople)
    const partitioned = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "people", partitions: 8 }) })
    await expect(generate(partitioned, { folder })).rejects.toThrow(/^generate: "public"."people" has no partitions, and its definition says 8 partitions/)
    expect(await readdir(folder)).toEqual([])
    await drop()
  })
})

test("kysely-ctl runs the files with the configuration of the documentation, on PostgreSQL", async () => {
  const { options, drop } = await server.create()
  const text = await readFile("docs/migrations.md", "utf8")
  const documented = /```ts\n(import \{ join \}[^`]+export default defineConfig[^`]+)```/.exec(text)?.[1] ?? expect.unreachable()
  const source = (path: string) => JSON.stringify(resolve(path))
  const local = documented
    .replace('"kysely-records/operations"', source("src/operations/index.ts"))
    .replace('"kysely-records/migrations/0001_records"', source("schema/migrations/0001_records.ts"))
  await writeFile(join(project, "kysely.config.ts"), local)
  const url = "connectionString" in options ? options.connectionString : ""
  await using db = new PostgresDatabase({ connectionString: url ?? "", records: defineRecords({ table: "members", indexes: [{ field: "fields.age" }] }) })
  const kysely = (...words: string[]) =>
    run(resolve("node_modules/.bin/kysely"), words, { cwd: project, env: { ...withoutTestNames(), CI: "1", DATABASE_URL: url ?? "" } })
  await using plain = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "members" }) })
  await plain.migrate()
  await generate(db, { folder })
  const { stdout, stderr } = await kysely("migrate", "list")
  expect(stdout + stderr).toMatch(/\[ \] .*members_add_age_index/)
  await kysely("migrate", "latest")
  expect(await db.migrate({ folder })).toEqual([])
  expect(await difference(db)).toMatchObject({ changes: [], faults: [] })
  await db.close()
  await drop()
}, 300_000)

describe("the files", () => {
  test("compile under the strictest options, and import only Kysely", async () => {
    await using db = new PostgresDatabase({ embedded: true, records: people })
    await generate(db, { folder })
    await new PostgresDatabase({ kysely: db.kysely as never, records: plainPeople }).migrate()
    await generate(db, { folder })
    const files = await readdir(folder)
    expect(files).toHaveLength(2)
    for (const file of files)
      expect([...(await readFile(join(folder, file), "utf8")).matchAll(/^import .+ from "(.+)"/gm)].map(([, from]) => from)).toEqual(["kysely"])
    await writeFile(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions: STRICTEST, include: ["migrations"] }))
    await expect(run(resolve("node_modules/.bin/tsc"), ["-p", project])).resolves.toMatchObject({ stdout: "" })
  }, 60_000)

  test("a new one stands behind every other in the folder, whatever the clock says, and overwrites none", async () => {
    await using db = new PostgresDatabase({ embedded: true, records: people })
    await writeFile(join(folder, "29991231T235959_people_last.ts"), "mine")
    await writeFile(join(folder, "README.md"), "mine")
    expect((await generate(db, { folder }))?.path).toMatch(/30000101T000000_create_people\.ts$/)
    await expect(generate(db, { folder: join(folder, "README.md") })).rejects.toMatchObject({ code: "invalid_folder" })
    expect(await readFile(join(folder, "README.md"), "utf8")).toBe("mine")
  })
})

/** Takes the last migration of the folder back, and gives the error. */
async function down(db: PostgresDatabase<Person>): Promise<unknown> {
  const provider = await migrationsWithFiles(db.kysely.withoutPlugins() as never, db.definition, folder)
  const { error } = await new Migrator({ db: db.kysely, provider, disableTransactions: true, ...migrationTables(db.definition) }).migrateDown()
  return error
}

const STRICTEST = {
  strict: true,
  noEmit: true,
  target: "es2022",
  module: "nodenext",
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noImplicitReturns: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  isolatedModules: true,
  skipLibCheck: true,
  types: [],
}

function config(embedded: string | undefined): string {
  const dialect =
    embedded === undefined
      ? `new PostgresDialect({ pool: new pg.Pool({ connectionString: process.env.DATABASE_URL }) })`
      : `new PGliteDialect({ pglite: () => PGlite.create({ dataDir: ${JSON.stringify(embedded)}, extensions: { pg_trgm } }) })`
  return `import { PGlite } from "@electric-sql/pglite"
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm"
import { PGliteDialect, PostgresDialect } from "kysely"
import { defineConfig } from "kysely-ctl"
import pg from "pg"

export default defineConfig({
  dialect: ${dialect},
  migrations: {
    migrationFolder: "migrations",
    disableTransactions: true,
    migrationTableName: "kysely_migration_people",
    migrationLockTableName: "kysely_migrationlock_people",
    migrationTableSchema: "public",
  },
})
`
}

// Its reporter is silent where it sees a test.
function withoutTestNames(): NodeJS.ProcessEnv {
  const { NODE_ENV: _, TEST: __, VITEST: ___, ...inherited } = process.env
  return inherited
}

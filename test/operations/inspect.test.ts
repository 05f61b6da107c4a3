import { randomUUID } from "node:crypto"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, filter, PostgresDatabase } from "../../src/index.ts"
import { type Inspection, inspect } from "../../src/operations/index.ts"
import { markIndexSql } from "../../src/statement/index-statement.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const people = defineRecords<{ n: number; text?: string }>({ table: "people", indexes: [{ field: "fields.n" }] })
const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

const kinds = ({ findings }: Inspection) => findings.map(({ kind }) => kind)

describe.each(databases)("inspect on $name", (kind) => {
  let db: PostgresDatabase<{ n: number; text?: string }>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind, people))
  })
  afterAll(() => drop())
  beforeEach(async () => {
    await sql`drop schema public cascade`.execute(db.kysely)
    await sql`create schema public`.execute(db.kysely)
    await db.migrate()
  })

  test("a table that is well: its sizes, its indexes, and nothing to do", async () => {
    await db.createBatch(Array.from({ length: 2_000 }, (_, n) => ({ fields: { n } })))
    await sql`vacuum analyze people`.execute(db.kysely)
    await counted(db)
    const looked = await inspect(db, { count: true })
    expect(looked).toMatchObject({
      table: "public.people",
      drift: { isMissing: false, changes: [], faults: [] },
      records: { estimated: 2_000, actual: 2_000 },
      deadRows: { share: 0 },
      last: { vacuum: expect.any(Date), analyze: expect.any(Date) },
      findings: [],
    })
    expect(looked.indexes.map(({ name, isValid }) => [name, isValid])).toEqual([
      ["people_fields_gin", true],
      ["people_metadata_gin", true],
      [expect.stringMatching(/^people_n_/), true],
      ["people_pkey", true],
    ])
    const { rows, toast, indexes, total } = looked.bytes
    expect(rows).toBeGreaterThan(100_000)
    expect(indexes).toBeGreaterThan(100_000)
    expect(total).toBeGreaterThanOrEqual(rows + toast + indexes)
    expect(looked.notes).toEqual([expect.stringContaining("pgstattuple")])
    expect((await inspect(db)).records.actual).toBeNull()
  })

  test("an option that it does not know is refused", async () => {
    await expect(inspect(db, { counted: true } as never)).rejects.toThrow('inspect: unknown option "counted": it takes count')
  })

  test("a table that is not well: what is wrong, and what to do about each", async () => {
    // It would put some of this right.
    await sql`alter table people set (autovacuum_enabled = false)`.execute(db.kysely)
    await db.createBatch(Array.from({ length: 3_000 }, (_, n) => ({ fields: { n, text: Array.from({ length: 200 }, () => randomUUID()).join() } })))
    const young = kinds(await inspect(db, { count: true }))
    expect(young).toContain("never_analyzed")
    expect(young).not.toContain("wrong_estimate")
    await sql`analyze people`.execute(db.kysely)
    await sql`update people set fields = fields || '{"n": 1}'`.execute(db.kysely)
    await sql`drop index people_metadata_gin`.execute(db.kysely)
    await sql`create index people_age_0123abcd on people (revision)`.execute(db.kysely)
    await sql.raw(markIndexSql("people_age_0123abcd", people)).execute(db.kysely)
    await sql`create index theirs on people (revision)`.execute(db.kysely)
    await sql`create index theirs_ccnew on people (revision)`.execute(db.kysely)
    for (const index of ["people_age_0123abcd", "theirs", "theirs_ccnew"])
      await sql`update pg_index set indisvalid = false where indexrelid = ${index}::regclass`.execute(db.kysely)
    await sql`insert into people (id, fields) select gen_random_uuid(), fields from people`.execute(db.kysely)
    await expect
      .poll(async () => kinds(await inspect(db, { count: true })).toSorted(), { timeout: 10_000 })
      .toEqual(["dead_rows", "drift", "drift", "few_hot_updates", "invalid_index", "invalid_index", "mostly_toast", "wrong_estimate"])
    const { findings, updates } = await inspect(db, { count: true })
    expect(updates).toMatchObject({ count: 3_000, hotShare: 0 })
    expect(findings.find(({ kind }) => kind === "dead_rows")?.remedy).toBe('vacuum (analyze) "public"."people"')
    expect(findings.filter(({ kind }) => kind === "invalid_index").map(({ remedy }) => remedy)).toEqual([
      'reindex index concurrently "public"."theirs"',
      'drop index concurrently "public"."theirs_ccnew"',
    ])
    expect(findings.find(({ kind }) => kind === "few_hot_updates")?.remedy).toMatch(/^no query has searched people_fields_gin, people_n_\w+: /)
    for (const { what, remedy } of findings) expect([what, remedy].join()).not.toMatch(/undefined|NaN|null/)
  })

  test("updates that write every index are no finding where every index is searched", async () => {
    const lean = new PostgresDatabase<{ n: number }>({
      kysely: db.kysely as never,
      records: defineRecords<{ n: number }>({ table: "lean", gin: { metadata: false } }),
    })
    await lean.migrate()
    await lean.createBatch(Array.from({ length: 1_500 }, (_, n) => ({ fields: { n } })))
    await sql`update lean set fields = fields || '{"m": 1}'`.execute(db.kysely)
    await expect.poll(async () => kinds(await inspect(lean)), { timeout: 10_000 }).toContain("few_hot_updates")
    await sql`vacuum analyze lean`.execute(db.kysely)
    await lean.transaction(async (tx) => {
      await sql`set local enable_seqscan = off`.execute(tx.kysely)
      await sql`set local enable_indexscan = off`.execute(tx.kysely)
      expect(await tx.search({ filters: [filter("fields.n", "=", 7)] })).toHaveLength(1)
    })
    await expect.poll(async () => kinds(await inspect(lean)), { timeout: 10_000 }).not.toContain("few_hot_updates")
    expect((await inspect(lean)).updates).toEqual({ count: 1_500, hotShare: 0 })
  })

  test("a table that was emptied and filled again has no statistics, however often it was analyzed", async () => {
    await sql`alter table people set (autovacuum_enabled = false)`.execute(db.kysely)
    await sql`analyze people`.execute(db.kysely)
    await counted(db)
    await sql`truncate people`.execute(db.kysely)
    await db.createBatch(Array.from({ length: 3_000 }, (_, n) => ({ fields: { n } })))
    expect(await inspect(db, { count: true })).toMatchObject({ records: { estimated: null }, findings: [{ kind: "never_analyzed" }] })
  })

  test("a table that is not there, and one that no statement has touched", async () => {
    expect(await inspect(db)).toMatchObject({ findings: [], records: { estimated: null }, updates: { count: 0, hotShare: null }, last: { vacuum: null } })
    await sql`drop table people`.execute(db.kysely)
    expect(kinds(await inspect(db, { count: true }))).toEqual(["missing_table"])
  })

  test("a partitioned table is all of its partitions together", async () => {
    await sql`create table parts (like people including all) partition by hash (id)`.execute(db.kysely)
    for (const part of [0, 1, 2])
      await sql.raw(`create table parts_${part} partition of parts for values with (modulus 3, remainder ${part})`).execute(db.kysely)
    await sql`insert into parts (id, fields) select gen_random_uuid(), jsonb_build_object('n', n) from generate_series(1, 3000) n`.execute(db.kysely)
    await sql`vacuum analyze parts`.execute(db.kysely)
    const parts = new PostgresDatabase({ kysely: db.kysely as never, records: defineRecords({ table: "parts" }) })
    await counted(parts)
    const { records, bytes, indexes, last } = await inspect(parts, { count: true })
    expect(records).toEqual({ estimated: 3_000, actual: 3_000 })
    expect(bytes.rows).toBeGreaterThan(200_000)
    expect(indexes.every((index) => index.bytes > 8_000)).toBe(true)
    expect(last.analyze).toBeInstanceOf(Date)
  })
})

/** Waits until the statistics say that the table was analyzed: PostgreSQL 14 collects them half a second later. */
async function counted<F, M>(db: PostgresDatabase<F, M>): Promise<void> {
  await expect.poll(async () => (await inspect(db)).last.analyze, { timeout: 10_000 }).toBeInstanceOf(Date)
}

describe("inspect on a server", () => {
  test("it does not wait for a table that another session keeps locked, and leaves the settings of its session", async () => {
    const { db, options, drop } = await migratedDatabase(server, people)
    const other = new PostgresDatabase({ ...options, records: people })
    await db.transaction(async (tx) => {
      await sql`lock table people in access exclusive mode`.execute(tx.kysely)
      const began = performance.now()
      const refused = { name: "DatabaseUnavailableError", message: expect.stringMatching(/^inspect: .*"public"."people" locked/) }
      await expect(inspect(other, { count: true })).rejects.toMatchObject(refused)
      expect(performance.now() - began).toBeLessThan(5_000)
    })
    await other.transaction(async (tx) => {
      const settings = () => sql`select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`.execute(tx.kysely)
      await sql`set local lock_timeout = '7s'`.execute(tx.kysely)
      const before = (await settings()).rows
      expect((await inspect(tx)).findings).toEqual([])
      expect((await settings()).rows).toEqual(before)
    })
    await other.close()
    await drop()
  })

  test("a role that may only read and write rows sees what it may, and is told what it may not", async () => {
    const { db, options, drop } = await migratedDatabase(server, people)
    await sql`create extension pgstattuple`.execute(db.kysely)
    await db.createBatch(Array.from({ length: 30_000 }, (_, n) => ({ fields: { n, text: `${n} ${n * 7}` } })))
    await sql`analyze people`.execute(db.kysely)
    const owner = await inspect(db)
    expect(owner.indexes.find(({ name }) => name === "people_fields_gin")?.pendingPages).toBeGreaterThan(100)
    // That of the other GIN may be long as well: autovacuum comes when it likes.
    expect(owner.findings).toContainEqual(expect.objectContaining({ kind: "pending_list", remedy: expect.stringContaining("people_fields_gin") }))
    expect(new Set(owner.findings.map(({ kind }) => kind))).toEqual(new Set(["pending_list"]))
    const role = `app_${randomUUID().replaceAll("-", "")}`
    await sql.raw(`create role ${role} login password 'change-me'; grant select, insert, update, delete on people to ${role}`).execute(db.kysely)
    const url = new URL(("connectionString" in options ? options.connectionString : undefined) ?? "")
    url.username = role
    url.password = "change-me"
    await using app = new PostgresDatabase({ connectionString: url.href, records: people })
    const looked = await inspect(app, { count: true })
    expect(looked).toMatchObject({ records: { estimated: 30_000, actual: 30_000 }, findings: [], notes: [expect.stringContaining("pg_stat_scan_tables")] })
    expect(looked.indexes.map(({ pendingPages }) => pendingPages)).toEqual([null, null, null, null])
    await app.transaction(async (tx) => {
      await inspect(tx)
      expect(await tx.count()).toBe(30_000)
    })
    await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(db.kysely)
    await drop()
  })
})

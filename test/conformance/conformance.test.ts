import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { defineRecords, PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { cases, conforms, documentsOf, type GivenRecord, untyped } from "./cases.ts"

describe.each(databases)("conformance on $name", (kind) => {
  let db: PostgresDatabase<never, never>
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase<never, never>(kind))
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate records`.execute(db.kysely))

  test.each(cases)("$name", async (row) => {
    await load(db, row.records)
    await conforms(db, row)
  })
})

test("a database object that was never connected previews every query that has a meaning", () => {
  const db = new PostgresDatabase<never, never>({ connectionString: "postgres://nobody@127.0.0.1:1/none" })
  for (const row of cases.filter(({ op, expect }) => op === "search" && expect.error === undefined)) {
    expect(db.preview(untyped(row.query)).sql, row.name).toMatch(/^select /)
  }
})

describe.each(databases)("conformance of a table with columns of its own on $name", (kind) => {
  let db: PostgresDatabase<never, never>
  let drop: () => Promise<void>

  beforeAll(async () => {
    const opened = await kind.create()
    db = new PostgresDatabase<never, never>({ ...opened.options, records: ownColumns })
    await sql`create table things (
      thing uuid primary key, data jsonb, meta jsonb, version int, created timestamp(3) default localtimestamp, changed timestamptz(3) not null
    )`.execute(db.kysely)
    drop = async () => {
      await db.close()
      await opened.drop()
    }
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate things`.execute(db.kysely))

  test.each(cases)("$name", async (row) => {
    for (const record of row.records) {
      const { fields, metadata } = documentsOf(record)
      await sql`insert into things (thing, data, meta, version, created, changed) values (
        ${record.id}::uuid, ${fields}::jsonb, ${metadata}::jsonb, ${record.revision ?? 1},
        coalesce(${record.createdAt ?? null}::timestamptz, now()) at time zone 'UTC', coalesce(${record.updatedAt ?? null}::timestamptz, now())
      )`.execute(db.kysely)
    }
    await conforms(db, row)
  })
})

const ownColumns = defineRecords<never, never>({
  table: "things",
  columns: {
    id: "thing",
    fields: "data",
    metadata: "meta",
    revision: "version",
    createdAt: { name: "created", type: "timestamp" },
    updatedAt: "changed",
  },
})

async function load({ kysely }: PostgresDatabase<never, never>, records: GivenRecord[]): Promise<void> {
  for (const record of records) {
    const { fields, metadata } = documentsOf(record)
    await sql`insert into records (id, fields, metadata, revision, created_at, updated_at) values (
      ${record.id}::uuid, ${fields}::jsonb, ${metadata}::jsonb, ${record.revision ?? 1},
      coalesce(${record.createdAt ?? null}::timestamptz, now()), coalesce(${record.updatedAt ?? null}::timestamptz, now())
    )`.execute(kysely)
  }
}

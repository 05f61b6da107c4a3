import { readFileSync } from "node:fs"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { literal } from "./literal.ts"

interface GivenRecord {
  key: string
  id: string
  fields?: unknown
  metadata?: unknown
  /** JSON text, for numbers that JavaScript cannot hold. */
  fieldsJson?: string
  metadataJson?: string
  revision?: number
  createdAt?: string
  updatedAt?: string
}

interface Case {
  name: string
  op: "search" | "count" | "createBatch"
  records: GivenRecord[]
  query: unknown
  input?: GivenRecord[]
  expect: {
    keys?: string[]
    ordered?: boolean
    count?: number
    selected?: unknown[][]
    without?: string[]
    stored?: { fields: unknown; metadata?: unknown }[]
    error?: string
    pointer?: string | string[]
    mentions?: string[]
  }
}

const cases: Case[] = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8"))

// Queries here are what would arrive as JSON: no type knows them.
type AnyDatabase = PostgresDatabase<never, never>

describe.each(databases)("conformance on $name", (kind) => {
  let db: AnyDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase<never, never>(kind))
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate records`.execute(db.kysely))

  test.each(cases)("$name", async (row) => {
    await load(db, row.records)
    if (row.expect.error !== undefined) return refuses(db, row)
    await operations[row.op](db, row)
  })
})

test("a database object that was never connected previews every query that has a meaning", () => {
  const db = new PostgresDatabase<never, never>({ connectionString: "postgres://nobody@127.0.0.1:1/none" })
  for (const row of cases.filter(({ op, expect }) => op === "search" && expect.error === undefined)) {
    expect(db.preview(untyped(row.query)).sql, row.name).toMatch(/^select /)
  }
})

const operations: Record<Case["op"], (db: AnyDatabase, row: Case) => Promise<void>> = {
  async search(db, { query, records, expect: expected }) {
    const rows: { id?: unknown }[] = await db.search(untyped(query))
    if (expected.selected !== undefined) return expectSelected(rows, query, expected)
    const keys = rows.map(({ id }) => records.find((record) => record.id === id)?.key)
    if (expected.ordered === true) expect(keys).toEqual(expected.keys)
    else expect(new Set(keys)).toEqual(new Set(expected.keys))
    expect(keys).toHaveLength(expected.keys?.length ?? 0)
  },
  async count(db, { query, expect: expected }) {
    expect(await db.count(untyped(query))).toBe(expected.count)
  },
  async createBatch(db, row) {
    const ids = await db.createBatch(input(row))
    const stored = await Promise.all(ids.map((id) => db.read(id)))
    expect(stored).toMatchObject(row.expect.stored ?? [])
  },
}

async function refuses(db: AnyDatabase, row: Case): Promise<void> {
  const before = await db.count()
  const run = row.op === "createBatch" ? db.createBatch(input(row)) : row.op === "count" ? db.count(untyped(row.query)) : db.search(untyped(row.query))
  const error: Error & { pointer?: string } = await run.then(
    () => expect.unreachable("it was accepted"),
    (thrown) => thrown,
  )
  expect(error.name).toBe(row.expect.error)
  if (row.expect.pointer !== undefined) expect([row.expect.pointer].flat()).toContain(error.pointer)
  for (const word of row.expect.mentions ?? []) expect(error.message).toContain(word)
  expect(await db.count()).toBe(before)
}

function expectSelected(rows: unknown[], query: unknown, expected: Case["expect"]): void {
  const { select } = untyped(query) as unknown as { select: string[] }
  expect(rows.map((row) => select.map((path) => valueAt(row, path.split("."))))).toEqual(expected.selected)
  for (const text of expected.without ?? []) expect(JSON.stringify(rows)).not.toContain(text)
}

function valueAt(row: unknown, steps: string[]): unknown {
  const found = steps.reduce<unknown>((value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined), row)
  return found ?? null
}

async function load({ kysely }: AnyDatabase, records: GivenRecord[]): Promise<void> {
  for (const record of records) {
    const fields = record.fieldsJson ?? JSON.stringify(literal(record.fields ?? null))
    const metadata = record.metadataJson ?? (record.metadata === undefined ? null : JSON.stringify(literal(record.metadata)))
    await sql`insert into records (id, fields, metadata, revision, created_at, updated_at) values (
      ${record.id}::uuid, ${fields}::jsonb, ${metadata}::jsonb, ${record.revision ?? 1},
      coalesce(${record.createdAt ?? null}::timestamptz, now()), coalesce(${record.updatedAt ?? null}::timestamptz, now())
    )`.execute(kysely)
  }
}

function input({ input = [] }: Case) {
  return input.map(({ key: _key, ...record }) => untyped(record))
}

function untyped(value: unknown): never {
  return literal(value) as never
}

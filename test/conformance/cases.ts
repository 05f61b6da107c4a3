import { readFileSync } from "node:fs"
import { expect } from "vitest"
import type { FileDatabase, PostgresDatabase } from "../../src/index.ts"
import { literal } from "./literal.ts"

/** A record that a case begins with. */
export interface GivenRecord {
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

/** One row of cases.json. */
export interface Case {
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

export const cases: Case[] = JSON.parse(readFileSync(new URL("cases.json", import.meta.url), "utf8"))

// Queries here are what would arrive as JSON: no type knows them.
export type AnyDatabase = Pick<PostgresDatabase<never, never> | FileDatabase<never, never>, "search" | "count" | "createBatch" | "read">

/** Runs a case on a database that holds its records, and compares. */
export async function conforms(db: AnyDatabase, row: Case): Promise<void> {
  if (row.expect.error !== undefined) return refuses(db, row)
  await operations[row.op](db, row)
}

/** The documents of a record as JSON text; no metadata is `null`. */
export function documentsOf(record: GivenRecord): { fields: string; metadata: string | null } {
  return {
    fields: record.fieldsJson ?? JSON.stringify(literal(record.fields ?? null)),
    metadata: record.metadataJson ?? (record.metadata === undefined ? null : JSON.stringify(literal(record.metadata))),
  }
}

/** A value of a case where the types want another. */
export function untyped(value: unknown): never {
  return literal(value) as never
}

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

function input({ input = [] }: Case) {
  return input.map(({ key: _key, ...record }) => untyped(record))
}

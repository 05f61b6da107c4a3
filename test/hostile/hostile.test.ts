import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { recordTest } from "../../src/evaluation/record-test.ts"
import {
  ConfigurationError,
  defineRecords,
  InvalidQueryError,
  type LooseCondition,
  PostgresDatabase,
  RecordsError,
  type StoredRecord,
} from "../../src/index.ts"
import { checkedCondition } from "../../src/predicate/checked-condition.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { hostile, unstorable } from "./strings.ts"

type Loose = PostgresDatabase<never, never>

// Every text as a key and as a value; each is tried in some of these places, in turn.
const places: readonly ((text: string) => LooseCondition)[] = [
  (text) => ({ field: ["fields", text], operator: "exists" }),
  (text) => ({ field: ["fields", text], operator: "=", value: text }),
  (text) => ({ field: "fields.v", operator: "=", value: text }),
  (text) => ({ field: "fields.v", operator: "includes", value: text }),
  (text) => ({ field: ["fields", "nested", text, 0], operator: "=", value: text }),
  (text) => ({ field: "fields.v", operator: "starts_with", value: text }),
  (text) => ({ field: "fields.v", operator: "in", value: [text, 1] }),
  (text) => ({ field: "fields.nested", operator: "contains", value: { [text]: [text] } }),
  (text) => ({ field: ["fields", text], operator: "ends_with", value: text }),
  (text) => ({ field: "fields.list", operator: "contains", value: text }),
  (text) => ({ field: "fields.v", operator: ">", value: text }),
  (text) => ({ field: "fields.list", operator: "any", value: { field: "", operator: "=", value: text } }),
  (text) => ({ field: "fields.objects", operator: "any", value: { field: [text], operator: "=", value: text } }),
  (text) => ({ not: { field: ["metadata", text], operator: "!=", value: text } }),
  (text) => ({ field: "id", operator: "=", value: text }),
]

// What may be refused, for it is a language of its own; if it is not, the evaluator must agree, or refuse it too.
const languages: readonly ((text: string) => LooseCondition)[] = [
  (text) => ({ field: "fields.v", operator: "like", value: text }),
  (text) => ({ field: "fields.v", operator: "ilike", value: text }),
  (text) => ({ field: "fields.v", operator: "regex", value: text }),
  (text) => ({ field: `fields.${text}`, operator: "exists" }),
  (text) => ({ field: text, operator: "exists" }),
  (text) => ({ field: `fields->>'${text}'`, operator: "exists" }),
  (text) => ({ field: `fields#>>'{${text}}'`, operator: "exists" }),
  (text) => ({ field: `fields->'${text.replaceAll("'", "''")}'`, operator: "exists" }),
]

describe.each(databases)("hostile texts on $name", (kind) => {
  let db: Loose
  let drop: () => Promise<void>
  let stored: readonly StoredRecord<never, never>[]

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase<never, never>(kind))
    await db.createBatch(hostile.map((text) => ({ fields: document(text) as never, metadata: { [text]: text } as never })))
    stored = await db.search()
  })
  afterAll(() => drop())

  test("are stored and read as they are", () => {
    expect(new Set(hostile).size).toBeGreaterThan(500)
    expect(stored).toHaveLength(hostile.length)
    const byText = new Map(stored.map(({ fields }) => [(fields as { v: string }).v, fields]))
    for (const text of hostile) expect(byText.get(text)).toEqual(document(text))
  })

  test("find what the evaluator finds, as keys and as values, and nothing else", async () => {
    for (const [index, text] of hostile.entries()) {
      for (const offset of [0, 1]) {
        const condition = places[(index * 2 + offset) % places.length]?.(text)
        if (condition !== undefined) await expectSame(db, stored, condition)
      }
    }
    await expectIntact(db)
  })

  test("in a language of their own they are refused, or mean what the evaluator says", async () => {
    let refused = 0
    for (const [index, text] of hostile.filter(({ length }) => length < 1000).entries()) {
      for (const offset of [0, 1]) {
        const condition = languages[(index * 2 + offset) % languages.length]?.(text)
        if (condition !== undefined && !(await expectSame(db, stored, condition))) refused += 1
      }
    }
    expect(refused).toBeGreaterThan(100)
    await expectIntact(db)
  })

  test("are refused where a word or a number is asked for, before anything is sent", async () => {
    for (const text of [...hostile.filter(({ length }) => length < 1000), ...unstorable]) {
      for (const query of [
        { limit: text },
        { offset: text },
        { sort: [{ field: "id", order: text }] },
        { sort: [{ field: "id", nulls: text }] },
        { filters: [{ field: "fields.v", operator: text, value: text }] },
        { filters: [{ [text]: [] }] },
        { [text]: 1 },
        { filters: [{ field: "createdAt", operator: "=", value: text }] },
        { filters: [{ field: "revision", operator: ">", value: text }] },
      ]) {
        if (isMeant(text)) continue
        expect(() => db.preview(query as never), JSON.stringify(query).slice(0, 200)).toThrow(InvalidQueryError)
      }
    }
    for (const text of unstorable) {
      for (const condition of [...places.slice(0, 10), ...languages].map((place) => place(text))) {
        expect(() => db.preview({ filters: [condition as never] })).toThrow(InvalidQueryError)
      }
      await expect(db.create({ fields: { v: text } as never })).rejects.toMatchObject({ name: "InvalidRecordError", pointer: "/fields/v" })
      await expect(db.create({ fields: { [text]: 1 } as never })).rejects.toMatchObject({ name: "InvalidRecordError" })
      expect(await db.read(text)).toBeNull()
    }
    for (const id of hostile) {
      expect(await db.read(id)).toBeNull()
      expect(await db.delete(id)).toBe(false)
    }
    await expectIntact(db)
  })

  test("sort and select take them as keys", async () => {
    for (const text of hostile.filter((_, index) => index % 5 === 0)) {
      const rows: unknown[] = await db.search({ sort: [{ field: ["fields", text] as never, order: "desc" }], select: [["fields", text]] as never, limit: 1 })
      expect(rows).toHaveLength(1)
    }
    await expectIntact(db)
  })

  test("a table or a schema of that name works, or the definition refuses it", async () => {
    let made = 0
    for (const text of [...hostile.filter((one, index) => one.length < 60 && index % 7 === 0), ...unstorable]) {
      const definition = attempt(() => defineRecords<never, never>({ table: text }))
      if (definition === undefined) continue
      const named = new PostgresDatabase<never, never>({ kysely: db.kysely, records: definition })
      await named.migrate()
      await named.create({ fields: { v: text } as never })
      expect(await named.count({ filters: [{ field: "fields.v", operator: "=", value: text } as never] }), text).toBe(1)
      await sql`drop table ${sql.table(text)}`.execute(db.kysely)
      made += 1
    }
    expect(made).toBeGreaterThan(40)
    await expectIntact(db)
  })
})

test("on PostgreSQL, a session whose strings take backslashes finds the same", async () => {
  const server = databases.find(({ name }) => name === "PostgreSQL")
  const { db, options, drop } = await migratedDatabase<never, never>(server ?? expect.unreachable())
  if (!("connectionString" in options)) return expect.unreachable("the server has a connection string")
  const url = new URL(options.connectionString ?? "")
  url.searchParams.set("options", "-c standard_conforming_strings=off -c backslash_quote=on -c escape_string_warning=off")
  const odd = new PostgresDatabase<never, never>({ connectionString: url.href })
  const texts = hostile.filter((text) => text.includes("\\") && text.length < 1000)
  await odd.createBatch(texts.map((text) => ({ fields: document(text) as never })))
  const stored = await db.search()
  expect(stored).toHaveLength(texts.length)
  for (const text of texts) for (const place of places) await expectSame(odd, stored, place(text))
  await odd.close()
  await drop()
})

function document(text: string): unknown {
  return { v: text, ...own(text, text), nested: own(text, [text]), list: [text, 1], objects: [own(text, text)] }
}

// Defined, not assigned: `__proto__` is a key like any other.
function own(key: string, value: unknown): object {
  return Object.fromEntries([[key, value]])
}

/** Whether the database and the evaluator find the same; `false` when both refuse the condition, and neither with an error of the server. */
async function expectSame(db: Loose, stored: readonly StoredRecord<never, never>[], condition: LooseCondition): Promise<boolean> {
  const name = JSON.stringify(condition).slice(0, 200)
  const expected = attempt(() => stored.filter(recordTest(checkedCondition(condition, ""))).map(({ id }) => id))
  const rows = await db.search({ filters: [condition as never], select: ["id"] as never }).catch((error: unknown) => error)
  if (rows instanceof Error) {
    expect(rows, name).toBeInstanceOf(InvalidQueryError)
    expect(expected, name).toBeUndefined()
    return false
  }
  // A regular expression may be outside of the subset that the evaluator reads.
  if (expected !== undefined)
    expect(
      (rows as { id: string }[]).map(({ id }) => id),
      name,
    ).toEqual(expected)
  return true
}

async function expectIntact(db: Loose): Promise<void> {
  expect(await db.count()).toBe(hostile.length)
  const { rows } = await sql<{ tables: number }>`select count(*)::int as tables from pg_tables where schemaname = 'public' and tablename = 'records'`.execute(
    db.kysely,
  )
  expect(rows[0]?.tables).toBe(1)
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    expect(error instanceof InvalidQueryError || error instanceof ConfigurationError, String(error).slice(0, 200)).toBe(true)
    expect(error).toBeInstanceOf(RecordsError)
    return undefined
  }
}

// The words that a query does have.
function isMeant(text: string): boolean {
  return ["id", "and", "or", "not", "exists", "any", "type", "in"].includes(text)
}

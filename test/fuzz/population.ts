import fc from "fast-check"
import { type Kysely, sql } from "kysely"
import type { TableDefinition } from "../../src/definition/records-definition.ts"
import type { Subject } from "../../src/evaluation/record-test.ts"
import { exactJson } from "../../src/json/exact-number.ts"
import { createIndexSql, declaredIndexes, extensionOf } from "../../src/statement/index-statement.ts"
import { extremeRecord, type WrittenRecord, writtenRecord } from "./documents.ts"
import { type ReadRecord, readJson } from "./second-opinion.ts"
import { definitions } from "./tables.ts"

/** A table of records, and what they are in memory, in the order of their ids. */
export interface FilledTable {
  readonly definition: TableDefinition
  readonly subjects: readonly (Subject & { readonly id: string })[]
}

/** The same records in tables of several definitions. */
export interface Population {
  readonly kysely: Kysely<never>
  readonly tables: readonly FilledTable[]
  /** The records for the second opinion. */
  readonly records: readonly ReadRecord[]
}

const comparedRecord = fc.oneof({ weight: 30, arbitrary: writtenRecord }, { weight: 1, arbitrary: extremeRecord })

/** Makes the tables anew, and fills them with records of a seed. */
export async function population(kysely: Kysely<never>, seed: number, size: number): Promise<Population> {
  const records = fc.sample(comparedRecord, { seed, numRuns: size }).map(withSerial)
  const tables: FilledTable[] = []
  for (const definition of Object.values(definitions)) {
    const isMapped = definition === definitions.mapped
    await fill(kysely, definition, records.map(isMapped ? mappedRow : row))
    tables.push({ definition, subjects: records.map((record, index) => (isMapped ? mappedSubject : subject)(record, index)) })
  }
  return { kysely, tables, records: records.map(readRecord) }
}

// For unique indexes: what no other record has, of several types, or no value.
function withSerial(record: WrittenRecord, index: number): WrittenRecord {
  const serial = [`${index}`, `"${index}"`, "null", `[${index}]`][index % 5]
  if (serial === undefined || !record.fields.startsWith("{")) return record
  return { ...record, fields: record.fields.replace(/^\{(?!\})/, `{"serial":${serial},`) }
}

interface Row {
  readonly id: string
  readonly fields: string | null
  readonly metadata: string | null
  readonly revision: number | null
  readonly created_at: string | null
}

function idOf(index: number): string {
  // Not in the order of the records, and with letters in it.
  return `00000000-0000-4000-8000-${((index * 7919) % 65521).toString(16).padStart(12, "0")}`
}

function row({ fields, metadata, revision, createdAt }: WrittenRecord, index: number): Row {
  return { id: idOf(index), fields, metadata, revision, created_at: createdAt }
}

// Another table may hold microseconds, and SQL NULL anywhere.
function mappedRow(record: WrittenRecord, index: number): Row {
  const { id, fields, metadata, revision, created_at } = row(record, index)
  if (record.isBlank) return { id, fields: null, metadata, revision: null, created_at: null }
  return { id, fields, metadata, revision, created_at: created_at?.replace("Z", "987Z") ?? null }
}

async function fill(kysely: Kysely<never>, definition: TableDefinition, rows: readonly Row[]): Promise<void> {
  const { table, columns, indexes } = definition
  const [id, fields, metadata, revision, created, updated] = Object.values(columns).map(({ name }) => name)
  await sql.raw(`drop table if exists ${table}`).execute(kysely)
  await sql
    .raw(
      `create table ${table} (${id} ${columns.id.type} primary key, ${fields} jsonb, ${metadata} jsonb, ${revision} bigint, ${created} ${columns.createdAt.type}, ${updated} timestamptz default now())`,
    )
    .execute(kysely)
  const types = sql.raw(`id ${columns.id.type}, fields text, metadata text, revision bigint, created_at ${columns.createdAt.type}`)
  await sql`insert into ${sql.table(table)} select id, fields::jsonb, metadata::jsonb, revision, created_at
    from json_to_recordset(${JSON.stringify(rows)}::json) as r(${types})`.execute(kysely)
  const extensions = new Set(indexes.flatMap((index) => extensionOf(index) ?? []))
  for (const extension of extensions) await sql.raw(`create extension if not exists ${extension}`).execute(kysely)
  for (const index of declaredIndexes(definition)) await sql.raw(createIndexSql(index, definition, "at once")).execute(kysely)
  await sql.raw(`analyze ${table}`).execute(kysely)
}

function subject(record: WrittenRecord, index: number) {
  const { fields, metadata, revision, createdAt } = record
  return { id: idOf(index), fields: exactJson(fields), metadata: metadata === null ? undefined : exactJson(metadata), revision, createdAt: new Date(createdAt) }
}

function mappedSubject(record: WrittenRecord, index: number) {
  const { id, metadata, ...rest } = subject(record, index)
  return record.isBlank ? { id, metadata } : { id, metadata, ...rest }
}

function readRecord({ fields, metadata, revision, createdAt }: WrittenRecord, index: number): ReadRecord {
  return { id: idOf(index), fields: readJson(fields), metadata: metadata === null ? undefined : readJson(metadata), revision, createdAt }
}

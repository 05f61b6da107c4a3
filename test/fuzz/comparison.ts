import fc from "fast-check"
import { type Kysely, sql } from "kysely"
import { recordTest } from "../../src/evaluation/record-test.ts"
import { compileFilter, type LooseCondition } from "../../src/index.ts"
import { exactJson } from "../../src/json/exact-number.ts"
import { checkedCondition } from "../../src/predicate/checked-condition.ts"
import { condition } from "./conditions.ts"
import { type WrittenRecord, writtenRecord } from "./documents.ts"

/** The ways to read a table that a planner can be kept from. */
const settings = ["enable_seqscan", "enable_bitmapscan", "enable_indexscan"]

/** Records in two tables, one with every kind of index and one with none, and what they are in memory. */
export interface Population {
  readonly kysely: Kysely<never>
  readonly subjects: readonly { readonly id: string; readonly fields: unknown }[]
}

/** Fills the two tables with records of a seed. */
export async function population(kysely: Kysely<never>, seed: number, size: number): Promise<Population> {
  const records = fc.sample(writtenRecord, { seed, numRuns: size })
  for (const table of ["indexed", "bare"]) {
    await sql.raw(`drop table if exists ${table}`).execute(kysely)
    await sql
      .raw(
        `create table ${table} (id uuid primary key, fields jsonb not null, metadata jsonb, revision bigint not null, created_at timestamptz(3) not null, updated_at timestamptz(3) not null default now())`,
      )
      .execute(kysely)
    await sql`insert into ${sql.table(table)} (id, fields, metadata, revision, created_at)
      select id, fields::jsonb, metadata::jsonb, revision, created_at
      from json_to_recordset(${JSON.stringify(records.map(written))}::json) as r(id uuid, fields text, metadata text, revision bigint, created_at timestamptz)`.execute(
      kysely,
    )
  }
  for (const index of [
    "gin (fields jsonb_path_ops)",
    "gin (metadata jsonb_path_ops)",
    "btree ((fields->>'v'))",
    "btree (coalesce(fields->'v', 'null'), id)",
    "btree (revision)",
  ]) {
    await sql.raw(`create index on indexed using ${index}`).execute(kysely)
  }
  await sql`analyze indexed`.execute(kysely)
  return { kysely, subjects: records.map((record, index) => ({ ...written(record, index), ...subject(record) })) }
}

/** The ids that the database finds on both tables, in every way to read them, unless they are those of the evaluator. */
export async function divergence({ kysely, subjects }: Population, given: LooseCondition): Promise<string | undefined> {
  const test = recordTest(checkedCondition(given, ""))
  const expected = subjects.filter(test).map(({ id }) => id)
  for (const table of ["bare", "indexed"]) {
    for (const setting of table === "bare" ? [undefined] : [undefined, ...settings]) {
      const found = await foundWith(kysely, table, setting, given)
      if (found.join() !== expected.join()) {
        const odd = [...found, ...expected].find((id) => found.includes(id) !== expected.includes(id)) ?? ""
        return `${table}, without ${setting ?? "anything"}: ${found.includes(odd) ? "only the SQL" : "only the evaluator"} finds ${odd}, ${describe(subjects, odd)}`
      }
    }
  }
  return undefined
}

/** The property that fast-check proves: the database and the evaluator give the same answer. */
export function sameAnswer(of: () => Population): fc.IAsyncProperty<[LooseCondition]> {
  return fc.asyncProperty(condition, async (given) => {
    const difference = await divergence(of(), given)
    if (difference !== undefined) throw new Error(difference)
  })
}

async function foundWith(kysely: Kysely<never>, table: string, without: string | undefined, given: LooseCondition): Promise<string[]> {
  return kysely.transaction().execute(async (trx) => {
    if (without !== undefined) await sql.raw(`set local ${without} = off`).execute(trx)
    const { rows } = await sql<{ id: string }>`select id from ${sql.table(table)} where ${compileFilter(given)} order by id`.execute(trx)
    return rows.map(({ id }) => id)
  })
}

function written(record: WrittenRecord, index: number) {
  return { id: `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`, ...record, created_at: record.createdAt }
}

function subject({ fields, metadata, revision, createdAt }: WrittenRecord) {
  return { fields: exactJson(fields), metadata: metadata === null ? null : exactJson(metadata), revision, createdAt }
}

function describe(subjects: Population["subjects"], id: string): string {
  return JSON.stringify(subjects.find((one) => one.id === id))
}

import { type CompiledQuery, type Kysely, type RawBuilder, sql } from "kysely"
import type { RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { explainStatement } from "../statement/explain.ts"
import { type RecordsTables, tableOf } from "../statement/records-tables.ts"
import { touched } from "../statement/stored-columns.ts"
import { planFacts, planOf } from "../store/plan.ts"
import type { Row } from "../store/record-row.ts"
import { builtIndex, newStatements, temporaryTable } from "./temporary-table.ts"

/** What an index costs the writes: for one record, without the index and with it. */
export interface WriteCost {
  readonly insertMicroseconds: { readonly without: number; readonly with: number }
  readonly updateMicroseconds: { readonly without: number; readonly with: number }
  /** The share of updates of the document that write no index (HOT), from 0 to 1. */
  readonly hotUpdates: { readonly without: number; readonly with: number }
}

/** A temporary copy of some records of a table. */
export interface Copy {
  readonly original: TableDefinition
  readonly sample: TableDefinition
  readonly records: number
}

const WRITTEN = 500
const ROUNDS = 4

/** What an index costs the writes, measured in turns on two small tables of which one has it. */
export async function writeCost(trx: Kysely<RecordsTables>, { original, sample, records }: Copy, index: RecordIndex): Promise<WriteCost> {
  const tables = { without: { ...sample, table: "kysely_records_without" }, with: { ...sample, table: "kysely_records_with" } }
  // Half of each page is left free, so that an update finds room beside the record: it is the index that decides.
  for (const table of Object.values(tables)) await temporaryTable(trx, original, table, sql`with (fillfactor = 50)`)
  for (const statement of newStatements(tables.with, [index])) await builtIndex(trx, statement, tables.with)
  const times = { without: { insert: [] as number[], update: [] as number[] }, with: { insert: [] as number[], update: [] as number[] } }
  const written = Math.max(1, Math.min(WRITTEN, Math.floor(records / ROUNDS)))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const side of ["without", "with"] as const) {
      const table = tables[side]
      const taken = sql`${sql.table(tableOf(sample))} order by ${sql.ref(sample.columns.id.name)} limit ${sql.lit(written)} offset ${sql.lit(round * written)}`
      const insert = sql`insert into ${sql.table(tableOf(table))} select * from ${taken}`.compile(trx)
      times[side].insert.push((await microseconds(trx, insert)) / written)
      times[side].update.push((await microseconds(trx, changed(trx, table, index, taken))) / written)
    }
  }
  const cost = (what: "insert" | "update") => ({ without: Math.min(...times.without[what]), with: Math.min(...times.with[what]) })
  return {
    insertMicroseconds: cost("insert"),
    updateMicroseconds: cost("update"),
    hotUpdates: { without: await hotShare(trx, tables.without), with: await hotShare(trx, tables.with) },
  }
}

// The document of the index changes, though not at the path of the index: as most updates do.
function changed(trx: Kysely<RecordsTables>, table: TableDefinition, { keys }: RecordIndex, taken: RawBuilder<unknown>): CompiledQuery {
  const { columns } = table
  const document = (keys.some(({ path }) => path.column === "metadata") ? columns.metadata : undefined) ?? columns.fields
  const value = sql`coalesce(${sql.ref(document.name)}, '{}') || '{"kysely-records": 1}'`
  const id = sql.ref(columns.id.name)
  return trx
    .updateTable(tableOf(table))
    .set({ ...touched(table), [document.name]: value })
    .where(sql<boolean>`${id} in (select ${id} from ${taken})`)
    .compile()
}

async function microseconds(trx: Kysely<RecordsTables>, write: CompiledQuery): Promise<number> {
  const { rows } = await trx.executeQuery<Row>(explainStatement(write, { analyze: true }))
  return 1000 * (planFacts(planOf(rows)).executionMs ?? 0)
}

async function hotShare(trx: Kysely<RecordsTables>, { table }: TableDefinition): Promise<number> {
  const { rows } = await sql<{ all: string | number; hot: string | number }>`
    select pg_stat_get_xact_tuples_updated(t.oid) as all, pg_stat_get_xact_tuples_hot_updated(t.oid) as hot
    from (select ${`pg_temp."${table}"`}::regclass::oid) t(oid)`.execute(trx)
  const { all = 0, hot = 0 } = rows[0] ?? {}
  return Number(all) === 0 ? 0 : Number(hot) / Number(all)
}

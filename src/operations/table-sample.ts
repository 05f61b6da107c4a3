import { type CompiledQuery, type Kysely, type RawBuilder, sql, type Transaction } from "kysely"
import { indexLookup } from "../definition/index-lookup.ts"
import type { RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import { explainStatement } from "../statement/explain.ts"
import { createIndexSql, extensionOf, type IndexStatement, indexStatements } from "../statement/index-statement.ts"
import { type RecordsTables, tableOf } from "../statement/records-tables.ts"
import { countStatement, searchStatement } from "../statement/search.ts"
import { touched } from "../statement/stored-columns.ts"
import { actualRows, type PlanFacts, planFacts, planNodes, planOf, type QueryPlan } from "../store/plan.ts"
import type { Row } from "../store/record-row.ts"

/** Records that a table is measured by, at most. */
const RECORDS = 10_000

/** How a query runs on a sample. */
export interface SampleRun extends PlanFacts {
  readonly plan: QueryPlan
  /** Pages of 8 kB that were looked at. */
  readonly pages: number
}

/** What an index costs the writes: for one record, without the index and with it. */
export interface WriteCost {
  readonly insertMicroseconds: { readonly without: number; readonly with: number }
  readonly updateMicroseconds: { readonly without: number; readonly with: number }
  /** The share of updates of the document that write no index (HOT), from 0 to 1. */
  readonly hotUpdates: { readonly without: number; readonly with: number }
}

/** The definition with further indexes. */
export function withIndexes(definition: TableDefinition, more: readonly RecordIndex[]): TableDefinition {
  const indexes = [...definition.indexes, ...more]
  return { ...definition, indexes, lookup: indexLookup(definition.gin, indexes) }
}

/** Runs `work` in a transaction that is rolled back whatever comes of it: nothing that it made stays. */
export async function undone<R>(db: Kysely<RecordsTables>, work: (trx: Transaction<RecordsTables>) => Promise<R>): Promise<R> {
  const name = sql`kysely_records_undone`
  const savepoint = async (trx: Transaction<RecordsTables>): Promise<R> => {
    await sql`savepoint ${name}`.execute(trx)
    try {
      return await work(trx)
    } finally {
      await sql`rollback to savepoint ${name}`.execute(trx)
      await sql`release savepoint ${name}`.execute(trx)
    }
  }
  return isTransaction(db) ? savepoint(db) : db.transaction().execute(savepoint)
}

function isTransaction<Tables>(db: Kysely<Tables>): db is Transaction<Tables> {
  return db.isTransaction
}

/** A temporary copy of some records of a table, with its indexes, inside a transaction that does not last. */
export class TableSample {
  readonly #trx: Transaction<RecordsTables>
  /** The definition, of the copy. */
  readonly #copy: TableDefinition
  readonly #original: TableDefinition
  /** How many records are in it. */
  readonly records: number

  private constructor(trx: Transaction<RecordsTables>, original: TableDefinition, copy: TableDefinition, records: number) {
    this.#trx = trx
    this.#original = original
    this.#copy = copy
    this.records = records
  }

  /** Copies records of a table of about so many. Needs the privilege to make temporary tables. */
  static async of(trx: Transaction<RecordsTables>, original: TableDefinition, total: number): Promise<TableSample> {
    const copy = { ...original, schema: "pg_temp", table: "kysely_records_sample" }
    await likeTable(trx, original, copy, sql``)
    const [from, into] = [sql.table(tableOf(original)), sql.table(tableOf(copy))]
    const share = total > 2 * RECORDS ? sql`tablesample system (${sql.lit(Math.min(100, (100 * 1.5 * RECORDS) / total))})` : sql``
    await sql`insert into ${into} select * from ${from} ${share} limit ${sql.lit(RECORDS)}`.execute(trx)
    const { rows } = await sql<{ count: string | number }>`select count(*) as count from ${into}`.execute(trx)
    const sample = new TableSample(trx, original, copy, Number(rows[0]?.count))
    await sample.#analyzed()
    return sample
  }

  /** How a query runs on the copy, as it is. */
  run(query: CheckedQuery): Promise<SampleRun> {
    return this.#run(this.#trx, this.#copy, query)
  }

  /** Those of some indexes that were added to the copy, by the names that they have on the table itself. */
  added(used: readonly string[]): readonly string[] {
    const names = indexStatements(this.#original).map(({ name }) => name)
    return indexStatements(this.#copy).flatMap(({ name }, position) => (used.includes(name) ? [names[position] ?? name] : []))
  }

  /** The share of the records that the conditions of a query find, from 0 to 1. */
  async share(query: CheckedQuery): Promise<number> {
    const [row] = await countStatement(this.#trx, this.#copy, query).execute()
    return this.records === 0 ? 0 : Number(row?.count) / this.records
  }

  /** How a query runs with further indexes; they are gone again behind it. Throws where one cannot be built. */
  try(query: CheckedQuery, indexes: readonly RecordIndex[]): Promise<SampleRun & { readonly statements: readonly IndexStatement[] }> {
    return undone(this.#trx, async (trx) => {
      const { definition, statements } = await this.#built(trx, indexes)
      return { ...(await this.#run(trx, definition, query)), statements }
    })
  }

  /** The copy with further indexes that stay, and the size of each for so many records. */
  async with(indexes: readonly RecordIndex[], total: number): Promise<{ sample: TableSample; bytes: readonly number[] }> {
    const { definition, statements } = await this.#built(this.#trx, indexes)
    const bytes: number[] = []
    for (const { name } of statements) {
      const { rows } = await sql<{ bytes: string | number }>`select pg_relation_size(${`pg_temp."${name}"`}::regclass) as bytes`.execute(this.#trx)
      bytes.push(Math.round((Number(rows[0]?.bytes) * total) / Math.max(1, this.records)))
    }
    return { sample: new TableSample(this.#trx, withIndexes(this.#original, indexes), definition, this.records), bytes }
  }

  /** What an index costs the writes, measured in turns on two small tables of which one has it. */
  writeCost(index: RecordIndex): Promise<WriteCost> {
    return undone(this.#trx, (trx) => writeCost(trx, this.#original, this.#copy, index, this.records))
  }

  async #built(
    trx: Transaction<RecordsTables>,
    indexes: readonly RecordIndex[],
  ): Promise<{ definition: TableDefinition; statements: readonly IndexStatement[] }> {
    const definition = withIndexes(this.#copy, indexes)
    const statements = indexStatements(definition).slice(-indexes.length)
    for (const statement of statements) await build(trx, statement, this.#copy)
    await this.#analyzed(trx)
    return { definition, statements }
  }

  async #run(trx: Transaction<RecordsTables>, definition: TableDefinition, query: CheckedQuery): Promise<SampleRun> {
    const plan = await planned(trx, explainStatement(searchStatement(trx, definition, query).compile(), { analyze: true }))
    const facts = planFacts(plan)
    return { ...facts, plan, pages: (facts.buffers?.hit ?? 0) + (facts.buffers?.read ?? 0) }
  }

  // What a GIN has not sorted in yet would be read by every query.
  async #analyzed(trx: Transaction<RecordsTables> = this.#trx): Promise<void> {
    await sql`select gin_clean_pending_list(i.indexrelid::regclass) from pg_index i
      join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam
      where m.amname = 'gin' and i.indrelid = ${`pg_temp."${this.#copy.table}"`}::regclass`.execute(trx)
    await sql`analyze ${sql.table(tableOf(this.#copy))}`.execute(trx)
  }
}

/** The plan that a statement which asks for one gets. */
export async function planned(db: Kysely<RecordsTables>, asked: CompiledQuery): Promise<QueryPlan> {
  return planOf((await db.executeQuery<Row>(asked)).rows)
}

/** Whether a plan looks at all records of a table, one by one: in its own order, or in that of an index. */
export function isScan(plan: QueryPlan): boolean {
  return planNodes(plan).some((node) => {
    const name = String(node["Node Type"])
    return name === "Seq Scan" || (/^Index (?:Only )?Scan/.test(name) && node["Index Cond"] === undefined && actualRows(node) !== 1)
  })
}

// Without what it generates or counts up itself: those columns are copied like any other.
async function likeTable(trx: Kysely<RecordsTables>, original: TableDefinition, copy: TableDefinition, options: RawBuilder<unknown>): Promise<void> {
  await sql`create temporary table ${sql.id(copy.table)} (like ${sql.table(tableOf(original))} including defaults including storage including indexes) ${options}`.execute(
    trx,
  )
}

async function build(trx: Kysely<RecordsTables>, statement: IndexStatement, table: TableDefinition): Promise<void> {
  const extension = extensionOf(statement.index)
  if (extension !== undefined) await sql`create extension if not exists ${sql.id(extension)}`.execute(trx)
  await sql.raw(createIndexSql(statement, table, "at once")).execute(trx)
}

const WRITTEN = 500
const ROUNDS = 4

async function writeCost(
  trx: Transaction<RecordsTables>,
  original: TableDefinition,
  sample: TableDefinition,
  index: RecordIndex,
  records: number,
): Promise<WriteCost> {
  const tables = { without: { ...sample, table: "kysely_records_without" }, with: { ...sample, table: "kysely_records_with" } }
  // Half of each page is left free, so that an update finds room beside the record: it is the index that decides.
  for (const table of Object.values(tables)) await likeTable(trx, original, table, sql`with (fillfactor = 50)`)
  for (const statement of indexStatements(withIndexes(tables.with, [index])).slice(-1)) await build(trx, statement, tables.with)
  const times = { without: { insert: [] as number[], update: [] as number[] }, with: { insert: [] as number[], update: [] as number[] } }
  const written = Math.max(1, Math.min(WRITTEN, Math.floor(records / ROUNDS)))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const side of ["without", "with"] as const) {
      const taken = sql`${sql.table(tableOf(sample))} order by ${sql.ref(sample.columns.id.name)} limit ${sql.lit(written)} offset ${sql.lit(round * written)}`
      times[side].insert.push(await perRecord(trx, sql`insert into ${sql.table(tableOf(tables[side]))} select * from ${taken}`.compile(trx), written))
      times[side].update.push(await perRecord(trx, changed(trx, tables[side], index, taken), written))
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

async function perRecord(trx: Kysely<RecordsTables>, write: CompiledQuery, records: number): Promise<number> {
  const { executionMs = 0 } = planFacts(await planned(trx, explainStatement(write, { analyze: true })))
  return (1000 * executionMs) / records
}

async function hotShare(trx: Kysely<RecordsTables>, { table }: TableDefinition): Promise<number> {
  const { rows } = await sql<{ all: string | number; hot: string | number }>`
    select pg_stat_get_xact_tuples_updated(t.oid) as all, pg_stat_get_xact_tuples_hot_updated(t.oid) as hot
    from (select ${`pg_temp."${table}"`}::regclass::oid) t(oid)`.execute(trx)
  const { all = 0, hot = 0 } = rows[0] ?? {}
  return Number(all) === 0 ? 0 : Number(hot) / Number(all)
}

import { sql, type Transaction } from "kysely"
import type { RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import { declaredIndexes, type IndexStatement, type TableIndex } from "../statement/index-statement.ts"
import { type RecordsTables, tableOf } from "../statement/records-tables.ts"
import { countStatement } from "../statement/search.ts"
import { sqlState } from "../store/database-error.ts"
import { actualRows, type PlanFacts, planFacts, planNodes, type QueryPlan } from "../store/plan.ts"
import { queryPlan } from "./query-plan.ts"
import { builtIndex, newStatements, temporaryTable, withIndexes } from "./temporary-table.ts"
import { inTime, undone } from "./undone.ts"
import { type WriteCost, writeCost } from "./write-cost.ts"

/** What a table is measured by, at most. */
const MOST = { records: 10_000, bytes: 128 * 1024 * 1024 }

/** How a query runs on a sample. */
export interface SampleRun extends PlanFacts {
  readonly plan: QueryPlan
  /** Pages of 8 kB that were looked at. */
  readonly pages: number
}

/** What is known of a table before a part of it is copied. */
export interface Size {
  readonly records: number
  readonly bytes: number
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

  /** Copies records of a table of about this size. Needs the privilege to make temporary tables. */
  static async of(trx: Transaction<RecordsTables>, original: TableDefinition, size: Size): Promise<TableSample> {
    const copy = { ...original, schema: "pg_temp", table: "kysely_records_sample" }
    await temporaryTable(trx, original, copy)
    const [from, into] = [sql.table(tableOf(original)), sql.table(tableOf(copy))]
    const wanted = sampledRecords(size)
    const share = size.records > 2 * wanted ? sql`tablesample system (${sql.lit(Math.min(100, (100 * 1.5 * wanted) / size.records))})` : sql``
    await sql`insert into ${into} select * from ${from} ${share} limit ${sql.lit(wanted)}`.execute(trx)
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
    const names = declaredIndexes(this.#original).map(({ name }) => name)
    return declaredIndexes(this.#copy).flatMap(({ name }, position) => (used.includes(name) ? [names[position] ?? name] : []))
  }

  /** Builds indexes that the definition declares and the table lacks: they stay. Gives the names of those that cannot be built on it. */
  async complete(lacking: readonly TableIndex[]): Promise<readonly string[]> {
    const copies = declaredIndexes(this.#copy)
    const refused: string[] = []
    for (const [position, { name }] of declaredIndexes(this.#original).entries()) {
      const copy = lacking.some((index) => index.name === name) ? copies[position] : undefined
      if (copy !== undefined && !(await this.#isBuilt(copy))) refused.push(name)
    }
    if (lacking.length > 0) await this.#analyzed()
    return refused
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

  /** What an index costs the writes. */
  writeCost(index: RecordIndex): Promise<WriteCost> {
    return undone(this.#trx, (trx) => writeCost(trx, { original: this.#original, sample: this.#copy, records: this.records }, index))
  }

  async #built(
    trx: Transaction<RecordsTables>,
    indexes: readonly RecordIndex[],
  ): Promise<{ definition: TableDefinition; statements: readonly IndexStatement[] }> {
    const definition = withIndexes(this.#copy, indexes)
    const statements = newStatements(this.#copy, indexes)
    for (const statement of statements) await builtIndex(trx, statement, this.#copy)
    await this.#analyzed(trx)
    return { definition, statements }
  }

  // A value that is too long, or there twice, an extension that is not to be had, or no time.
  #isBuilt(index: TableIndex): Promise<boolean> {
    const build = async () => {
      await builtIndex(this.#trx, index, this.#copy)
      return true
    }
    return inTime(this.#trx, build).then(
      (isBuilt) => isBuilt === true,
      (error: unknown) => {
        if (sqlState(error) === undefined) throw error
        return false
      },
    )
  }

  async #run(trx: Transaction<RecordsTables>, definition: TableDefinition, query: CheckedQuery): Promise<SampleRun> {
    const { plan } = await queryPlan(trx, definition, query, { analyze: true })
    return { ...planFacts(plan), plan, pages: pagesRead(plan) }
  }

  // What a GIN has not sorted in yet would be read by every query.
  async #analyzed(trx: Transaction<RecordsTables> = this.#trx): Promise<void> {
    await sql`select gin_clean_pending_list(i.indexrelid::regclass) from pg_index i
      join pg_class c on c.oid = i.indexrelid join pg_am m on m.oid = c.relam
      where m.amname = 'gin' and i.indrelid = ${`pg_temp."${this.#copy.table}"`}::regclass`.execute(trx)
    await sql`analyze ${sql.table(tableOf(this.#copy))}`.execute(trx)
  }
}

// Of long documents fewer are enough, and all that may be copied while others wait for the disk.
function sampledRecords({ records, bytes }: Size): number {
  const each = Math.max(1, bytes / Math.max(1, records))
  return Math.max(100, Math.min(MOST.records, Math.floor(MOST.bytes / each)))
}

/** Pages of 8 kB that were looked at. */
export function pagesRead(plan: QueryPlan): number {
  const { buffers } = planFacts(plan)
  return (buffers?.hit ?? 0) + (buffers?.read ?? 0)
}

/** Whether a plan looks at all records of a table, one by one: in its own order, or in that of an index. */
export function isScan(plan: QueryPlan): boolean {
  return planNodes(plan).some((node) => {
    const name = String(node["Node Type"])
    return name === "Seq Scan" || (/^Index (?:Only )?Scan/.test(name) && node["Index Cond"] === undefined && actualRows(node) !== 1)
  })
}

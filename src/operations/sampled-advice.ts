import type { Transaction } from "kysely"
import type { RecordsTables } from "../statement/records-tables.ts"
import { planFacts } from "../store/plan.ts"
import type { QueryAdvice } from "./advice.ts"
import { type AdvisedIndex, type AdvisedTable, advisedIndex, type Judgement } from "./advised-table.ts"
import { type AskedQuery, answer } from "./asked-query.ts"
import { type Candidate, candidates, keyCount } from "./candidate.ts"
import { hasHypopg, hypotheticalPlan } from "./hypothetical-index.ts"
import { queryPlan } from "./query-plan.ts"
import { TableSample } from "./table-sample.ts"
import { newStatements, withIndexes } from "./temporary-table.ts"
import { type MeasuredQuery, type TriedQuery, triedQuery } from "./tried-query.ts"

/** What was measured of a table in one transaction. */
export interface SampledAdvice extends Judgement {
  readonly notes: readonly string[]
}

/**
 * Copies a part of the table, and tries there for each query what could be built for it. The transaction is one that is
 * undone. Until then nobody can change the schema of the table: after the deadline no further query is tried.
 */
export async function sampledAdvice(
  trx: Transaction<RecordsTables>,
  table: AdvisedTable,
  asked: readonly AskedQuery[],
  deadline: number,
): Promise<SampledAdvice> {
  const { definition, records, facts } = table
  const first = await TableSample.of(trx, definition, { records, bytes: facts.bytes })
  const notes = new Set(first.records < records ? [`measured on a sample of ${first.records} of about ${records} records`] : [])
  const withHypopg = await hasHypopg(trx)
  const answers = new Map<number, QueryAdvice>()
  const indexes: AdvisedIndex[] = []
  let [sample, grown] = [first, definition]
  for (const measured of await measuredQueries(first, (one) => usedIndexes(trx, table, one), asked, deadline)) {
    if (performance.now() > deadline) break
    const one = measured.asked
    const tried = await triedQuery(sample, measured, grown)
    for (const note of tried.notes) notes.add(note)
    const hypopg = withHypopg && tried.build.length === 1 ? await checkedByHypopg(trx, table, tried.build, one) : undefined
    answers.set(one.position, hypopg?.isUsed === false ? unusedByPlanner(one, tried) : tried.answer)
    if (tried.build.length === 0 || hypopg?.isUsed === false) continue
    const built = await sample.with(tried.build, records)
    for (const [position, statement] of newStatements(grown, tried.build).entries()) {
      const writes = await sample.writeCost(statement.index)
      indexes.push({ ...advisedIndex(statement, table), bytes: built.bytes[position] ?? null, writes, ...(hypopg === undefined ? {} : { hypopg }) })
    }
    ;[sample, grown] = [built.sample, withIndexes(grown, tried.build)]
  }
  return { answers, indexes, notes: [...notes] }
}

// The widest first: a compound index serves the queries for its first fields too.
async function measuredQueries(
  sample: TableSample,
  used: (one: AskedQuery) => Promise<readonly string[]>,
  asked: readonly AskedQuery[],
  deadline: number,
): Promise<readonly MeasuredQuery[]> {
  const measured: MeasuredQuery[] = []
  for (const one of asked.toSorted((left, right) => width(right) - width(left))) {
    if (performance.now() > deadline) break
    measured.push({ asked: one, before: await sample.run(one.query), live: await used(one) })
  }
  return measured
}

function unusedByPlanner(one: AskedQuery, { now }: TriedQuery): QueryAdvice {
  return answer(one, "unselective", "hypopg says that the planner would not use such an index on the whole table", { pages: { now } })
}

function width({ query }: AskedQuery): number {
  return Math.max(0, ...candidates(query).map(keyCount))
}

async function usedIndexes(trx: Transaction<RecordsTables>, { definition }: AdvisedTable, { query }: AskedQuery): Promise<readonly string[]> {
  const { named } = await queryPlan(trx, definition, query)
  return planFacts(named).indexes
}

async function checkedByHypopg(trx: Transaction<RecordsTables>, { definition }: AdvisedTable, build: Candidate, { query }: AskedQuery) {
  const changed = withIndexes(definition, build)
  const [statement] = newStatements(definition, build)
  return statement === undefined ? undefined : hypotheticalPlan(trx, { now: definition, changed }, statement, query)
}

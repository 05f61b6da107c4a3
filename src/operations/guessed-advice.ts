import type { Kysely } from "kysely"
import type { RecordIndex } from "../definition/record-index.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { sqlState } from "../store/database-error.ts"
import { planFacts } from "../store/plan.ts"
import type { QueryAdvice } from "./advice.ts"
import { type AdvisedIndex, type AdvisedTable, advisedIndex, type Judgement, percent, UNSELECTIVE } from "./advised-table.ts"
import { type AskedQuery, answer } from "./asked-query.ts"
import { identity, newCandidates } from "./candidate.ts"
import { passedOver } from "./live-answer.ts"
import { lackingFor, missingAnswer } from "./missing-index.ts"
import { queryPlan } from "./query-plan.ts"
import { isScan } from "./table-sample.ts"
import { newStatements } from "./temporary-table.ts"
import { undoneWithin } from "./undone.ts"

/** Without a sample to try an index on, what counts is how many records a query keeps of those that it scans. */
export async function guessedAdvice(db: Kysely<RecordsTables>, table: AdvisedTable, asked: readonly AskedQuery[], deadline: number): Promise<Judgement> {
  const answers = new Map<number, QueryAdvice>()
  // The same index serves several queries, whichever way round they ask for it.
  const built = new Map<string, RecordIndex>()
  for (const one of asked) {
    if (performance.now() > deadline) break
    const said = (await refusal(db, table, one)) ?? (await guess(db, table, one, built))
    if (said !== undefined) answers.set(one.position, said)
  }
  const statements = newStatements(table.definition, [...built.values()])
  return { answers, indexes: statements.map((statement): AdvisedIndex => ({ ...advisedIndex(statement, table), bytes: null, writes: null })) }
}

async function refusal(db: Kysely<RecordsTables>, table: AdvisedTable, one: AskedQuery): Promise<QueryAdvice | undefined> {
  const { named } = await undoneWithin(db, (trx) => queryPlan(trx, table.definition, one.query))
  if (!isScan(named)) return answer(one, "served", "the planner finds its records with an index", { indexes: planFacts(named).indexes })
  const lacking = lackingFor(table, one.query)
  return lacking.length === 0 ? undefined : missingAnswer(one, lacking)
}

async function guess(db: Kysely<RecordsTables>, table: AdvisedTable, one: AskedQuery, built: Map<string, RecordIndex>): Promise<QueryAdvice | undefined> {
  const { definition, records } = table
  const share = await foundShare(db, table, one.query)
  if (share === undefined) return undefined
  if (share >= UNSELECTIVE) return answer(one, "unselective", `its conditions find ${percent(share)} of the records or more: to scan the table is right`)
  const [build] = newCandidates(one.query, definition)
  if (build === undefined) return undoneWithin(db, (trx) => passedOver(trx, table, one, `about ${records} records`))
  for (const index of build) built.set(identity(index), built.get(identity(index)) ?? index)
  const indexes = newStatements(
    definition,
    build.map((index) => built.get(identity(index)) ?? index),
  ).map(({ name }) => name)
  const found = one.query.filters.length === 0 ? "sorts them for the first ones" : `finds ${(share * 100).toFixed(2)} % of them`
  return answer(one, "build", `it scans about ${records} records and ${found}`, { indexes })
}

// Ends as soon as it is clear that there are too many, and when it takes too long.
async function foundShare(db: Kysely<RecordsTables>, { definition, records }: AdvisedTable, query: CheckedQuery): Promise<number | undefined> {
  if (query.filters.length === 0) return 0
  const most = Math.ceil(records * UNSELECTIVE)
  const bounded = { ...query, sort: [], offset: undefined, limit: most }
  try {
    const { named } = await undoneWithin(db, (trx) => queryPlan(trx, definition, bounded, { analyze: true }))
    return (planFacts(named).rows.actual ?? 0) / Math.max(1, records)
  } catch (error) {
    if (sqlState(error) !== "57014") throw error
    return undefined
  }
}

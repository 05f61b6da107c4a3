import type { Transaction } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import type { QueryAdvice } from "./advice.ts"
import { type AdvisedIndex, type AdvisedTable, advisedIndex, type Judgement, uniqueNotes } from "./advised-table.ts"
import { type AskedQuery, answer } from "./asked-query.ts"
import { type Candidate, candidates, keyCount } from "./candidate.ts"
import { hasHypopg, hypotheticalPlan } from "./hypothetical-index.ts"
import { liveAnswer } from "./live-answer.ts"
import { lackingFor } from "./missing-index.ts"
import { TableSample } from "./table-sample.ts"
import { newStatements, withIndexes } from "./temporary-table.ts"
import { type MeasuredQuery, type TriedQuery, triedQuery } from "./tried-query.ts"
import { inTime } from "./undone.ts"

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
  // It knows the tables of one server.
  const withHypopg = !table.isDistributed && (await hasHypopg(trx))
  const answers = new Map<number, QueryAdvice>()
  const indexes: AdvisedIndex[] = []
  let [sample, grown] = [first, definition]
  const tooSlow = (one: AskedQuery) => answers.set(one.position, answer(one, "untried", "it took longer than ten seconds on a sample of the table"))
  const measuredFirst = await measuredQueries(trx, first, table, asked, deadline)
  // What is advised is to stand beside what a migration makes.
  const refused = await first.complete(table.lacking)
  for (const { asked: one, measured } of measuredFirst) {
    if (performance.now() > deadline) break
    const step = measured && (await inTime(trx, () => advisedStep(trx, { sample, grown, table, refused, withHypopg }, measured)))
    if (step === undefined) {
      tooSlow(one)
      continue
    }
    for (const note of step.notes) notes.add(note)
    answers.set(one.position, step.answer)
    indexes.push(...step.indexes)
    ;[sample, grown] = [step.sample, step.grown]
  }
  return { answers, indexes, notes: [...notes] }
}

interface Progress {
  /** The sample with the indexes that were advised so far, and the definition with them. */
  readonly sample: TableSample
  readonly grown: TableDefinition
}

interface StepContext extends Progress {
  readonly table: AdvisedTable
  /** Indexes that the definition declares and the table lacks, which cannot be built on the sample either. */
  readonly refused: readonly string[]
  readonly withHypopg: boolean
}

interface AdvisedStep extends Progress {
  readonly answer: QueryAdvice
  readonly indexes: readonly AdvisedIndex[]
  readonly notes: readonly string[]
}

/** What there is to say about one query; what it needs is built, so that the next ones find it. */
async function advisedStep(
  trx: Transaction<RecordsTables>,
  { sample, grown, table, refused, withHypopg }: StepContext,
  measured: MeasuredQuery,
): Promise<AdvisedStep> {
  const built = new Set(table.lacking.map(({ name }) => name))
  const untried = lackingFor(table, measured.asked.query).filter((name) => refused.includes(name))
  const tried = await triedQuery(sample, measured, grown, { built, refused: untried })
  const { build, notes } = tried
  const hypopg = withHypopg && build.length === 1 ? await checkedByHypopg(trx, table, build, measured.asked) : undefined
  if (hypopg?.isUsed === false) return { answer: unusedByPlanner(measured.asked, tried), indexes: [], notes, sample, grown }
  if (build.length === 0) return { answer: tried.answer, indexes: [], notes, sample, grown }
  const larger = await sample.with(build, table.records)
  const indexes: AdvisedIndex[] = []
  const statements = newStatements(grown, build)
  for (const [position, statement] of statements.entries()) {
    const writes = await sample.writeCost(statement.index)
    indexes.push({ ...advisedIndex(statement, table), bytes: larger.bytes[position] ?? null, writes, ...(hypopg === undefined ? {} : { hypopg }) })
  }
  return {
    answer: tried.answer,
    indexes,
    notes: [...notes, ...statements.flatMap((one) => uniqueNotes(one, table))],
    sample: larger.sample,
    grown: withIndexes(grown, build),
  }
}

interface MeasuredInTime {
  readonly asked: AskedQuery
  readonly measured: MeasuredQuery | undefined
}

// The widest first: a compound index serves the queries for its first fields too.
async function measuredQueries(
  trx: Transaction<RecordsTables>,
  sample: TableSample,
  table: AdvisedTable,
  asked: readonly AskedQuery[],
  deadline: number,
): Promise<readonly MeasuredInTime[]> {
  const all: MeasuredInTime[] = []
  for (const one of asked.toSorted((left, right) => width(right) - width(left))) {
    if (performance.now() > deadline) break
    const measured = await inTime(trx, async () => {
      const before = await sample.run(one.query)
      return { asked: one, before, asItIs: await liveAnswer(trx, table, one, { sample, before }) }
    })
    all.push({ asked: one, measured })
  }
  return all
}

function unusedByPlanner(one: AskedQuery, { now }: TriedQuery): QueryAdvice {
  return answer(one, "unselective", "hypopg says that the planner would not use such an index on the whole table", { pages: { now } })
}

function width({ query }: AskedQuery): number {
  return Math.max(0, ...candidates(query).map(keyCount))
}

async function checkedByHypopg(trx: Transaction<RecordsTables>, { definition }: AdvisedTable, build: Candidate, { query }: AskedQuery) {
  const changed = withIndexes(definition, build)
  const [statement] = newStatements(definition, build)
  return statement === undefined ? undefined : hypotheticalPlan(trx, { now: definition, changed }, statement, query)
}

import type { Kysely } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { ConfigurationError } from "../errors.ts"
import { checkOptions } from "../migration/known-options.ts"
import { type LiveTable, liveTableWithin } from "../migration/live-table.ts"
import { tableDifference } from "../migration/table-difference.ts"
import { checkedQuery } from "../predicate/checked-query.ts"
import { declaredIndexes, dropIndexSql, type TableIndex } from "../statement/index-statement.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { databaseError, sqlState } from "../store/database-error.ts"
import { planFacts } from "../store/plan.ts"
import type { RecordStore } from "../store/record-store.ts"
import type { Advice, QueryAdvice, UnusedIndex } from "./advice.ts"
import type { AdvisedTable } from "./advised-table.ts"
import { type AdvisedQueries, type AskedQuery, answer, askedQueries } from "./asked-query.ts"
import { earlyAnswer } from "./early-answer.ts"
import { guessedAdvice } from "./guessed-advice.ts"
import { queryPlan } from "./query-plan.ts"
import { type SampledAdvice, sampledAdvice } from "./sampled-advice.ts"
import { tableFacts } from "./table-facts.ts"
import { undoneWithin } from "./undone.ts"

/** How long advice may take. */
export interface AdviseOptions {
  /** After so many milliseconds no further query is tried, 60,000 when left out. */
  readonly timeoutMs?: number | undefined
}

/**
 * Which indexes would make these queries cheaper, and what they would cost; and why none would, where that is so.
 *
 * A part of the table, at most 10,000 records, is copied into a temporary table. There each index that could serve is
 * built, and the query is run with it and without it: what is advised was measured. Everything happens in one transaction
 * that is rolled back, so that nothing stays; it only reads the table, waits for no lock longer than a second, and runs no
 * statement longer than ten. It needs the privilege to make temporary tables; without it the advice is the planner's
 * guess, and a note says so.
 *
 * @example
 * const advice = await advise(db, [{ filters: [filter("fields.age", ">", 80)] }])
 * advice.queries[0]?.verdict // small
 * @throws InvalidQueryError for a query that has no meaning; ConfigurationError when there is no such table;
 * DatabaseUnavailableError when another session keeps it locked.
 */
export async function advise<F, M, FIn, MIn>(db: RecordStore<F, M, FIn, MIn>, queries: AdvisedQueries, options: AdviseOptions = {}): Promise<Advice> {
  const { definition } = db
  const timeoutMs = checkedTimeout(options)
  const asked = askedQueries(queries, definition)
  // Kysely runs any statement; what it believes the tables to be is a matter of types alone.
  const kysely = db.kysely.withoutPlugins() as unknown as Kysely<RecordsTables>
  try {
    const table = await undoneWithin(kysely, (trx) => advisedTable(trx, definition))
    return advice(table, asked, await judged(kysely, table, asked, performance.now() + timeoutMs))
  } catch (error) {
    throw databaseError(error, { operation: "advise", table: definition.table, schema: definition.schema })
  }
}

function checkedTimeout(options: AdviseOptions): number {
  checkOptions("advise", options, ["timeoutMs"])
  const { timeoutMs = 60_000 } = options
  if (Number.isSafeInteger(timeoutMs) && timeoutMs >= 0) return timeoutMs
  throw new ConfigurationError("invalid_option", "advise: timeoutMs is a whole number of at least 0")
}

async function advisedTable(db: Kysely<RecordsTables>, definition: TableDefinition): Promise<AdvisedTable> {
  const live = await liveTableWithin(db, definition)
  const isDistributed = live?.isDistributed === true
  const facts = await tableFacts(db, { ...definition, isDistributed })
  if (live?.isOther !== undefined)
    throw new ConfigurationError(
      "wrong_table",
      `advise: "${definition.schema}"."${definition.table}" is ${live.isOther}, which can have no index: ask about the table below it`,
    )
  if (facts === undefined || live === undefined)
    throw new ConfigurationError("missing_table", `advise: there is no table "${definition.schema}"."${definition.table}"`)
  const all = await queryPlan(db, definition, checkedQuery({}))
  return {
    definition,
    facts,
    partitions: live.partitions,
    isDistributed,
    lacking: lackingIndexes(definition, live),
    records: planFacts(all.plan).rows.estimated,
  }
}

function lackingIndexes(definition: TableDefinition, live: LiveTable): readonly TableIndex[] {
  const wanted = new Set(tableDifference(definition, live).changes.flatMap(({ isWanted, part }) => (isWanted ? [part.name] : [])))
  return declaredIndexes(definition).filter(({ name }) => wanted.has(`index ${name}`))
}

async function judged(db: Kysely<RecordsTables>, table: AdvisedTable, asked: readonly AskedQuery[], deadline: number): Promise<SampledAdvice> {
  const early = new Map(asked.flatMap((one) => pair(one, earlyAnswer(one, table))))
  const open = asked.filter(({ position }) => !early.has(position))
  const tried = open.length === 0 ? { answers: new Map(), indexes: [], notes: [] } : await triedAdvice(db, table, open, deadline)
  return { ...tried, answers: new Map([...early, ...tried.answers]) }
}

function pair(one: AskedQuery, said: QueryAdvice | undefined): [number, QueryAdvice][] {
  return said === undefined ? [] : [[one.position, said]]
}

async function triedAdvice(db: Kysely<RecordsTables>, table: AdvisedTable, asked: readonly AskedQuery[], deadline: number): Promise<SampledAdvice> {
  try {
    return await undoneWithin(db, (trx) => sampledAdvice(trx, table, asked, deadline))
  } catch (error) {
    const why = NO_SAMPLE[sqlState(error) ?? ""]
    if (why === undefined) throw error
    return { ...(await guessedAdvice(db, table, asked, deadline)), notes: [`${why}: nothing was measured, the advice is a guess`] }
  }
}

// What keeps a sample from being made.
const NO_SAMPLE: Record<string, string> = {
  "42501": "this role may not make temporary tables (grant it TEMPORARY on the database)",
  "25006": "the server takes no writes here, so that no temporary table can be made",
  "0A000": "a part of this table cannot be copied into a temporary table",
  "57014": "a part of this table could not be copied or read in ten seconds",
}

function advice(table: AdvisedTable, asked: readonly AskedQuery[], { answers, indexes, notes }: SampledAdvice): Advice {
  const { definition, facts, records } = table
  const queries = asked.map((one) => answers.get(one.position) ?? answer(one, "untried", UNTRIED))
  return {
    table: { name: `${definition.schema}.${definition.table}`, records, bytes: facts.bytes },
    queries,
    indexes: indexes.map((index) => ({
      ...index,
      queries: queries.flatMap(({ verdict, indexes: names }, position) => (verdict === "build" && names.includes(index.name) ? [position] : [])),
    })),
    unused: unusedIndexes(table, queries),
    countedSince: facts.countedSince,
    notes,
  }
}

const UNTRIED = "there was no time to try it: ask for fewer queries at once, or give a larger timeoutMs"

function unusedIndexes({ facts, definition, lacking }: AdvisedTable, queries: readonly QueryAdvice[]): readonly UnusedIndex[] {
  // PostgreSQL drops no index of a partitioned table concurrently.
  const build = facts.isPartitioned ? "at once" : "concurrently"
  // One that the definition declares and the table has invalid is to be repaired; one that a query needs was only not searched yet.
  const needed = new Set([...lacking.map(({ name }) => name), ...queries.flatMap((query) => query.indexes)])
  return facts.indexes
    .filter(({ name, scans, isConstraint }) => scans === 0 && !isConstraint && !needed.has(name))
    .map(({ name, bytes }) => ({ name, bytes, drop: dropIndexSql(name, definition, build) }))
}

import type { Kysely, Transaction } from "kysely"
import type { RecordIndex } from "../definition/record-index.ts"
import type { TableDefinition } from "../definition/records-definition.ts"
import { ConfigurationError } from "../errors.ts"
import { type CheckedQuery, checkedQuery } from "../predicate/checked-query.ts"
import type { LooseQuery } from "../query/query.ts"
import { explainStatement } from "../statement/explain.ts"
import { createIndexSql, dropIndexSql, extensionOf, type IndexStatement, indexStatements } from "../statement/index-statement.ts"
import { type RecordsTables, unconnected } from "../statement/records-tables.ts"
import { previewOf, searchStatement } from "../statement/search.ts"
import { databaseError, sqlState } from "../store/database-error.ts"
import { planFacts } from "../store/plan.ts"
import type { RecordStore } from "../store/record-store.ts"
import type { Advice, IndexAdvice, QueryAdvice, UnusedIndex } from "./advice.ts"
import { type Candidate, candidates, identity, isPrefix } from "./candidate.ts"
import { hasHypopg, hypotheticalPlan } from "./hypothetical-index.ts"
import { indexEntry } from "./index-entry.ts"
import { QueryRecorder, type RecordedQuery } from "./query-recorder.ts"
import { type TableFacts, tableFacts } from "./table-facts.ts"
import { isScan, planned, type SampleRun, TableSample, undone, withIndexes } from "./table-sample.ts"

/** What `advise` takes: queries, or what a recorder has kept. */
export type AdvisedQueries = QueryRecorder | readonly (LooseQuery | RecordedQuery)[]

/**
 * Which indexes would make these queries cheaper, and what they would cost; and why none would, where that is so.
 *
 * A part of the table, at most 10,000 records, is copied into a temporary table. There each index that could serve is
 * built, and the query is run with it and without it: what is advised was measured. Everything happens in one transaction
 * that is rolled back, so that nothing stays; it only reads the table. It needs the privilege to make temporary tables;
 * without it the advice is the planner's guess, and a note says so.
 *
 * @example
 * const advice = await advise(db, [{ filters: [filter("fields.age", ">", 80)] }])
 * advice.queries[0]?.verdict // small
 * @throws InvalidQueryError for a query that has no meaning; ConfigurationError when there is no such table.
 */
export async function advise<F, M, FIn, MIn>(db: RecordStore<F, M, FIn, MIn>, queries: AdvisedQueries): Promise<Advice> {
  const { definition } = db
  const asked = askedQueries(queries, definition)
  // Kysely runs any statement; what it believes the tables to be is a matter of types alone.
  const kysely = db.kysely.withoutPlugins() as unknown as Kysely<RecordsTables>
  try {
    return await adviceFor(kysely, definition, asked)
  } catch (error) {
    throw databaseError(error, { operation: "advise", table: definition.table, schema: definition.schema })
  }
}

interface Asked {
  readonly position: number
  readonly query: CheckedQuery
  readonly sql: string
  readonly count: number | undefined
}

/** What is known of the table before anything is tried. */
interface Table {
  readonly definition: TableDefinition
  readonly facts: TableFacts
  readonly records: number
}

/** What came of trying: an answer for each query, and the indexes to build. */
interface Judgement {
  readonly answers: readonly QueryAdvice[]
  readonly indexes: readonly Omit<IndexAdvice, "queries">[]
}

async function adviceFor(db: Kysely<RecordsTables>, definition: TableDefinition, asked: readonly Asked[]): Promise<Advice> {
  const facts = await tableFacts(db, definition)
  if (facts === undefined) throw new ConfigurationError("missing_table", `advise: there is no table "${definition.schema}"."${definition.table}"`)
  const all = await planned(db, explainStatement(searchStatement(db, definition, checkedQuery({})).compile()))
  const table: Table = { definition, facts, records: planFacts(all).rows.estimated }
  const notes: string[] = []
  const { answers, indexes } = await judged(db, table, asked, notes)
  return {
    table: { name: `${definition.schema}.${definition.table}`, records: table.records, bytes: facts.bytes },
    queries: answers,
    indexes: indexes.map((index) => ({
      ...index,
      queries: answers.flatMap(({ verdict, indexes: names }, position) => (verdict === "build" && names.includes(index.name) ? [position] : [])),
    })),
    unused: unusedIndexes(facts, definition),
    countedSince: facts.countedSince,
    notes,
  }
}

// A table that is read at once, whatever is asked of it.
const SMALL_BYTES = 1024 * 1024

async function judged(db: Kysely<RecordsTables>, table: Table, asked: readonly Asked[], notes: string[]): Promise<Judgement> {
  const early = new Map(asked.flatMap((one) => beforehand(one, table)))
  const open = asked.filter(({ position }) => !early.has(position))
  const tried = open.length === 0 ? undefined : await onSample(db, table, open, notes)
  const answers = asked.map((one) => early.get(one.position) ?? tried?.answers.get(one.position) ?? answer(one, "unservable", "it was not looked at"))
  return { answers, indexes: tried?.indexes ?? [] }
}

function beforehand(one: Asked, { definition, facts }: Table): [number, QueryAdvice][] {
  const say = (verdict: QueryAdvice["verdict"], reason: string, indexes: readonly string[] = []): [number, QueryAdvice][] => [
    [one.position, answer(one, verdict, reason, { indexes })],
  ]
  const { filters, sort, limit } = one.query
  if (facts.bytes < SMALL_BYTES) return say("small", `the table has ${kilobytes(facts.bytes)}: reading all of it takes no longer than an index would`)
  if (limit === 0) return say("served", "it asks for no record")
  const possible = candidates(one.query).flat()
  const declared = new Set(definition.indexes.map(identity))
  const live = new Map(facts.indexes.map((index) => [index.name, index]))
  const lacking = indexStatements(definition).filter(
    ({ name, index }) => live.get(name)?.isValid !== true && possible.some((one) => identity(one) === identity(index)),
  )
  if (lacking.length > 0) {
    const names = lacking.map(({ name }) => name)
    return say("missing", `the definition declares ${names.join(", ")}, and the table has no such index, or an invalid one: migrate it`, names)
  }
  const undeclared = newStatements(
    definition,
    possible.filter((index) => !declared.has(identity(index))),
  ).filter(({ name }) => live.get(name)?.isValid === true)
  const [first] = undeclared
  if (first !== undefined)
    return say(
      "undeclared",
      `the index ${first.name} is there, but the definition does not declare it, so that the SQL does not ask for it: add ${JSON.stringify(indexEntry(first.index))}`,
      [first.name],
    )
  if (possible.length > 0) return []
  if (filters.length === 0 && sort.length === 0) return say("unservable", "it asks for every record, in the order of the primary key")
  if (filters.length === 0) return say("unservable", "it asks for every record: an index helps an order only where there is a limit")
  return say("unservable", "no index serves its conditions: negatives, any, type and sizes are looked up record by record")
}

interface Tried {
  readonly answers: ReadonlyMap<number, QueryAdvice>
  readonly indexes: readonly Omit<IndexAdvice, "queries">[]
}

async function onSample(db: Kysely<RecordsTables>, table: Table, asked: readonly Asked[], notes: string[]): Promise<Tried> {
  try {
    return await undone(db, (trx) => measured(trx, table, asked, notes))
  } catch (error) {
    const why = NO_SAMPLE[sqlState(error) ?? ""]
    if (why === undefined) throw error
    notes.push(`${why}: nothing was measured, the advice is a guess`)
    return guessed(db, table, asked)
  }
}

// What keeps a role from making a temporary table.
const NO_SAMPLE: Record<string, string> = {
  "42501": "this role may not make temporary tables (grant it TEMPORARY on the database)",
  "25006": "the server takes no writes here, so that no temporary table can be made",
  "0A000": "a part of this table cannot be copied into a temporary table",
}

async function measured(trx: Transaction<RecordsTables>, table: Table, asked: readonly Asked[], notes: string[]): Promise<Tried> {
  const { definition, records } = table
  let sample = await TableSample.of(trx, definition, records)
  if (sample.records < records) notes.push(`measured on a sample of ${sample.records} of about ${records} records`)
  const withHypopg = await hasHypopg(trx)
  const answers = new Map<number, QueryAdvice>()
  const indexes: Omit<IndexAdvice, "queries">[] = []
  let grown = definition
  // The widest first: a compound index serves the queries for its first fields too.
  for (const one of asked.toSorted((left, right) => width(right.query) - width(left.query))) {
    const verdict = await tried(sample, one, grown, await usedIndexes(trx, definition, one.query))
    const hypothetical = withHypopg && verdict.build.length === 1 ? await checkedByHypopg(trx, definition, verdict.build, one.query) : undefined
    if (hypothetical?.isUsed === false) {
      answers.set(
        one.position,
        answer(one, "unselective", "hypopg says that the planner would not use such an index on the whole table", { pages: { now: verdict.now } }),
      )
      continue
    }
    answers.set(one.position, verdict.answer)
    if (verdict.build.length === 0) continue
    const statements = newStatements(grown, verdict.build)
    const built = await sample.with(verdict.build, records)
    for (const [position, statement] of statements.entries()) {
      indexes.push({
        ...indexAdvice(statement, table),
        bytes: built.bytes[position] ?? null,
        writes: await sample.writeCost(statement.index),
        ...(hypothetical === undefined ? {} : { hypopg: hypothetical }),
      })
    }
    sample = built.sample
    grown = withIndexes(grown, verdict.build)
  }
  return { answers, indexes }
}

/** What the sample says of a query: the answer, and the indexes to build. */
interface TriedQuery {
  readonly answer: QueryAdvice
  readonly build: Candidate
  readonly now: number
}

// Pages: fewer than these are no burden, whatever could be saved.
const FEW_PAGES = 32
// An index must save so much, or it is not worth its cost.
const WORTHWHILE = 2
const UNSELECTIVE = 0.1

async function tried(sample: TableSample, one: Asked, definition: TableDefinition, live: readonly string[]): Promise<TriedQuery> {
  const now = await sample.run(one.query)
  const advised = sample.added(now.indexes)
  const today = advised.length > 0 ? advised : live
  const pages = { now: now.pages }
  const leave = (verdict: QueryAdvice["verdict"], reason: string, indexes: readonly string[] = []): TriedQuery => ({
    answer: answer(one, verdict, reason, { pages, indexes }),
    build: [],
    now: now.pages,
  })
  const served = () => leave("served", `it looks at ${pages.now} pages of the sample as it is, with ${names(today)}`, today)
  if (now.pages <= FEW_PAGES) return served()
  const best = cheapest(await attempts(sample, one.query, definition))
  if (best !== undefined && best.run.pages * WORTHWHILE <= now.pages && now.pages - best.run.pages >= FEW_PAGES / 2) {
    const build = newStatements(definition, best.indexes).map(({ name }) => name)
    const reason = `with ${names(build)} it looks at ${best.run.pages} pages of the sample and not at ${now.pages}`
    return {
      answer: answer(one, "build", reason, { indexes: build, pages: { now: now.pages, withIndexes: best.run.pages } }),
      build: best.indexes,
      now: now.pages,
    }
  }
  const share = await sample.share(one.query)
  if (one.query.filters.length > 0 && share >= UNSELECTIVE)
    return leave("unselective", `its conditions find ${percent(share)} of the records: to scan the table is right`)
  return isScan(now.plan) ? leave("unservable", "no index that could be built for it makes it look at half as many pages") : served()
}

async function usedIndexes(trx: Transaction<RecordsTables>, definition: TableDefinition, query: CheckedQuery): Promise<readonly string[]> {
  return planFacts(await planned(trx, explainStatement(searchStatement(trx, definition, query).compile()))).indexes
}

interface Attempt {
  readonly indexes: Candidate
  readonly run: SampleRun
}

async function attempts(sample: TableSample, query: CheckedQuery, definition: TableDefinition): Promise<readonly Attempt[]> {
  const declared = new Set(definition.indexes.map(identity))
  const all: Attempt[] = []
  for (const candidate of candidates(query)) {
    const fresh = candidate.filter((index) => !declared.has(identity(index)))
    if (fresh.length === 0) continue
    const run = await sample.try(query, fresh).catch(cannotBeBuilt)
    // Of several, those that the plan leaves alone are not worth building.
    const used = run === undefined ? [] : fresh.filter((_, position) => run.indexes.includes(run.statements[position]?.name ?? ""))
    if (run !== undefined && used.length > 0) all.push({ indexes: used, run })
  }
  return all
}

// A value that is too long for a btree, an extension that is not there: then it is no candidate.
function cannotBeBuilt(error: unknown): undefined {
  if (sqlState(error) === undefined) throw error
  return undefined
}

// Nearly as good with fewer fields is better.
function cheapest(attempts: readonly Attempt[]): Attempt | undefined {
  const least = Math.min(...attempts.map(({ run }) => run.pages))
  const good = attempts.filter(({ run }) => run.pages <= least * 1.25 + 4)
  return good.toSorted((one, other) => keyCount(one.indexes) - keyCount(other.indexes))[0]
}

function keyCount(indexes: Candidate): number {
  return indexes.reduce((sum, { keys }) => sum + keys.length, 0)
}

async function checkedByHypopg(trx: Transaction<RecordsTables>, definition: TableDefinition, build: Candidate, query: CheckedQuery) {
  const changed = withIndexes(definition, build)
  const [statement] = newStatements(definition, build)
  return statement === undefined ? undefined : hypotheticalPlan(trx, { now: definition, changed }, statement, query)
}

// Without a sample to try an index on, what counts is how many records the query keeps of those that it scans.
async function guessed(db: Kysely<RecordsTables>, table: Table, asked: readonly Asked[]): Promise<Tried> {
  const { definition, records } = table
  const answers = new Map<number, QueryAdvice>()
  const indexes = new Map<string, Omit<IndexAdvice, "queries">>()
  for (const one of asked) {
    const used = await planned(db, explainStatement(searchStatement(db, definition, one.query).compile()))
    const share = isScan(used) ? await foundShare(db, table, one.query) : 0
    if (!isScan(used)) answers.set(one.position, answer(one, "served", "the planner finds its records with an index", { indexes: planFacts(used).indexes }))
    else if (share >= UNSELECTIVE)
      answers.set(one.position, answer(one, "unselective", `its conditions find ${percent(share)} of the records or more: to scan the table is right`))
    else {
      const statements = newStatements(definition, candidates(one.query)[0] ?? [])
      for (const statement of statements) indexes.set(statement.name, { ...indexAdvice(statement, table), bytes: null, writes: null })
      const reason = `it scans about ${records} records and finds ${(share * 100).toFixed(2)} % of them`
      answers.set(one.position, answer(one, "build", reason, { indexes: statements.map(({ name }) => name) }))
    }
  }
  return { answers, indexes: [...indexes.values()] }
}

// Ends as soon as it is clear that there are too many.
async function foundShare(db: Kysely<RecordsTables>, { definition, records }: Table, query: CheckedQuery): Promise<number> {
  if (query.filters.length === 0) return 0
  const most = Math.ceil(records * UNSELECTIVE)
  const bounded = searchStatement(db, definition, { ...query, sort: [], offset: undefined, limit: most })
  const { rows } = planFacts(await planned(db, explainStatement(bounded.compile(), { analyze: true })))
  return (rows.actual ?? 0) / Math.max(1, records)
}

function indexAdvice(statement: IndexStatement, { definition, facts }: Table): Omit<IndexAdvice, "queries" | "bytes" | "writes"> {
  // PostgreSQL builds no index of a partitioned table concurrently.
  const build = facts.isPartitioned ? "at once" : "concurrently"
  const extension = extensionOf(statement.index)
  return {
    name: statement.name,
    entry: indexEntry(statement.index),
    up: [...(extension === undefined ? [] : [`create extension if not exists ${extension}`]), createIndexSql(statement, definition, build)],
    down: [dropIndexSql(statement.name, definition, build)],
    redundant: indexStatements(definition).flatMap(({ name, index }) => (isPrefix(index, statement.index) ? [name] : [])),
  }
}

function newStatements(definition: TableDefinition, indexes: readonly RecordIndex[]): readonly IndexStatement[] {
  return indexes.length === 0 ? [] : indexStatements(withIndexes(definition, indexes)).slice(-indexes.length)
}

function unusedIndexes(facts: TableFacts, definition: TableDefinition): readonly UnusedIndex[] {
  const build = facts.isPartitioned ? "at once" : "concurrently"
  return facts.indexes
    .filter(({ scans, isConstraint }) => scans === 0 && !isConstraint)
    .map(({ name, bytes }) => ({ name, bytes, drop: dropIndexSql(name, definition, build) }))
}

function askedQueries(queries: AdvisedQueries, definition: TableDefinition): readonly Asked[] {
  const all = queries instanceof QueryRecorder ? queries.queries() : queries
  return all.map((given, position) => {
    const { query, count } = "sql" in given ? given : { query: given, count: undefined }
    const checked = checkedQuery(query, definition)
    return { position, query: checked, sql: previewOf(searchStatement(unconnected, definition, checked)).sql, count }
  })
}

function answer(
  { sql, count }: Asked,
  verdict: QueryAdvice["verdict"],
  reason: string,
  more: Partial<Pick<QueryAdvice, "indexes" | "pages">> = {},
): QueryAdvice {
  return { sql, verdict, reason, indexes: [], ...(count === undefined ? {} : { count }), ...more }
}

function width(query: CheckedQuery): number {
  return Math.max(0, ...candidates(query).map(keyCount))
}

function names(indexes: readonly string[]): string {
  return indexes.join(" and ") || "no index"
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} kB`
}

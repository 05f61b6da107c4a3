import type { TableDefinition } from "../definition/records-definition.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import { extensionOf } from "../statement/index-statement.ts"
import { sqlState } from "../store/database-error.ts"
import type { QueryAdvice } from "./advice.ts"
import { newStatements, percent, UNSELECTIVE } from "./advised-table.ts"
import { type AskedQuery, answer } from "./asked-query.ts"
import { type Candidate, candidates, identity, keyCount } from "./candidate.ts"
import { isScan, type SampleRun, type TableSample } from "./table-sample.ts"

/** What the sample says of a query: the answer, and the indexes to build. */
export interface TriedQuery {
  readonly answer: QueryAdvice
  readonly build: Candidate
  /** Pages that it looks at as the table is. */
  readonly now: number
  /** What could not be tried, and why. */
  readonly notes: readonly string[]
}

// Pages: fewer than these are no burden, whatever could be saved.
const FEW_PAGES = 32
// An index must save so much, or it is not worth its cost.
const WORTHWHILE = 2

/** Runs a query on the sample with each index that could serve it, and without; `live` are those that serve it on the table. */
export async function triedQuery(sample: TableSample, one: AskedQuery, definition: TableDefinition, live: readonly string[]): Promise<TriedQuery> {
  const now = await sample.run(one.query)
  const advised = sample.added(now.indexes)
  const today = advised.length > 0 ? advised : live
  const leave = (verdict: QueryAdvice["verdict"], reason: string, indexes: readonly string[], notes: readonly string[] = []): TriedQuery => ({
    answer: answer(one, verdict, reason, { pages: { now: now.pages }, indexes }),
    build: [],
    now: now.pages,
    notes,
  })
  const served = `it looks at ${now.pages} pages of the sample as it is, with ${names(today)}`
  if (now.pages <= FEW_PAGES) return leave("served", served, today)
  const { runs, notes } = await attempts(sample, one.query, definition)
  const best = cheapest(runs)
  if (best !== undefined && best.run.pages * WORTHWHILE <= now.pages && now.pages - best.run.pages >= FEW_PAGES / 2) {
    return { answer: buildAnswer(one, definition, best, now.pages), build: best.indexes, now: now.pages, notes }
  }
  const share = await sample.share(one.query)
  if (one.query.filters.length > 0 && share >= UNSELECTIVE)
    return leave("unselective", `its conditions find ${percent(share)} of the records: to scan the table is right`, [], notes)
  if (!isScan(now.plan)) return leave("served", served, today, notes)
  return leave("unservable", "no index that could be built for it makes it look at half as many pages", [], notes)
}

function buildAnswer(one: AskedQuery, definition: TableDefinition, { indexes, run }: Attempt, now: number): QueryAdvice {
  const build = newStatements(definition, indexes).map(({ name }) => name)
  const reason = `with ${names(build)} it looks at ${run.pages} pages of the sample and not at ${now}`
  return answer(one, "build", reason, { indexes: build, pages: { now, withIndexes: run.pages } })
}

interface Attempt {
  readonly indexes: Candidate
  readonly run: SampleRun
}

async function attempts(
  sample: TableSample,
  query: CheckedQuery,
  definition: TableDefinition,
): Promise<{ runs: readonly Attempt[]; notes: readonly string[] }> {
  const declared = new Set(definition.indexes.map(identity))
  const [runs, notes]: [Attempt[], string[]] = [[], []]
  for (const candidate of candidates(query)) {
    const fresh = candidate.filter((index) => !declared.has(identity(index)))
    if (fresh.length === 0) continue
    const run = await sample.try(query, fresh).catch((error: unknown) => {
      notes.push(...cannotBeBuilt(error, fresh))
      return undefined
    })
    // Of several, those that the plan leaves alone are not worth building.
    const used = run === undefined ? [] : fresh.filter((_, position) => run.indexes.includes(run.statements[position]?.name ?? ""))
    if (run !== undefined && used.length > 0) runs.push({ indexes: used, run })
  }
  return { runs, notes }
}

// What an extension that is not to be had answers with.
const NO_EXTENSION = new Set(["42501", "0A000", "58P01", "22023"])

// A value that is too long for a btree, an extension that is not there: then it is no candidate.
function cannotBeBuilt(error: unknown, indexes: Candidate): readonly string[] {
  const state = sqlState(error)
  if (state === undefined) throw error
  const [extension] = NO_EXTENSION.has(state) ? indexes.flatMap((index) => extensionOf(index) ?? []) : []
  return extension === undefined ? [] : [`this role cannot make the extension ${extension}, so that no index that needs it was tried`]
}

// Nearly as good with fewer fields is better.
function cheapest(all: readonly Attempt[]): Attempt | undefined {
  const least = Math.min(...all.map(({ run }) => run.pages))
  const good = all.filter(({ run }) => run.pages <= least * 1.25 + 4)
  return good.toSorted((one, other) => keyCount(one.indexes) - keyCount(other.indexes))[0]
}

function names(indexes: readonly string[]): string {
  return indexes.join(" and ") || "no index"
}

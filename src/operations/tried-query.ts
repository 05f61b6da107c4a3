import type { TableDefinition } from "../definition/records-definition.ts"
import type { CheckedQuery } from "../predicate/checked-query.ts"
import { extensionOf } from "../statement/index-statement.ts"
import { sqlState } from "../store/database-error.ts"
import type { QueryAdvice } from "./advice.ts"
import { percent, UNSELECTIVE } from "./advised-table.ts"
import { type AskedQuery, answer } from "./asked-query.ts"
import { type Candidate, keyCount, newCandidates } from "./candidate.ts"
import { indexEntry } from "./index-entry.ts"
import { missingAnswer } from "./missing-index.ts"
import { isScan, type SampleRun, type TableSample } from "./table-sample.ts"
import { newStatements } from "./temporary-table.ts"

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

/** A query, and how it runs before anything is built. */
export interface MeasuredQuery {
  readonly asked: AskedQuery
  /** On the sample, with the indexes that the table has. */
  readonly before: SampleRun
  /** What there is to say where nothing is built for it. */
  readonly asItIs: QueryAdvice
}

/** What the definition declares and the table lacks. */
export interface Lacking {
  /** On the sample they are there by now. */
  readonly built: ReadonlySet<string>
  /** Those that could serve the query, and cannot be built on the sample. */
  readonly refused: readonly string[]
}

/**
 * Runs a query on the sample with each index that could serve it, and without. The sample, and its definition, may have
 * indexes already that were advised for other queries.
 */
export async function triedQuery(
  sample: TableSample,
  { asked, before, asItIs }: MeasuredQuery,
  definition: TableDefinition,
  lacking: Lacking,
): Promise<TriedQuery> {
  const now = before.pages
  const said = (one: QueryAdvice, build: Candidate = [], notes: readonly string[] = []): TriedQuery => ({ answer: one, build, now, notes })
  if (now <= FEW_PAGES) return said(asItIs)
  const grown = await sample.run(asked.query)
  const advised = sample.added(grown.indexes)
  const missing = advised.filter((name) => lacking.built.has(name))
  if (missing.length > 0 && isWorthwhile(now, grown.pages)) return said(missingAnswer(asked, missing, { now, withIndexes: grown.pages }))
  if (lacking.refused.length > 0) return said(missingAnswer(asked, lacking.refused, { now }))
  const isHelped = advised.length > 0 && isWorthwhile(now, grown.pages)
  const helped = isHelped ? buildAnswer(asked, advised, now, grown.pages) : undefined
  if (helped !== undefined && grown.pages <= FEW_PAGES) return said(helped)
  const { runs, notes } = await attempts(sample, asked.query, definition)
  const best = cheapest(runs)
  if (best !== undefined && isWorthwhile(grown.pages, best.run.pages)) {
    const built = newStatements(definition, best.indexes).map(({ name }) => name)
    return said(buildAnswer(asked, built, now, best.run.pages), best.indexes, notes)
  }
  if (helped !== undefined) return said(helped, [], notes)
  const share = await sample.share(asked.query)
  if (asked.query.filters.length > 0 && share >= UNSELECTIVE)
    return said(answer(asked, "unselective", `its conditions find ${percent(share)} of the records: to scan the table is right`, { pages: { now } }), [], notes)
  if (!isScan(before.plan)) return said(asItIs, [], notes)
  return said(answer(asked, "unservable", "no index that could be built for it makes it look at half as many pages", { pages: { now } }), [], notes)
}

/** Whether so many pages less are worth an index. */
export function isWorthwhile(before: number, after: number): boolean {
  return after * WORTHWHILE <= before && before - after >= FEW_PAGES / 2
}

function buildAnswer(asked: AskedQuery, indexes: readonly string[], now: number, withIndexes: number): QueryAdvice {
  const reason = `with ${names(indexes)} it looks at ${withIndexes} pages of the sample and not at ${now}`
  return answer(asked, "build", reason, { indexes, pages: { now, withIndexes } })
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
  const [runs, notes]: [Attempt[], string[]] = [[], []]
  for (const fresh of newCandidates(query, definition)) {
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

const REFUSED: Readonly<Record<string, string>> = { "54000": "some values are too long for a btree" }

// A value that is too long for a btree, an extension that is not there: then it is no candidate.
function cannotBeBuilt(error: unknown, indexes: Candidate): readonly string[] {
  const state = sqlState(error)
  if (state === undefined) throw error
  const [extension] = NO_EXTENSION.has(state) ? indexes.flatMap((index) => extensionOf(index) ?? []) : []
  if (extension !== undefined) return [`this role cannot make the extension ${extension}, so that no index that needs it was tried`]
  const entries = indexes.map((index) => JSON.stringify(indexEntry(index))).join(" with ")
  return [`${entries} could not be built, so that it was not tried: ${REFUSED[state] ?? `PostgreSQL answered with SQLSTATE ${state}`}`]
}

// Nearly as good with fewer fields is better.
function cheapest(all: readonly Attempt[]): Attempt | undefined {
  const least = Math.min(...all.map(({ run }) => run.pages))
  const good = all.filter(({ run }) => run.pages <= least * 1.25 + 4)
  return good.toSorted((one, other) => keyCount(one.indexes) - keyCount(other.indexes))[0]
}

/** Indexes by their names, for people. */
export function names(indexes: readonly string[]): string {
  return indexes.join(" and ") || "no index"
}

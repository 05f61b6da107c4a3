import { sql, type Transaction } from "kysely"
import type { TableDefinition } from "../definition/records-definition.ts"
import { quotedIn } from "../statement/index-statement.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { planFacts } from "../store/plan.ts"
import type { QueryAdvice } from "./advice.ts"
import type { AdvisedTable } from "./advised-table.ts"
import { type AskedQuery, answer } from "./asked-query.ts"
import { queryPlan } from "./query-plan.ts"
import { pendingPages } from "./table-health.ts"
import { isScan, pagesRead, type SampleRun, type TableSample } from "./table-sample.ts"
import { isWorthwhile, names } from "./tried-query.ts"
import { inTime, undone } from "./undone.ts"

/**
 * What there is to say of a query for which nothing is built. A sample is small, has fresh statistics and a GIN in which
 * everything is sorted in: where an index serves there and the table is scanned, the query is run on the table, once.
 */
export async function liveAnswer(
  trx: Transaction<RecordsTables>,
  table: AdvisedTable,
  one: AskedQuery,
  { sample, before }: { readonly sample: TableSample; readonly before: SampleRun },
): Promise<QueryAdvice> {
  const pages = { now: before.pages }
  const { named } = await queryPlan(trx, table.definition, one.query)
  const { indexes } = planFacts(named)
  if (!isScan(named) || isScan(before.plan))
    return answer(one, "served", `it looks at ${before.pages} pages of the sample as it is, with ${names(indexes)}`, { pages, indexes })
  const read = await inTime(trx, async () => pagesRead((await queryPlan(trx, table.definition, one.query, { analyze: true })).plan))
  // On the whole table an index finds as many times more as there are more records.
  const expected = before.pages * Math.max(1, table.records / Math.max(1, sample.records))
  if (read !== undefined && !isWorthwhile(read, expected))
    return answer(one, "served", `it looks at ${read} pages of the table as it is, with ${names(indexes)}`, { pages, indexes })
  const what = read === undefined ? "longer than ten seconds" : `${read} pages of it`
  return passedOver(trx, table, one, what, pages)
}

/** Where the planner leaves the indexes that could serve a query alone: why that may be, and what to do. */
export async function passedOver(
  trx: Transaction<RecordsTables>,
  { definition, isDistributed }: AdvisedTable,
  one: AskedQuery,
  what: string,
  pages?: QueryAdvice["pages"],
): Promise<QueryAdvice> {
  const indexes = await servingIndexes(trx, definition, one, isDistributed)
  const scanned = `the table is scanned, ${what}, although ${indexes.length === 0 ? "an index" : names(indexes)} could serve`
  const why = pendingText(await pendingPages(trx, { ...definition, isDistributed }), indexes)
  const remedy = `vacuum (analyze) ${quotedIn(definition.schema, definition.table)}`
  return answer(one, "passed_over", `${scanned}: ${why}: ${remedy}`, { indexes, ...(pages === undefined ? {} : { pages }) })
}

// The indexes that find the records of a query, be it at a higher price than a scan.
function servingIndexes(
  trx: Transaction<RecordsTables>,
  definition: TableDefinition,
  { query }: AskedQuery,
  isDistributed: boolean,
): Promise<readonly string[]> {
  return undone(trx, async (inner) => {
    // Citus passes on to its workers what is set with SET LOCAL, where it is told to.
    if (isDistributed) await sql`set local citus.propagate_set_commands = 'local'`.execute(inner)
    // What is left are the bitmaps of indexes: no walk in the order of one, which is a scan as well.
    for (const setting of ["enable_seqscan", "enable_indexscan", "enable_indexonlyscan"]) await sql.raw(`set local ${setting} = off`).execute(inner)
    const { named } = await queryPlan(inner, definition, query)
    return isScan(named) ? [] : planFacts(named).indexes
  })
}

function pendingText(pending: Awaited<ReturnType<typeof pendingPages>>, indexes: readonly string[]): string {
  if (typeof pending === "string") return "new entries of a GIN may wait to be sorted in, which every search reads, or the statistics are old"
  const waiting = indexes.flatMap((name) => ((pending.get(name) ?? 0) > 0 ? [`${pending.get(name)} pages of ${name}`] : []))
  return waiting.length === 0
    ? "the planner holds a scan for cheaper, perhaps by old statistics"
    : `${waiting.join(", ")} are not sorted in yet, and every search reads them`
}

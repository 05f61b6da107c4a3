import type { Kysely } from "kysely"
import type { TableDefinition, TableName } from "../definition/records-definition.ts"
import { textLiteral } from "../expression/accessor.ts"
import { checkOptions } from "../migration/known-options.ts"
import { liveTableWithin } from "../migration/live-table.ts"
import { tableDifference } from "../migration/table-difference.ts"
import { checkedQuery } from "../predicate/checked-query.ts"
import { quotedIn } from "../statement/index-statement.ts"
import type { RecordsTables } from "../statement/records-tables.ts"
import { countStatement } from "../statement/search.ts"
import { databaseError } from "../store/database-error.ts"
import type { RecordStore } from "../store/record-store.ts"
import type { Finding, IndexInspection, Inspection } from "./inspection.ts"
import { tableFacts } from "./table-facts.ts"
import { pendingPages, tableHealth } from "./table-health.ts"
import { undoneWithin } from "./undone.ts"

/** What `inspect` should look at beside the catalogs. */
export interface InspectOptions {
  /** Counts the records too, which reads the whole table. */
  readonly count?: boolean | undefined
}

/**
 * How the table of a database is doing: whether it is as its definition says, its size, its dead rows, its indexes, and
 * what to do about it. It changes nothing and needs no privilege on the table, but for `count`, which needs `select`. It
 * waits for no lock longer than a second.
 *
 * @example
 * const looked = await inspect(db, { count: true })
 * looked.findings.map(({ kind }) => kind) // []
 * @throws DatabaseUnavailableError, also when another session keeps the table locked.
 */
export async function inspect<F, M, FIn, MIn>(db: RecordStore<F, M, FIn, MIn>, options: InspectOptions = {}): Promise<Inspection> {
  const { definition } = db
  checkOptions("inspect", options, ["count"])
  const { count = false } = options
  // Kysely runs any statement; what it believes the tables to be is a matter of types alone.
  const kysely = db.kysely.withoutPlugins() as unknown as Kysely<RecordsTables>
  try {
    // To count the records may take long.
    return await undoneWithin(kysely, (trx) => inspection(trx, definition, count), { lock_timeout: 1_000 })
  } catch (error) {
    throw databaseError(error, { operation: "inspect", table: definition.table, schema: definition.schema })
  }
}

async function inspection(db: Kysely<RecordsTables>, definition: TableDefinition, count: boolean): Promise<Inspection> {
  const live = await liveTableWithin(db, definition)
  const table = { ...definition, isDistributed: live?.isDistributed === true }
  const facts = await tableFacts(db, table)
  const drift = tableDifference(definition, live)
  const { estimated, leftBehind, ...health } = await tableHealth(db, table)
  const pending = await pendingPages(db, table)
  const counted = count && live !== undefined ? await countStatement(db, definition, checkedQuery({})).execute() : []
  const notes = typeof pending === "string" ? [pending] : []
  const unused = (facts?.indexes ?? []).filter(({ scans, isConstraint, isValid }) => scans === 0 && !isConstraint && isValid).map(({ name }) => name)
  const looked: Omit<Inspection, "findings"> = {
    table: `${definition.schema}.${definition.table}`,
    drift,
    ...health,
    records: { estimated, actual: counted[0] === undefined ? null : Number(counted[0].count) },
    indexes: (facts?.indexes ?? []).map(({ name, bytes, scans, isValid }) => ({
      name,
      bytes,
      scans,
      isValid,
      pendingPages: typeof pending === "string" ? null : (pending.get(name) ?? null),
    })),
    countedSince: facts?.countedSince ?? null,
    notes,
  }
  return {
    ...looked,
    findings: findings(looked, definition, {
      isPartitioned: facts?.isPartitioned === true,
      isDistributed: table.isDistributed,
      leftBehind,
      isView: live?.isOther !== undefined,
      unused,
    }),
  }
}

type Looked = Omit<Inspection, "findings">

const MIGRATE = "write a migration with `kysely-records generate`, and run it"

// Fewer are no reason to do anything.
const MANY = 1_000

interface Layout {
  readonly isPartitioned: boolean
  readonly isDistributed: boolean
  /** Bytes of a distributed table on the server that was asked, which no query reads. */
  readonly leftBehind: number
  /** A view, or a foreign table: the server counts nothing of it. */
  readonly isView: boolean
  /** Indexes that nothing has searched and no constraint needs. */
  readonly unused: readonly string[]
}

function findings(looked: Looked, name: TableName, layout: Layout): readonly Finding[] {
  const table = `"${name.schema}"."${name.table}"`
  const { drift, bytes, records, deadRows, updates, last } = looked
  if (drift.isMissing)
    return [
      {
        kind: "missing_table",
        what: `there is no table ${table}`,
        remedy: drift.faults[0] === undefined ? "run `await db.migrate()`" : "its columns are mapped: make it, or leave `columns` out of the definition",
      },
    ]
  const found: (Finding | false)[] = [
    ...drift.changes.map((change): Finding => ({ kind: "drift", what: `${change.part.name}: to ${change.kind}, by the definition`, remedy: MIGRATE })),
    ...drift.faults.map((fault): Finding => ({ kind: "wrong_table", what: `the table ${fault}`, remedy: "correct the definition, or the table" })),
    ...looked.indexes.flatMap((index) => [...invalidIndex(index, name, looked, layout), ...pendingList(index, name, layout)]),
    layout.leftBehind > 0 && {
      kind: "left_behind",
      what: `${Math.ceil(layout.leftBehind / 1024)} kB of records are still where they were before the table was distributed, and no query reads them`,
      remedy: `select truncate_local_data_after_distributing_table(${textLiteral(table)})`,
    },
    deadRows.count > MANY &&
      deadRows.share > 0.2 && { kind: "dead_rows", what: `${percent(deadRows.share)} of the rows are dead`, remedy: `vacuum (analyze) ${table}` },
    !layout.isView &&
      (records.estimated ?? 0) + (records.actual ?? 0) > MANY &&
      (records.estimated === null || (last.analyze === null && last.autoanalyze === null)) && {
        kind: "never_analyzed",
        what: "the planner has no statistics of it",
        remedy: `analyze ${table}`,
      },
    // One that the planner knows no number of was never analyzed.
    !layout.isView &&
      records.estimated !== null &&
      isFarOff(records) && {
        kind: "wrong_estimate",
        what: `the planner believes in ${records.estimated} records, and there are ${records.actual}`,
        remedy: `analyze ${table}`,
      },
    // An index that queries need costs what it costs.
    layout.unused.length > 0 &&
      updates.count > MANY &&
      (updates.hotShare ?? 1) < 0.1 && {
        kind: "few_hot_updates",
        what: `${percent(1 - (updates.hotShare ?? 0))} of the updates wrote every index anew`,
        remedy: `no query has searched ${layout.unused.join(", ")}: where no other server does, leave out of the definition what it declares of these, and drop them`,
      },
    bytes.toast > bytes.rows + 1024 * 1024 && {
      kind: "mostly_toast",
      what: `${percent(bytes.toast / (bytes.toast + bytes.rows))} of the records lie outside of their rows, because the documents are long`,
      remedy: "a scan reads such a document as a whole: keep long values that no query asks for in a table of their own",
    },
  ]
  return found.filter((finding) => finding !== false)
}

// What the definition wants, or has made, is a matter of its migration.
function invalidIndex({ name, isValid }: IndexInspection, { schema }: TableName, { drift }: Looked, layout: Layout): Finding[] {
  if (isValid || drift.changes.some(({ part }) => part.name === `index ${name}`)) return []
  return [
    {
      kind: "invalid_index",
      what: `the index ${name} is invalid: it costs every write and serves no query`,
      remedy: `${invalidRemedy(name, layout)} ${quotedIn(schema, name)}`,
    },
  ]
}

function invalidRemedy(name: string, { isPartitioned, isDistributed }: Layout): string {
  // `reindex` leaves one that lacks those of partitions as it is.
  if (isPartitioned) return "drop index"
  // Some shards may lack it.
  if (isDistributed) return "drop index concurrently if exists"
  // What `reindex` could not finish itself ends so.
  return /_cc(?:new|old)\d*$/.test(name) ? "drop index concurrently" : "reindex index concurrently"
}

function pendingList({ name, pendingPages: pages }: IndexInspection, { schema, table }: TableName, { isDistributed }: Layout): Finding[] {
  if ((pages ?? 0) <= 100) return []
  const clean = `select gin_clean_pending_list(${textLiteral(quotedIn(schema, name))}::regclass)`
  return [
    {
      kind: "pending_list",
      what: `${pages} pages of the index ${name} are not sorted in yet`,
      // The function sees no shard.
      remedy: isDistributed ? `vacuum ${quotedIn(schema, table)}` : clean,
    },
  ]
}

function isFarOff({ estimated, actual }: Inspection["records"]): boolean {
  if (actual === null || actual + (estimated ?? 0) <= MANY) return false
  return Math.abs(actual - (estimated ?? 0)) > actual * 0.2
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

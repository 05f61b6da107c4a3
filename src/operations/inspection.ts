import type { TableDifference } from "../migration/table-difference.ts"

/** How a table is doing. Plain data; of a partitioned table, all partitions together. */
export interface Inspection {
  readonly table: string
  /** How it differs from its definition. */
  readonly drift: TableDifference
  /** Bytes on disk: the rows, what is stored beside them because it is long (TOAST), the indexes, and all of it. */
  readonly bytes: { readonly rows: number; readonly toast: number; readonly indexes: number; readonly total: number }
  /** As the server believes, `null` where it was never told; and counted, where `count` asked for it. */
  readonly records: { readonly estimated: number | null; readonly actual: number | null }
  /** Versions of rows that nobody sees any more, and their share of all. */
  readonly deadRows: { readonly count: number; readonly share: number }
  /** Updates since the statistics began, and the share of those that wrote no index (HOT), `null` where there was none. */
  readonly updates: { readonly count: number; readonly hotShare: number | null }
  /** When each was last done; of a partitioned table where it is longest ago, and `null` where one was never done. */
  readonly last: { readonly vacuum: Date | null; readonly autovacuum: Date | null; readonly analyze: Date | null; readonly autoanalyze: Date | null }
  readonly indexes: readonly IndexInspection[]
  /** Since when scans and updates are counted; `null`: since the table was made. */
  readonly countedSince: Date | null
  /** What should be looked into, and what to do. */
  readonly findings: readonly Finding[]
  /** What could not be looked at, and why. */
  readonly notes: readonly string[]
}

/** How an index is doing. */
export interface IndexInspection {
  readonly name: string
  readonly bytes: number
  /** Searches since the statistics began. */
  readonly scans: number
  readonly isValid: boolean
  /** Pages of a GIN that are not sorted in yet, which every search reads; `null` where that cannot be known. */
  readonly pendingPages: number | null
}

/** Something to look into. */
export interface Finding {
  readonly kind:
    | "missing_table"
    | "drift"
    | "wrong_table"
    | "invalid_index"
    | "pending_list"
    | "dead_rows"
    | "never_analyzed"
    | "wrong_estimate"
    | "few_hot_updates"
    | "mostly_toast"
    | "left_behind"
  /** What was found, in a sentence. */
  readonly what: string
  /** What to do: a statement of SQL, or a sentence. */
  readonly remedy: string
}

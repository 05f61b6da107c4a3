import { ConfigurationError } from "../errors.ts"
import type { RecordIndex } from "./record-index.ts"

/** How a table is divided. */
export interface TableLayout {
  /** How many partitions it has, by a hash of `id`; `undefined`: it is one table. */
  readonly partitions: number | undefined
  /** Whether Citus distributes it by `id`. */
  readonly distribute: boolean
}

/** More would make every query without an id slow to plan. */
const MOST_PARTITIONS = 1024

/**
 * The layout that a definition asks for.
 *
 * @throws ConfigurationError for one that has no meaning, and for a unique index that it does not allow.
 */
export function tableLayout(partitions: unknown, distribute: unknown, indexes: readonly RecordIndex[]): TableLayout {
  if (distribute !== undefined && typeof distribute !== "boolean") return refuse("distribute is true or false")
  const count = partitionCount(partitions)
  if (count !== undefined && distribute === true) return refuse("a table has partitions or is distributed, not both: leave one out")
  const divided = count !== undefined ? "is partitioned" : distribute === true ? "is distributed" : undefined
  if (divided !== undefined) checkUnique(indexes, divided)
  return { partitions: count, distribute: distribute ?? false }
}

function partitionCount(partitions: unknown): number | undefined {
  if (partitions === undefined) return undefined
  if (typeof partitions === "number" && Number.isInteger(partitions) && partitions >= 1 && partitions <= MOST_PARTITIONS) return partitions
  return refuse(`partitions is a whole number from 1 to ${MOST_PARTITIONS}`)
}

// What is in one part cannot see what is in another.
function checkUnique(indexes: readonly RecordIndex[], divided: string): void {
  const position = indexes.findIndex(({ unique, keys }) => unique && !keys.some(({ path }) => path.column === "id"))
  if (position === -1) return
  refuse(
    `/indexes/${position}/unique: the table ${divided} by id, so that PostgreSQL can keep a value unique only within one part: leave unique out, or put the field "id" into the index`,
  )
}

function refuse(reason: string): never {
  throw new ConfigurationError("invalid_definition", `defineRecords: ${reason}`)
}

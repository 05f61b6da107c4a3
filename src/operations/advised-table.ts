import type { TableDefinition } from "../definition/records-definition.ts"
import { extensionPart, wantedIndexes } from "../migration/table-parts.ts"
import { type IndexStatement, indexStatements, type TableIndex } from "../statement/index-statement.ts"
import type { IndexAdvice, QueryAdvice } from "./advice.ts"
import { identity, isPrefix } from "./candidate.ts"
import { indexEntry } from "./index-entry.ts"
import type { TableFacts } from "./table-facts.ts"

/** What is known of a table before anything is tried. */
export interface AdvisedTable {
  readonly definition: TableDefinition
  readonly facts: TableFacts
  /** The names of its partitions; `undefined`: it is not partitioned. */
  readonly partitions: readonly string[] | undefined
  readonly isDistributed: boolean
  /** Indexes that the definition declares, the GIN included, and the table has not, or has invalid. */
  readonly lacking: readonly TableIndex[]
  /** About how many records it has. */
  readonly records: number
}

/** An index to build, as far as it is known before it is known for which queries. */
export type AdvisedIndex = Omit<IndexAdvice, "queries">

/** What came of trying: answers by the position of the query, none where there was no time, and the indexes to build. */
export interface Judgement {
  readonly answers: ReadonlyMap<number, QueryAdvice>
  readonly indexes: readonly AdvisedIndex[]
}

/** The share of the records from which on a scan is right. */
export const UNSELECTIVE = 0.1

/** What is said of an index to build, beside what was measured. */
export function advisedIndex({ name, index }: IndexStatement, { definition, partitions }: AdvisedTable): Omit<AdvisedIndex, "bytes" | "writes"> {
  const wanted = wantedIndexes({ ...definition, gin: [], indexes: [index] }, partitions)
  const extensions = wanted.flatMap(({ extension }) => (extension === undefined ? [] : extensionPart(extension).create))
  return {
    name,
    entry: indexEntry(index),
    up: [...extensions, ...wanted.flatMap(({ part }) => part.create)],
    down: wanted.flatMap(({ part }) => part.drop),
    redundant: indexStatements(definition).flatMap((declared) => (isPrefix(declared.index, index) ? [declared.name] : [])),
  }
}

/** What to say of a unique index on the very keys of an index to build: why it is not enough. */
export function uniqueNotes({ name, index }: IndexStatement, { definition }: AdvisedTable): readonly string[] {
  const unique = indexStatements(definition).filter((declared) => identity(declared.index) === identity({ ...index, unique: true }))
  return unique.map(
    (declared) =>
      `the unique index ${declared.name} leaves out the records that have no value: where the query says that the field exists, it needs no ${name} beside it`,
  )
}

/** A share of all, for people. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}

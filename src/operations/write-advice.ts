import { recordIndexes } from "../definition/record-index.ts"
import { ConfigurationError } from "../errors.ts"
import { type GeneratedMigration, type GenerateOptions, writtenMigration } from "../migration/generate.ts"
import { liveTable } from "../migration/live-table.ts"
import { tableDifference } from "../migration/table-difference.ts"
import type { RecordStore } from "../store/record-store.ts"
import type { Advice } from "./advice.ts"

/**
 * Writes the Kysely migration that builds the indexes of an advice, one file as `generate` writes it; `null` when it
 * advises none, or the table has them by now. The database is only looked at. The definition is to declare the `entry` of
 * each as well: queries do not ask for an index that it does not declare, and the next `generate` drops it.
 *
 * @example
 * const advice = await advise(db, [{ filters: [filter("fields.age", ">", 80)] }])
 * await writeAdvice(db, advice, { folder: "migrations" }) // null
 * @throws ConfigurationError when there is no such table, it is not as its definition says, or the file cannot be written.
 */
export async function writeAdvice<F, M, FIn, MIn>(
  db: RecordStore<F, M, FIn, MIn>,
  { indexes }: Pick<Advice, "indexes">,
  options: GenerateOptions = {},
): Promise<GeneratedMigration | null> {
  const { definition } = db
  const live = await liveTable(db.kysely.withoutPlugins(), definition)
  if (live === undefined) throw new ConfigurationError("missing_table", `writeAdvice: there is no table "${definition.schema}"."${definition.table}"`)
  const entries = indexes.map(({ entry }) => entry)
  // Nothing but these: what else differs is the work of generate.
  const advised = { ...definition, gin: [], distribute: false, indexes: recordIndexes(entries, definition) }
  const { faults, changes } = tableDifference(advised, live)
  return writtenMigration("writeAdvice", definition, { isMissing: false, faults, changes: changes.filter(({ isWanted }) => isWanted) }, options)
}

import type { RecordStore } from "../store/record-store.ts"
import { liveTable } from "./live-table.ts"
import { type TableDifference, tableDifference } from "./table-difference.ts"

/**
 * How the table that is there differs from the definition: what has to be made or dropped, with the SQL, and what no
 * migration puts right. Nothing is changed, and no privilege on the table is needed.
 *
 * @example
 * await difference(db) // { isMissing: false, changes: [], faults: [] }
 * @throws DatabaseUnavailableError
 */
export async function difference<F, M, FIn, MIn>(db: RecordStore<F, M, FIn, MIn>): Promise<TableDifference> {
  return tableDifference(db.definition, await liveTable(db.kysely.withoutPlugins(), db.definition))
}

import type { AdvisedQueries } from "../operations/asked-query.ts"
import type { RecordStore } from "../store/record-store.ts"
import { adviceText } from "./report.ts"

/** The flags of `advise`, beside those of the table and the connection. */
export interface AdviseFlags {
  readonly file?: string
  readonly json?: boolean
  readonly write?: boolean
  readonly folder: string
}

/** Asks for advice, and writes the migration of it where that was said; gives what is printed. */
export async function advised<F, M>(db: RecordStore<F, M>, queries: AdvisedQueries, { json, write, folder }: AdviseFlags): Promise<readonly string[]> {
  // Loaded only here: few commands need it.
  const [{ advise }, { writeAdvice }] = await Promise.all([import("../operations/advise.ts"), import("../operations/write-advice.ts")])
  const advice = await advise(db, queries)
  if (json === true) return [JSON.stringify(advice)]
  const file = write === true ? await writeAdvice(db, advice, { folder }) : null
  if (file === null) return [adviceText(advice)]
  const what = file.isNew ? "wrote" : "written already, and not yet run:"
  return [adviceText(advice), "", `${what} ${file.path}; declare its indexes in the definition too (see above), or the next generate drops them`]
}

import { type Kysely, sql, type Transaction } from "kysely"

/** A way to read a table: settings of the planner, by name. */
export type Way = Readonly<Record<string, string>>

/** As the planner likes, kept from each of its own ways in turn, and with a plan that sees no value. */
export const ways: readonly Way[] = [
  {},
  { enable_seqscan: "off" },
  { enable_seqscan: "off", enable_bitmapscan: "off" },
  { enable_seqscan: "off", enable_indexscan: "off", enable_indexonlyscan: "off" },
  { plan_cache_mode: "force_generic_plan" },
  { plan_cache_mode: "force_generic_plan", enable_seqscan: "off" },
]

/** What a transaction gives whose statements read a table in such a way. */
export async function readIn<Found>(kysely: Kysely<never>, way: Way, read: (trx: Transaction<never>) => Promise<Found>): Promise<Found> {
  return kysely.transaction().execute(async (trx) => {
    const settings = Object.entries(way).map(([name, value]) => sql`set_config(${name}, ${value}, true)`)
    if (settings.length > 0) await sql`select ${sql.join(settings)}`.execute(trx)
    return read(trx)
  })
}

/** A way in words. */
export function wayText(way: Way): string {
  return (
    Object.entries(way)
      .map(([name, value]) => `${name} = ${value}`)
      .join(", ") || "any plan"
  )
}

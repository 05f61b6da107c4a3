import { compileFilter, filter, type RecordStore } from "../../src/index.ts"
import { type Film, films, filmsOfVega, type Origin } from "./film.ts"
import type { FilmDatabase } from "./questions.ts"

/** What was done to the table. */
export interface Loaded {
  /** How many films there are now. */
  readonly films: number
  /** How many films of an earlier run were replaced. */
  readonly replaced: number
  readonly seconds: number
}

/**
 * Puts the films of the data set into their table, all of them or none. Films of an earlier run are replaced.
 *
 * @throws Error when the table holds a record that the demo did not store: nothing is changed then.
 */
export async function load(db: FilmDatabase): Promise<Loaded> {
  const records = filmsOfVega().map((fields) => ({ fields, metadata: origin }))
  const start = performance.now()
  return db.transaction(async (tx) => {
    const replaced = await deleteOwnFilms(tx)
    if ((await tx.count()) > 0) throw new Error(`the table ${films.table} holds records that are not the demo's: nothing was changed`)
    const ids = await tx.createBatch(records)
    return { films: ids.length, replaced, seconds: (performance.now() - start) / 1000 }
  })
}

const origin: Origin = { loadedBy: "kysely-records demo" }

// A filter is a Kysely expression, so it serves a statement that the package has no method for.
async function deleteOwnFilms(tx: RecordStore<Film, Origin>): Promise<number> {
  const own = filter("metadata.loadedBy", "=", origin.loadedBy)
  const deleted = await tx.kysely.withSchema(films.schema).deleteFrom(films.table).where(compileFilter(own, films)).returning("id").execute()
  return deleted.length
}

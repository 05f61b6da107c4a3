import { readFileSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { join } from "node:path"
import { defineRecords } from "../../src/index.ts"

/** A film as the data set has it: `null` where something is not known. */
export interface Film {
  /** Nine titles, such as 300 and 2012, are numbers in the data set. */
  Title: string | number | null
  Director: string | null
  Distributor: string | null
  Source: string | null
  "Major Genre": string | null
  "Creative Type": string | null
  "MPAA Rating": string | null
  /** As text, `Jun 12 1998`. */
  "Release Date": string
  "Running Time min": number | null
  "IMDB Rating": number | null
  "IMDB Votes": number | null
  /** In per cent. */
  "Rotten Tomatoes Rating": number | null
  "Production Budget": number | null
  "US Gross": number | null
  "Worldwide Gross": number | null
  "US DVD Sales": number | null
}

/** Who stored a film: the demo deletes and replaces its own films, and no others. */
export interface Origin {
  loadedBy: "kysely-records demo"
}

/** A table of the demo's own. */
export const films = defineRecords<Film, Origin>({ table: "films_demo" })

/** The 3,201 films of the package `vega-datasets`. */
export function filmsOfVega(): Film[] {
  // The exports of the package hide its data, so it is found beside its package.json.
  const manifest = findPackageJSON("vega-datasets", import.meta.url)
  if (manifest === undefined) throw new Error("the package vega-datasets is not installed: run npm install")
  return JSON.parse(readFileSync(join(manifest, "../data/movies.json"), "utf8"))
}

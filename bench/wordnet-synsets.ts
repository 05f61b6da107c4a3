import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { JsonObject } from "../src/index.ts"

// Unpacked it is 266 MB: too much to be installed with everything else, so the first benchmark that wants it installs it.
const PACKAGE = "@terrierscript/normalized-global-wordnet-en"
const VERSION = "0.0.10"
const FOLDER = fileURLToPath(new URL("../node_modules/.cache/kysely-records", import.meta.url))

/** 120,053 synsets of WordNet: nested documents with lists of relations, 273 bytes in the median, 38 kB at the most. */
export async function wordnetSynsets(): Promise<JsonObject[]> {
  const folder = join(FOLDER, "node_modules", PACKAGE, "dic", "syn")
  if (!existsSync(folder)) {
    await mkdir(FOLDER, { recursive: true })
    console.log(`installing ${PACKAGE}, once`)
    await promisify(execFile)("npm", ["install", "--no-save", "--prefix", FOLDER, `${PACKAGE}@${VERSION}`])
  }
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort()
  const files = await Promise.all(names.map(async (name) => readFile(join(folder, name), "utf8")))
  return files.flatMap((file) => Object.values<JsonObject>(JSON.parse(file)))
}

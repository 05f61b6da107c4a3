import { readFileSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { sql } from "kysely"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { FileDatabase, type JsonObject, type PostgresDatabase } from "../../src/index.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"

const folder = temporaryFolder()
const movies: JsonObject[] = JSON.parse(readFileSync(new URL("../../node_modules/vega-datasets/data/movies.json", import.meta.url), "utf8"))

describe.each(databases)("3,201 films, from a file to $name and back", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind))
  })
  afterAll(() => drop())
  beforeEach(() => sql`truncate records`.execute(db.kysely))

  test.each(["json", "ndjson"])("%s", async (extension) => {
    const file = new FileDatabase(join(folder(), `films.${extension}`))
    const back = new FileDatabase(join(folder(), `back.${extension}`))
    await file.createBatch(movies.map((fields, index) => ({ fields, metadata: index % 2 === 0 ? { index } : null })))
    const records = await file.search({})
    expect(records.map(({ fields }) => fields)).toEqual(movies)

    await db.createBatch(records)
    await back.createBatch(await db.search({}))
    const [inFile, inDatabase, again] = await Promise.all([file, db, back].map((one) => one.search({})))
    const contents = (found = records) => found.map(({ id, fields, metadata }) => ({ id, fields, metadata }))
    expect(contents(inDatabase)).toEqual(contents(inFile))
    expect(contents(again)).toEqual(contents(inFile))

    for (const query of queries) {
      const inMemory = await file.search(query)
      expect(inMemory.length).toBeGreaterThan(0)
      expect(contents(await db.search(query))).toEqual(contents(inMemory))
    }
    const select = { select: ["fields.Title", "fields.IMDB Rating", "metadata.index", "id"], sort: [{ field: "fields.Title" }] } as const
    expect(await db.search(select)).toEqual(await file.search(select))
  })

  test("films written by hand, without ids, keep the order and the ids that they have in the file", async () => {
    const file = new FileDatabase(join(folder(), "films.json"))
    await writeFile(file.path, JSON.stringify(movies.slice(0, 500).map((fields) => ({ fields }))))
    await db.createBatch(await file.search({}))
    expect((await db.search({})).map(({ fields }) => fields)).toEqual(movies.slice(0, 500))
    await expect(db.createBatch(await new FileDatabase(file.path).search({}))).rejects.toMatchObject({ code: "duplicate_record" })
  })
})

const queries = [
  { sort: [{ field: "fields.Title" }], limit: 300 },
  {
    sort: [
      { field: "fields.IMDB Rating", order: "desc", nulls: "last" },
      { field: "fields.Title", order: "desc" },
    ],
    offset: 7,
    limit: 100,
  },
  { filters: [{ field: "fields.Title", operator: "regex", value: "^The\\M.*[0-9]" }], sort: [{ field: "fields" }] },
  {
    filters: [
      { field: "fields.Major Genre", operator: "not_exists" },
      { field: "fields.US Gross", operator: ">", value: 1e6 },
    ],
  },
] as const

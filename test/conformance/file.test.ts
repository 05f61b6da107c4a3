import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, test } from "vitest"
import { FileDatabase } from "../../src/index.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"
import { cases, conforms, documentsOf, type GivenRecord } from "./cases.ts"

const folder = temporaryFolder()

// Every row, without an exception.
describe.each(["json", "ndjson"])("conformance on a file of %s", (kind) => {
  test.each(cases)("$name", async (row) => {
    const path = join(folder(), `records.${kind}`)
    const texts = row.records.map(recordText)
    await writeFile(path, kind === "json" ? `[${texts.join()}]` : texts.join("\n"))
    await conforms(new FileDatabase<never, never>(path), row)
  })
})

function recordText(record: GivenRecord): string {
  const { fields, metadata } = documentsOf(record)
  const { id, revision, createdAt, updatedAt } = record
  return `${JSON.stringify({ id, revision, createdAt, updatedAt }).slice(0, -1)},"fields":${fields},"metadata":${metadata}}`
}

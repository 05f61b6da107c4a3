import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { changeTableModule } from "../../codegen/change-table-source.ts"
import { rowTypes } from "../../codegen/generate.ts"

test("the row types are those of the migrated database: run `npm run codegen` after a new migration", async () => {
  const checkedIn = await readFile(new URL("../../codegen/database.ts", import.meta.url), "utf8")
  expect(checkedIn).toBe(await rowTypes())
})

test("the text that stands in migration files is that of change-table.ts: run `npm run codegen` after a change", async () => {
  const checkedIn = await readFile(new URL("../../src/migration/change-table-source.ts", import.meta.url), "utf8")
  expect(checkedIn).toBe(await changeTableModule())
})

import { readFile } from "node:fs/promises"
import { expect, test } from "vitest"
import { rowTypes } from "../../codegen/generate.ts"

test("the row types are those of the migrated database: run `npm run codegen` after a new migration", async () => {
  const checkedIn = await readFile(new URL("../../codegen/database.ts", import.meta.url), "utf8")
  expect(checkedIn).toBe(await rowTypes())
})

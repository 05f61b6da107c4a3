import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"

/** A new, empty folder for each test, removed behind it. */
export function temporaryFolder(): () => string {
  let folder = ""
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kysely-records-"))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  return () => folder
}

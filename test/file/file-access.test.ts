import { spawn } from "node:child_process"
import fs from "node:fs"
import { chmod, link, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from "node:fs/promises"
import { syncBuiltinESMExports } from "node:module"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { describe, expect, test } from "vitest"
import { FileDatabase } from "../../src/index.ts"
import { temporaryFolder } from "../setup/temporary-folder.ts"

const folder = temporaryFolder()
const record = { fields: { a: 1 } }

describe("a write", () => {
  test("keeps the mode of the file", async () => {
    const path = join(folder(), "a.json")
    const db = new FileDatabase(path)
    await db.create(record)
    await chmod(path, 0o640)
    await db.create(record)
    expect((await stat(path)).mode & 0o777).toBe(0o640)
    expect(await readdir(folder())).toEqual(["a.json"])
  })

  test("follows symbolic links, also to a file that is not there yet", async () => {
    await mkdir(join(folder(), "data"))
    await symlink("data/real.json", join(folder(), "middle"))
    await symlink("middle", join(folder(), "a.json"))
    const db = new FileDatabase(join(folder(), "a.json"))
    await db.create(record)
    await db.create(record)
    expect((await lstat(join(folder(), "data", "real.json"))).isFile()).toBe(true)
    expect([await readlink(join(folder(), "a.json")), await readdir(join(folder(), "data"))]).toEqual(["middle", ["real.json"]])
    expect([await db.count(), await new FileDatabase(join(folder(), "data", "real.json")).count()]).toEqual([2, 2])
  })

  test("that fails at its last step leaves the file, the memory and the folder as they were", async () => {
    const path = join(folder(), "a.json")
    const db = new FileDatabase(path)
    const { id } = await db.create(record)
    const before = await readFile(path)
    const { renameSync } = fs
    fs.renameSync = () => {
      throw Object.assign(new Error("no space"), { code: "ENOSPC" })
    }
    syncBuiltinESMExports()
    try {
      for (const run of [() => db.create(record), () => db.update(id, { fields: {} }), () => db.delete(id)]) {
        await expect(run()).rejects.toMatchObject({ name: "ConfigurationError", code: "file_access", message: expect.stringContaining("the disk is full") })
      }
    } finally {
      fs.renameSync = renameSync
      syncBuiltinESMExports()
    }
    expect([await readFile(path), await readdir(folder()), await db.count()]).toEqual([before, ["a.json"], 1])
    expect(await db.read(id)).toMatchObject({ fields: { a: 1 }, revision: 1 })
    expect((await db.update(id, { fields: {} })).revision).toBe(2)
  })

  test("takes away what a killed process has left, once it is old", async () => {
    const [old, young] = [".kysely-records-1.tmp", ".kysely-records-2.tmp"].map((name) => join(folder(), name))
    for (const path of [old, young]) await writeFile(path ?? "", "x")
    await utimes(old ?? "", 1, 1)
    await new FileDatabase(join(folder(), "a.json")).create(record)
    expect(await readdir(folder())).toEqual([".kysely-records-2.tmp", "a.json"])
  })

  test("of a process that is killed leaves a whole file", async () => {
    const path = join(folder(), "a.ndjson")
    const module = new URL("../../src/file/file-database.ts", import.meta.url).href
    const program = `const { FileDatabase } = await import(${JSON.stringify(module)})
      const db = new FileDatabase(${JSON.stringify(path)})
      for (;;) { await db.create({ fields: { text: "x".repeat(100000) } }); console.log("one more") }`
    let known = 0
    for (const waitMs of [7, 20, 33]) {
      const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "--eval", program])
      let written = 0
      child.stdout.on("data", (data) => (written += String(data).split("one more").length - 1))
      await new Promise((resolve) => child.stdout.once("data", resolve))
      await setTimeout(waitMs)
      child.kill("SIGKILL")
      await new Promise((resolve) => child.once("close", resolve))
      const count = await new FileDatabase(path).count()
      // The last one may have been stored without being reported.
      expect([known + written, known + written + 1]).toContain(count)
      known = count
    }
  })

  test("leaves another name of the same file behind", async () => {
    const path = join(folder(), "a.json")
    const db = new FileDatabase(path)
    await db.create(record)
    await link(path, join(folder(), "b.json"))
    await db.create(record)
    expect([await db.count(), await new FileDatabase(join(folder(), "b.json")).count()]).toEqual([2, 1])
  })
})

describe("what cannot be a file of records", () => {
  test.each([
    ["a folder", "", /directory/],
    ["a folder that is not there", "none/a.json", /the folder is not there/],
    ["a path through a file", "file/a.json", /no folder/],
    ["a link to itself", "loop", /circle/],
  ])("%s is refused, and says why", async (_, name, reason) => {
    await writeFile(join(folder(), "file"), "[]")
    await symlink("loop", join(folder(), "loop"))
    const db = new FileDatabase(join(folder(), name))
    await expect(db.create(record)).rejects.toMatchObject({ name: "ConfigurationError", code: "file_access", message: expect.stringMatching(reason) })
  })

  test("a device is refused before it is opened", async () => {
    await expect(new FileDatabase("/dev/zero").count()).rejects.toMatchObject({ code: "file_access" })
  })
})

import { execFileSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { join } from "node:path"
import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { defineRecords, PostgresDatabase } from "../../src/index.ts"
import { databases } from "../setup/databases.ts"
import { docComments, exampleProgram } from "./doc-comments.ts"
import { manuals, root, text } from "./documents.ts"
import type { FailedExample } from "./example-context.ts"
import { type Block, blocks, program } from "./markdown.ts"
import type { Reading } from "./reader.ts"
import { compiledWorkspace, type Workspace } from "./workspace.ts"

const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

describe("the examples", () => {
  let workspace: Workspace
  let url: string
  let drop: () => Promise<void>

  beforeAll(async () => {
    const programs = manuals.map((file) => [programName(file), program(text[file] ?? "")])
    workspace = await compiledWorkspace({ ...Object.fromEntries(programs), examples: exampleProgram(docComments(root)) })
    const created = await server.create()
    url = "connectionString" in created.options ? (created.options.connectionString ?? "") : ""
    drop = created.drop
  })
  afterAll(async () => {
    await workspace.remove()
    await drop()
  })

  test("all of them compile in an application that has installed the package", () => {
    expect(workspace.compilerErrors).toBe("")
  })

  test("the documents, each read from top to bottom, run and print what they show", async () => {
    const names = manuals.map(programName)
    const readings: Reading[] = await workspace.evaluate(`import { readAll } from "./reader.js"; const result = await readAll(${JSON.stringify(names)})`, url)
    expect(readings.filter(({ error }) => error !== undefined)).toEqual([])
    for (const file of manuals) {
      const all = blocks(text[file] ?? "")
      const read = readings.filter(({ document, line }) => document === programName(file) && line > 0)
      expect(read.map(({ line }) => line)).toEqual(all.filter(({ language }) => language === "ts").map(({ line }) => line))
      for (const { line, printed } of read) expect(squeezed(printed.join("\n")), `${file}:${line} prints`).toBe(squeezed(shownOutput(all, line)))
    }
  })

  test("the examples of the doc comments run, and give what stands behind them", async () => {
    const failed: FailedExample[] = await workspace.evaluate(
      `import { failedExamples } from "./example-context.js"; import { examples } from "./examples.js"
       const result = await failedExamples(examples, process.env.DATABASE_URL)`,
      url,
    )
    expect(failed.map(({ place, error }) => `${place}: ${error}`).join("\n\n")).toBe("")
  })

  test("every command of the command line prints what is shown below it", () => {
    const main = join(root, "dist/src/cli/main.js")
    const shown = manuals
      .flatMap((file) => blocks(text[file] ?? ""))
      .flatMap((block, index, all) => (isOutput(all[index + 1]) ? [{ block, output: all[index + 1] }] : []))
    const commands = shown.filter(({ block }) => block.language === "sh" && block.code.join("\n").includes("npx kysely-records"))
    expect(commands.length).toBeGreaterThan(0)
    for (const { block, output } of commands) {
      const script = block.code.join("\n").replaceAll("npx kysely-records", `"${process.execPath}" "${main}"`)
      expect(squeezed(execFileSync("sh", ["-c", script], { encoding: "utf8" }))).toBe(squeezed(output?.code.join("\n") ?? ""))
    }
  })

  test("the grants of the documents are enough for every operation, and for no more", async () => {
    const grants = blocks(text["docs/databases.md"] ?? "").find(({ code }) => code.join(" ").includes("grant "))
    const role = `app_${randomUUID().replaceAll("-", "")}`
    const login = new URL(url)
    login.username = role
    login.password = "change-me"
    await using owner = new PostgresDatabase({ connectionString: url, records: defineRecords({ table: "people" }) })
    await using db = new PostgresDatabase({ connectionString: login.href, records: owner.definition })
    await sql.raw("drop schema public cascade; create schema public").execute(owner.kysely)
    await owner.migrate()
    await sql.raw((grants?.code.join("\n") ?? "").replaceAll(/\bapp\b/g, role)).execute(owner.kysely)
    try {
      const { id } = await db.create({ fields: { a: 1 } })
      await db.createBatch([{ fields: {} }])
      await db.transaction((tx) => tx.update(id, { fields: { a: 2 } }))
      expect([await db.exists(id), (await db.read(id))?.revision, (await db.search()).length]).toEqual([true, 2, 2])
      expect([await db.delete(id), await db.count()]).toEqual([true, 1])
      await expect(sql`truncate people`.execute(db.kysely)).rejects.toThrow("permission denied")
    } finally {
      await sql.raw(`drop owned by ${role}; drop role ${role}`).execute(owner.kysely)
    }
  })
})

function programName(file: string): string {
  return file.replace(/\.md$/, "").replaceAll(/\W/g, "-").toLowerCase()
}

/** What stands directly below a block as what it prints. */
function shownOutput(all: readonly Block[], line: number): string {
  const next = all[all.findIndex((block) => block.line === line) + 1]
  return isOutput(next) ? (next?.code.join("\n") ?? "") : ""
}

function isOutput(block: Block | undefined): boolean {
  return block?.isNext === true && ["sql", "text"].includes(block.language)
}

// SQL is broken into lines in the documents; where it is broken is not compared.
function squeezed(output: string): string {
  return output.replaceAll(/\s+/g, "")
}

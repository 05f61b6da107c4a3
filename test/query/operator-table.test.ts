import { execFile } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

/*
 * The compiler is shown the sources with a change that forgets something, and must name every place that lacks it.
 */

const project = fileURLToPath(new URL("../..", import.meta.url))
const run = promisify(execFile)

describe("an operator that is added does not compile until it is whole", () => {
  let copy: string

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), "kysely-records-operators-"))
    for (const part of ["src", "schema", "codegen", "tsconfig.json", "tsconfig.build.json", "package.json"]) {
      cpSync(join(project, part), join(copy, part), { recursive: true })
    }
    symlinkSync(join(project, "node_modules"), join(copy, "node_modules"), "junction")
  })
  afterAll(() => rmSync(copy, { recursive: true, force: true }))

  test("the sources themselves compile", async () => {
    expect(await filesWithErrors(copy)).toEqual([])
  })

  test("its SQL and its answer in memory are asked for", async () => {
    const errors = await withRow(copy, `near: { name: "NEAR", operand: "text", means: "is near" },`)
    expect(errors).toEqual(["src/evaluation/record-test.ts", "src/expression/document-test.ts"])
  })

  test("its name and its place in the documentation are asked for", async () => {
    expect(await withRow(copy, `near: { name: "NEAR", operand: "text" },`)).toContain("src/query/operator.ts")
    expect(await withRow(copy, `near: { operand: "text", means: "is near" },`)).toContain("src/query/operator.ts")
  })

  test("the type, the check and the wire format of a new kind of operand are asked for", async () => {
    const errors = await withRow(copy, `near: { name: "NEAR", operand: "place", means: "is near" },`, (source) =>
      source.replace('| "condition"', '| "condition" | "place"'),
    )
    expect(errors).toEqual(expect.arrayContaining(["src/predicate/operand.ts", "src/query/condition.ts", "src/query/query-schema.ts"]))
  })
})

/** The files that do not compile when the table of operators has one more row. */
async function withRow(copy: string, row: string, change: (source: string) => string = (source) => source): Promise<string[]> {
  const file = join(copy, "src/query/operator.ts")
  const source = readFileSync(file, "utf8")
  const changed = change(source).replace("export const operators = {\n", `export const operators = {\n  ${row}\n`)
  expect(changed).not.toBe(source)
  writeFileSync(file, changed)
  try {
    return await filesWithErrors(copy)
  } finally {
    writeFileSync(file, source)
  }
}

async function filesWithErrors(copy: string): Promise<string[]> {
  const tsc = join(project, "node_modules", "typescript", "bin", "tsc")
  const output = await run(process.execPath, [tsc, "-p", "tsconfig.build.json", "--noEmit", "--pretty", "false"], { cwd: copy }).then(
    ({ stdout }) => stdout,
    (error: { readonly stdout?: string }) => error.stdout ?? "no output(0,0): error",
  )
  return [...new Set([...output.matchAll(/^(\S+?)\(\d+,\d+\): error/gm)].map(([, file = ""]) => file))].sort()
}

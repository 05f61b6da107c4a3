import { execFile } from "node:child_process"
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const run = promisify(execFile)
const project = fileURLToPath(new URL("../..", import.meta.url))

/** A directory like an application's, in which the built package is installed. */
export interface Workspace {
  readonly directory: string
  /** What the compiler has to say about everything in it; "" when nothing is wrong. */
  readonly compilerErrors: string
  /** What an expression in a program beside the compiled files gives, as JSON. */
  evaluate<T>(program: string, databaseUrl: string): Promise<T>
  remove(): Promise<void>
}

// What an application installs beside kysely-records, and what TypeScript needs.
const INSTALLED = ["kysely", "kysely-ctl", "pg", "zod", "@types/node", "@types/pg"]

/** Writes the programs into a new workspace, and compiles them as an application would. */
export async function compiledWorkspace(programs: Record<string, string>): Promise<Workspace> {
  const directory = await mkdtemp(join(tmpdir(), "kysely-records-docs-"))
  await mkdir(join(directory, "node_modules", "@types"), { recursive: true })
  await symlink(project, join(directory, "node_modules", "kysely-records"), "junction")
  await symlink(join(project, "dist"), join(directory, "dist"), "junction")
  for (const name of INSTALLED) await symlink(join(project, "node_modules", name), join(directory, "node_modules", name), "junction")
  for (const file of ["reader.ts", "example-context.ts"]) await copyFile(new URL(file, import.meta.url), join(directory, file))
  for (const [name, program] of Object.entries(programs)) await writeFile(join(directory, `${name}.ts`), program)
  await writeFile(join(directory, "package.json"), JSON.stringify({ type: "module" }))
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify(tsconfig))
  return {
    directory,
    compilerErrors: await compilerErrors(directory),
    evaluate: (program, databaseUrl) => evaluated(directory, program, databaseUrl),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

const tsconfig = {
  extends: join(project, "tsconfig.json"),
  // es2022, so that `await using` is compiled to what Node 22 knows.
  compilerOptions: { target: "es2022", noEmit: false, allowImportingTsExtensions: false, rewriteRelativeImportExtensions: false, rootDir: "." },
  include: ["*.ts"],
}

async function compilerErrors(directory: string): Promise<string> {
  const tsc = join(project, "node_modules", "typescript", "bin", "tsc")
  try {
    await run(process.execPath, [tsc, "-p", directory, "--pretty", "false"], { cwd: directory })
    return ""
  } catch (error) {
    return typeof error === "object" && error !== null && "stdout" in error ? String(error.stdout) : String(error)
  }
}

async function evaluated<T>(directory: string, program: string, databaseUrl: string): Promise<T> {
  const environment = { ...process.env, DATABASE_URL: databaseUrl }
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", `${program}\nprocess.stdout.write(JSON.stringify(result))`], {
    cwd: directory,
    env: environment,
    timeout: 600_000,
  })
  return JSON.parse(stdout)
}

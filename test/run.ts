import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/*
 * Everything that must hold, one check after the other. The last line counts: each check is one, and so is each test.
 */

interface Count {
  passed: number
  failed: number
}

const checks: [name: string, command: string][] = [
  ["build", "npm run --silent build"],
  ["types and type tests", "npm run --silent types"],
  ["lint", "npm run --silent lint"],
  ["package exports", "npm run --silent exports"],
]

const count: Count = { passed: 0, failed: 0 }
for (const [name, command] of checks) add(await check(name, command))
add(await tests())
console.log(`${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed === 0 ? 0 : 1

function add({ passed, failed }: Count): void {
  count.passed += passed
  count.failed += failed
}

async function check(name: string, command: string): Promise<Count> {
  const started = performance.now()
  const { code, output } = await run(command)
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`)
  if (code !== 0) console.log(output)
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

interface Report {
  numPassedTests: number
  numFailedTests: number
  numFailedTestSuites: number
  testResults: { assertionResults: { status: string; title: string; fullName: string }[] }[]
}

async function tests(): Promise<Count> {
  const directory = await mkdtemp(join(tmpdir(), "kysely-records-run-"))
  const file = join(directory, "report.json")
  const { code } = await run(`vitest run --reporter=default --reporter=json --outputFile.json=${file}`, "inherit")
  try {
    const report: Report = JSON.parse(await readFile(file, "utf8"))
    const missing = missingDatabase(report)
    if (missing !== undefined) console.log(missing)
    // Vitest can fail without a failed test: an error outside of all of them, a file that does not load, a test that was left out.
    const outside = report.numFailedTests === 0 && (code !== 0 || report.numFailedTestSuites > 0 || missing !== undefined) ? 1 : 0
    return { passed: report.numPassedTests, failed: report.numFailedTests + outside }
  } catch {
    console.log("FAILED tests: they left no report")
    return { passed: 0, failed: 1 }
  } finally {
    await rm(directory, { recursive: true })
  }
}

/** Why the run does not count: a kind of database on which too little ran. */
function missingDatabase({ testResults }: Report): string | undefined {
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  const skipped = all.filter(({ status }) => status !== "passed" && status !== "failed")
  if (skipped.length > 0) return `FAILED: ${skipped.length} tests were left out, the first is: ${skipped[0]?.fullName}`
  for (const kind of ["on PGlite", "on PostgreSQL", "it is a server of version 18"]) {
    if (!all.some(({ status, fullName }) => status === "passed" && fullName.includes(kind))) return `FAILED: nothing ran ${kind}`
  }
  return undefined
}

async function run(command: string, stdio: "pipe" | "inherit" = "pipe"): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, {
      shell: true,
      stdio: ["ignore", stdio, stdio],
      env: { ...process.env, NO_COLOR: "1", NODE_OPTIONS: "--disable-warning=ExperimentalWarning" },
    })
    let output = ""
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk))
    child.on("error", (error) => resolve({ code: 1, output: String(error) }))
    child.on("close", (code) => resolve({ code: code ?? 1, output }))
  })
}

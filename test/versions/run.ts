import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { knownVersion, serverVersions, versionServer } from "./servers.ts"

/*
 * The tests that meet a server, on each version of PostgreSQL: `npm run test:versions`, or `npm run test:versions -- 14 18`
 * for some. Test files behind them are run instead of all of these.
 */

const TESTS = [
  "test/conformance",
  "test/connection",
  "test/definition",
  "test/expression",
  "test/fuzz",
  "test/migration",
  "test/operations",
  "test/plans",
  "test/schema",
  "test/store",
]

const [asked, files] = split(process.argv.slice(2))
const versions = asked.length > 0 ? asked.map(knownVersion) : serverVersions

const count = { passed: 0, failed: 0 }
for (const version of versions) {
  const { passed, failed } = await testedOn(version)
  console.log(`PostgreSQL ${version}: ${passed} passed, ${failed} failed`)
  count.passed += passed
  count.failed += failed
}
console.log(`${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed === 0 ? 0 : 1

function split(words: readonly string[]): [versions: readonly string[], files: readonly string[]] {
  const end = words.findIndex((word) => !/^\d+$/.test(word))
  return end === -1 ? [words, []] : [words.slice(0, end), words.slice(end).filter((word) => word !== "--")]
}

async function testedOn(version: string): Promise<{ passed: number; failed: number }> {
  const server = await versionServer(version)
  try {
    const is = await serverVersion(server.url)
    if (is !== version) return failure(`the server is of version ${is}`)
    return await testRun(server.url)
  } finally {
    await server.stop()
  }
}

async function serverVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query("show server_version")
  await client.end()
  return String(rows[0]?.server_version).replace(/\..*/, "")
}

async function testRun(url: string): Promise<{ passed: number; failed: number }> {
  const directory = await mkdtemp(join(tmpdir(), "kysely-records-versions-"))
  const report = join(directory, "report.json")
  try {
    const code = await exitCode(
      "vitest",
      ["run", "--reporter=dot", "--reporter=json", `--outputFile.json=${report}`, ...(files.length > 0 ? files : TESTS)],
      url,
    )
    const { numPassedTests: passed, numFailedTests: failed, numTotalTests } = JSON.parse(await readFile(report, "utf8"))
    if (passed + failed < numTotalTests) return failure(`${numTotalTests - passed - failed} tests were left out`)
    return { passed, failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed }
  } finally {
    await rm(directory, { recursive: true })
  }
}

function exitCode(command: string, words: readonly string[], url: string): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, words, { stdio: "inherit", env: { ...process.env, DATABASE_URL: url, TEST_DATABASES: "server", NO_COLOR: "1" } })
    child.on("error", () => resolve(1))
    child.on("close", (code) => resolve(code ?? 1))
  })
}

function failure(why: string): { passed: number; failed: number } {
  console.log(`FAILED: ${why}`)
  return { passed: 0, failed: 1 }
}

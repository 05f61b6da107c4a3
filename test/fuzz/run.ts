import { parseArgs } from "node:util"
import { PostgresDatabase } from "../../src/index.ts"
import { startedServer } from "../setup/server.ts"
import { versionServer } from "../versions/servers.ts"
import { type RoundSize, round } from "./round.ts"

/*
 * The properties of `npm test`, on new records and conditions for as long as asked: on PGlite and on the server,
 * or on one of the version that --postgres names. The seed that it prints, given back with --seed, draws the same again.
 */

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" }, seed: { type: "string" }, postgres: { type: "string" } } })
const seconds = wholeNumber("seconds", values.seconds)
const first = values.seed === undefined ? Date.now() % 2 ** 31 : wholeNumber("seed", values.seed)
const size: RoundSize = { records: 200, conditions: 250, orders: 40, ways: "all" }

const server = await (values.postgres === undefined ? startedServer() : versionServer(values.postgres))
const databases: readonly [string, PostgresDatabase][] = [
  ["PGlite", new PostgresDatabase({ embedded: true })],
  [`PostgreSQL${values.postgres === undefined ? "" : ` ${values.postgres}`}`, new PostgresDatabase({ connectionString: server.url })],
]
try {
  process.exitCode = (await isProven()) ? 0 : 1
} finally {
  for (const [, db] of databases) await db.close()
  await server.stop()
}

async function isProven(): Promise<boolean> {
  console.log(`--seed ${first}, for ${seconds} s`)
  const end = performance.now() + seconds * 1000
  let rounds = 0
  for (let seed = first; rounds === 0 || performance.now() < end; seed += 1, rounds += 1) {
    for (const [name, db] of databases) {
      const finding = await round(db.kysely as never, seed, size)
      if (finding === undefined) continue
      console.log(`FAILED on ${name}, ${finding.property}: again with npm run test:fuzz -- --seed ${seed}\n${finding.report}`)
      return false
    }
  }
  console.log(
    `ok: ${rounds} rounds, each of ${size.records} records, ${size.conditions} conditions and ${size.orders} orders, on ${databases.map(([name]) => name).join(" and ")}`,
  )
  return true
}

function wholeNumber(option: string, text: string): number {
  if (/^[0-9]{1,10}$/.test(text)) return Number(text)
  throw new Error(`--${option} takes a whole number`)
}

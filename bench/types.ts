import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

/*
 * What the types cost: a file with 200 filters over a record type of 200 fields and six levels, checked by tsc, beside
 * the same file over `any`, in turns.
 */

const FIELDS = 200
const FILTERS = 200
const ROUNDS = 5
const ROOT = join(import.meta.dirname, "..")

// Five objects below each of forty branches, one in the other; at each level a field of another type.
const branches = Array.from({ length: FIELDS / 5 }, (_, index) => index)
const levels = ["age: number", "name?: string", "tags: string[]", "born: Date | null"]

function branch(level: number): string {
  const own = levels[level]
  return own === undefined ? "{ deepest: boolean }" : `{ ${own}; next: ${branch(level + 1)} }`
}

const wide = `{ ${branches.map((index) => `branch${index}: ${branch(0)}`).join("; ")} }`

const kinds = [
  (path: string) => `filter("fields.${path}.age", ">", 30)`,
  (path: string) => `filter("fields.${path}.next.name", "like", "A%")`,
  (path: string) => `filter("fields.${path}.next.next.tags", "contains", "vip")`,
  (path: string) => `{ field: "fields.${path}.next.next.next.born", operator: "<", value: new Date(0) }`,
  (path: string) => `filter("fields.${path}.next.next.next.next.deepest", "=", true)`,
]

function source(type: string): string {
  const searches = Array.from({ length: FILTERS / 5 }, (_, index) => `db.search({ filters: [${kinds.map((kind) => kind(`branch${index}`)).join(", ")}] })`)
  return [
    'import { filter, PostgresDatabase } from "../../src/index.ts"',
    `type Wide = ${type}`,
    "const db = new PostgresDatabase<Wide>({ embedded: true })",
    `export const found = [\n${searches.join(",\n")}\n]`,
  ].join("\n")
}

interface Cost {
  readonly seconds: number
  readonly instantiations: number
}

const directory = mkdtempSync(join(ROOT, "bench/types-"))
try {
  const kept = { any: prepared("any", "any"), typed: prepared("typed", wide) }
  const costs: Record<keyof typeof kept, Cost[]> = { any: [], typed: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const name of ["any", "typed"] as const) costs[name].push(checked(kept[name]))
  }
  const [any, typed] = [median(costs.any), median(costs.typed)]
  console.table({ "Wide = any": any, [`Wide of ${FIELDS} fields`]: typed })
  console.log(`${FILTERS} filters: ${(typed.seconds - any.seconds).toFixed(2)} s more than any (target: less than 1.5)`)
} finally {
  rmSync(directory, { recursive: true })
}

function prepared(name: string, type: string): string {
  const config = join(directory, `${name}.json`)
  writeFileSync(join(directory, `${name}.ts`), source(type))
  writeFileSync(config, JSON.stringify({ extends: "../../tsconfig.json", compilerOptions: { noEmit: true }, include: [`${name}.ts`] }))
  return config
}

function checked(config: string): Cost {
  const report = execFileSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", config, "--extendedDiagnostics"], { encoding: "utf8" })
  return { seconds: figure(report, "Total time"), instantiations: figure(report, "Instantiations") }
}

function figure(report: string, name: string): number {
  return Number(new RegExp(`${name}:\\s+([0-9.]+)`).exec(report)?.[1])
}

function median(costs: readonly Cost[]): Cost {
  const [middle] = costs.toSorted((a, b) => a.seconds - b.seconds).slice(Math.floor(costs.length / 2))
  return middle ?? { seconds: Number.NaN, instantiations: Number.NaN }
}

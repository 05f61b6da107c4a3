import type { TableName } from "../definition/records-definition.ts"
import { difference } from "../migration/difference.ts"
import { generate } from "../migration/generate.ts"
import { differsTooMuch } from "../migration/migration-error.ts"
import type { TableChange, TableDifference } from "../migration/table-difference.ts"
import type { RecordStore } from "../store/record-store.ts"

/** The flags of `generate`, beside those of the connection. */
export interface GenerateFlags {
  readonly definition: string
  readonly folder: string
  readonly check?: boolean
  readonly dryRun?: boolean
}

/** What a command prints, and the exit code that it ends with. */
export interface Outcome {
  readonly lines: readonly string[]
  readonly exitCode: number
}

/** Compares the table with its definition, and writes, prints or only counts what differs. */
export async function generated<F, M>(db: RecordStore<F, M>, { folder, check, dryRun }: GenerateFlags): Promise<Outcome> {
  const { schema, table } = db.definition
  const same = { lines: [`"${schema}"."${table}" is as its definition says`], exitCode: 0 }
  if (check === true || dryRun === true) {
    const found = await difference(db)
    if (found.changes.length + found.faults.length === 0) return same
    return check === true ? { lines: differenceLines(found), exitCode: 1 } : { lines: sqlLines(db.definition, found), exitCode: 0 }
  }
  const file = await generate(db, { folder })
  if (file === null) return same
  const pending = file.notRun.map((path) => `! not yet run, so that what it does is in the new file too: ${path}: run it and generate again, or delete it`)
  return { lines: [`${file.isNew ? "wrote" : "written already, and not yet run:"} ${file.path}`, ...file.changes.map(changeLine), ...pending], exitCode: 0 }
}

function differenceLines({ changes, faults }: TableDifference): readonly string[] {
  return [...faults.map((fault) => `! the table ${fault}`), ...changes.map(changeLine)]
}

const signs = { create: "+", repair: "~", drop: "-" } as const

function changeLine({ kind, part }: TableChange): string {
  return `${signs[kind]} ${part.name}${kind === "repair" ? ": invalid, to be built again" : ""}`
}

function sqlLines(name: TableName, found: TableDifference): readonly string[] {
  if (found.faults.length > 0) throw differsTooMuch("generate", name, found)
  return found.changes.flatMap(({ kind, part, isWanted }) => {
    const statements = [...(kind === "repair" ? part.drop : []), ...(isWanted ? part.create : part.drop)]
    return [`-- ${part.name}`, ...statements.map((statement) => `${statement};`)]
  })
}

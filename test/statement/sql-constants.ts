import { parse } from "libpg-query"

/** A statement as PostgreSQL's own grammar reads it: how many there are, and every constant that stands in the text. */
export interface ReadStatement {
  readonly statements: number
  readonly strings: readonly string[]
  readonly numbers: readonly string[]
  readonly parameters: ReadonlySet<number>
}

/** Reads SQL with the parser of PostgreSQL 18. @throws the parser's error when it is none. */
export async function readStatement(sql: string): Promise<ReadStatement> {
  const { stmts = [] } = await parse(sql)
  const found = { strings: [] as string[], numbers: [] as string[], parameters: new Set<number>() }
  walk(stmts, found)
  return { statements: stmts.length, ...found }
}

interface Found {
  readonly strings: string[]
  readonly numbers: string[]
  readonly parameters: Set<number>
}

function walk(node: unknown, found: Found): void {
  if (Array.isArray(node)) for (const inner of node) walk(inner, found)
  if (typeof node !== "object" || node === null || Array.isArray(node)) return
  for (const [name, inner] of Object.entries(node)) {
    if (name === "A_Const") constant(inner, found)
    else if (name === "ParamRef") found.parameters.add(Number(inner?.number))
    else walk(inner, found)
  }
}

// A string that is empty and a number that is 0 are left out of the tree, as protobuf does.
function constant({ sval, ival, fval }: { sval?: { sval?: string }; ival?: { ival?: number }; fval?: { fval?: string } }, found: Found): void {
  if (sval !== undefined) found.strings.push(sval.sval ?? "")
  if (ival !== undefined) found.numbers.push(String(ival.ival ?? 0))
  if (fval !== undefined) found.numbers.push(fval.fval ?? "0")
}

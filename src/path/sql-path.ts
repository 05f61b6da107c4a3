import { dottedStep, type PathStep } from "./json-path.ts"

/**
 * The steps of a path in SQL spelling, what comes after the column: `->'address'->>'city'` or `#>>'{address,city}'`.
 * It is read, never passed on. `undefined` when it is anything else: blanks, casts, more SQL.
 */
export function sqlSteps(rest: string): PathStep[] | undefined {
  return rest.startsWith("#") ? bracedSteps(rest) : arrowSteps(rest)
}

/** Whether a field in SQL spelling names text: its last arrow is `->>` or `#>>`. */
export function isTextPath(field: unknown): boolean {
  return typeof field === "string" && /^(?:fields|metadata)(?:#>>'|(?:->(?:'(?:[^']|'')*'|[0-9]+))*->>)/.test(field)
}

// `->'key'`, `->0`; a quote inside a key is doubled. `->>` ends a path, so it is only read last.
const ARROW = /(->>?)(?:'((?:[^']|'')*)'|(0|[1-9][0-9]*))/y

function arrowSteps(rest: string): PathStep[] | undefined {
  const steps: PathStep[] = []
  let at = 0
  while (at < rest.length) {
    ARROW.lastIndex = at
    const arrow = ARROW.exec(rest)
    if (arrow === null) return undefined
    at = ARROW.lastIndex
    if (arrow[1] === "->>" && at < rest.length) return undefined
    steps.push(arrow[2] === undefined ? Number(arrow[3]) : arrow[2].replaceAll("''", "'"))
  }
  return steps
}

const BRACES = /^#>>?'\{((?:[^']|'')*)\}'$/s

function bracedSteps(rest: string): PathStep[] | undefined {
  const inside = BRACES.exec(rest)?.[1]
  if (inside === undefined) return undefined
  return elements(inside.replaceAll("''", "'"))
}

// An element of PostgreSQL's array text: "quoted", where a backslash takes the next character as it is, or bare.
const ELEMENT = /(?:"((?:[^"\\]|\\.)*)"|((?:[^"\\{},\s]|\\.)(?:(?:[^"\\{},]|\\.)*(?:[^"\\{},\s]|\\.))?))(,|$)/sy

function elements(inside: string): PathStep[] | undefined {
  const steps: PathStep[] = []
  let at = 0
  let more = inside !== ""
  while (more) {
    ELEMENT.lastIndex = at
    const element = ELEMENT.exec(inside)
    if (element === null) return undefined
    at = ELEMENT.lastIndex
    more = element[3] === ","
    const [, quoted, bare] = element
    // PostgreSQL would count it from the end; a negative index has the list form.
    if (bare !== undefined && /^-[0-9]+$/.test(bare)) return undefined
    steps.push(quoted === undefined ? bareStep(bare ?? "") : unescaped(quoted))
  }
  return steps
}

function bareStep(bare: string): PathStep {
  return bare.includes("\\") ? unescaped(bare) : dottedStep(bare)
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/gs, "$1")
}

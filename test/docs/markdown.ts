/** A fenced block of a document. */
export interface Block {
  /** The line of the opening fence, counted from 1. */
  readonly line: number
  readonly language: string
  /** What follows the language: `apart` for a block with a scope of its own. */
  readonly info: string
  readonly code: readonly string[]
  /** Whether nothing but blank lines stands between this block and the one before. */
  readonly isNext: boolean
}

const FENCE = /^```(\w*) ?(.*)$/

/** The fenced blocks of a document, in order. */
export function blocks(markdown: string): Block[] {
  const found: Block[] = []
  let open: (Block & { code: string[] }) | undefined
  let isNext = false
  markdown.split("\n").forEach((line, index) => {
    const fence = FENCE.exec(line)
    if (open !== undefined && fence === null) open.code.push(line)
    else if (open !== undefined) {
      found.push(open)
      open = undefined
      isNext = true
    } else if (fence !== null) open = { line: index + 1, language: fence[1] ?? "", info: fence[2] ?? "", code: [], isNext }
    else if (line.trim() !== "") isNext = false
  })
  if (open !== undefined) throw new Error(`the block at line ${open.line} has no end`)
  return found
}

/**
 * The TypeScript blocks of a document as one program, each line where it stands in the document. A block marked `apart`
 * has a scope of its own. `expression // => value` and `expression // throws Name: message` become checks.
 */
export function program(markdown: string): string {
  const lines = markdown.split("\n").map(() => "")
  const imports = new Map<string, Set<string>>()
  for (const { line, info, code } of blocks(markdown).filter(({ language }) => language === "ts")) {
    const isApart = info === "apart"
    lines[line - 1] = `${isApart ? "{ " : ""}block(${line})`
    code.forEach((text, index) => {
      const imported = IMPORT.exec(text)
      if (imported === null) lines[line + index] = checked(text, line + index + 1)
      else addImport(imports, imported)
    })
    lines[line + code.length] = isApart ? "}" : ""
  }
  const header = [...imports].map(([from, names]) => `import ${[...names].join(", ")} from "${from}"`)
  // In the line of the title, so that the compiler names the lines of the document.
  lines[0] = ['import { block, shows, throws } from "./reader.js"', ...header, "export {}"].join("; ")
  return lines.join("\n")
}

const IMPORT = /^import (.+) from "(.+)"$/
const SHOWN = /^(\s*)(?:const (\w+) = )?(.+?) \/\/ => (.+)$/
const THROWN = /^(\s*)(.+?) \/\/ throws (.+)$/

function checked(text: string, line: number): string {
  const shown = SHOWN.exec(text)
  if (shown !== null) {
    const [, indent = "", name, expression = "", value = ""] = shown
    return name === undefined ? `${indent}shows(${line}, ${expression}, ${value})` : `${indent}const ${name} = ${expression}; shows(${line}, ${name}, ${value})`
  }
  const thrown = THROWN.exec(text)
  if (thrown === null) return text
  return `${thrown[1]}await throws(${line}, async () => { ${thrown[2]} }, ${JSON.stringify(thrown[3])})`
}

// One line brings all that the blocks import, and no name twice.
function addImport(imports: Map<string, Set<string>>, [, clause = "", from = ""]: RegExpExecArray): void {
  const named = /^\{ (.+) \}$/.exec(clause)?.[1]
  if (named === undefined) imports.set(`${from}`, new Set([clause]))
  else {
    const names = imports.get(from) ?? new Set<string>()
    const all = [...names].flatMap((group) => group.replaceAll(/[{}]/g, "").split(",")).map((name) => name.trim())
    imports.set(from, new Set([`{ ${[...new Set([...all, ...named.split(", ")])].join(", ")} }`]))
  }
}

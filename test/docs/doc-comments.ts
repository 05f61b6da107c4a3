import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** A doc comment, and the first line of what it stands on. */
export interface DocComment {
  readonly file: string
  readonly line: number
  readonly subject: string
  /** The lines below `@example`. */
  readonly example: readonly string[]
}

/** Every doc comment in the sources of a project. */
export function docComments(root: string): DocComment[] {
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))
  return files.sort().flatMap((name) => commentsOf(join("src", name), readFileSync(join(root, "src", name), "utf8")))
}

function commentsOf(file: string, source: string): DocComment[] {
  return [...source.matchAll(/^ *\/\*\*([\s\S]*?)\*\/\n(.*)$/gm)].map((match) => {
    const [, inside = "", subject = ""] = match
    const text = inside.split("\n").map((line) => line.replace(/^ *\* ?/, ""))
    const start = text.indexOf("@example")
    const rest = start === -1 ? [] : text.slice(start + 1)
    const end = rest.findIndex((line) => line.startsWith("@"))
    const line = source.slice(0, match.index).split("\n").length + Math.max(start, 0)
    return { file, line, subject: subject.trim(), example: (end === -1 ? rest : rest.slice(0, end)).filter((code) => code.trim() !== "") }
  })
}

/** One statement of an example, and what the comments behind and below it say that it gives or sends. */
interface Statement {
  code: string
  readonly comments: string[]
}

/** The examples as one module: a list of functions, each with its place in the sources. */
export function exampleProgram(comments: readonly DocComment[]): string {
  const examples = comments.filter(({ example }) => example.length > 0)
  const internals = new Map<string, string>()
  for (const { file, subject } of examples) {
    const name = /^export (?:async )?(?:function|const) (\w+)/.exec(subject)?.[1]
    if (name !== undefined) internals.set(name, file.replace(/\.ts$/, ".js"))
  }
  return [
    'import { expects, seen, type ExampleContext } from "./example-context.js"',
    'import { sql } from "kysely"',
    'import { FileDatabase, PostgresConnectionPool, PostgresDatabase, Operator, RawJson } from "kysely-records"',
    'import { QueryRecorder } from "kysely-records/operations"',
    ...[...internals].filter(([name]) => name !== "Operator").map(([name, file]) => `import { ${name} } from "${publicModule(name) ?? `./dist/${file}`}"`),
    "interface Person { name: string; age?: number }",
    "interface Source { version: string }",
    "export const examples = [",
    ...examples.map(exampleFunction),
    "]",
  ].join("\n")
}

// What the package exports is imported from it, so that its types are those of the names that the examples find around them.
function publicModule(name: string): string | undefined {
  return Object.keys(publicModules).find((module) => new RegExp(`\\b${name}\\b`).test(publicModules[module] ?? ""))
}

const publicModules: Record<string, string> = {
  "kysely-records": readFileSync(new URL("../../src/index.ts", import.meta.url), "utf8"),
  "kysely-records/operations": readFileSync(new URL("../../src/operations/index.ts", import.meta.url), "utf8"),
}

function exampleFunction({ file, line, example }: DocComment): string {
  const statements = statementsOf(example).map(({ code, comments }) => {
    const name = /^(?:const|await using) (\w+|\[.+?\]) = /.exec(code)?.[1]
    const run = name === undefined ? `seen(${code})` : `${code}; seen(${name})`
    return [run, ...comments.map((comment) => `expects(${JSON.stringify(comment)})`)].join("; ")
  })
  const isMigrated = !example.some((code) => code.includes("migrate("))
  return [
    `{ place: "${file}:${line}", isMigrated: ${isMigrated}, run: async ({ db, file, kysely, ada, a, b, people, personDefinition, orderDefinition, connectionString, pool, age, options, personSchema }: ExampleContext): Promise<void> => { {`,
    ...statements,
    "} } },",
  ].join("\n")
}

function statementsOf(example: readonly string[]): Statement[] {
  const statements: Statement[] = []
  let below: string[] = []
  for (const line of example) {
    const isComment = /^\s*\/\/(?: |$)/.test(line)
    const [code = "", behind] = isComment ? [] : line.split(/ \/\/ (.*)/)
    if (isComment) below.push(line.replace(/^\s*\/\/ ?/, ""))
    else below = []
    const last = statements.at(-1)
    if (isComment && last !== undefined) {
      if (below.length > 1) last.comments.pop()
      // The lines below a statement are one comment.
      last.comments.push(below.join(" "))
    } else if (last !== undefined && !isWhole(last.code)) last.code += `\n${code}`
    else if (code.trim() !== "") statements.push({ code: code.trim(), comments: behind === undefined ? [] : [behind] })
  }
  return statements
}

function isWhole(code: string): boolean {
  const bare = code.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "")
  return ["()", "[]", "{}"].every(([open = "", close = ""]) => bare.split(open).length === bare.split(close).length)
}

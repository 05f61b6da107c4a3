import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, test } from "vitest"
import packageJson from "../../package.json" with { type: "json" }
import { changedDocument } from "../../src/expression/changed-document.ts"
import * as library from "../../src/index.ts"
import { checkedChanges } from "../../src/predicate/checked-change.ts"
import { changes } from "../../src/query/change.ts"
import { Operator, type OperatorName, operators } from "../../src/query/operator.ts"
import { docComments } from "./doc-comments.ts"
import { documents, root, text } from "./documents.ts"
import { blocks } from "./markdown.ts"

describe("the tables of docs/queries.md", () => {
  const queries = text["docs/queries.md"] ?? ""

  test("every operator has a row with its name and its spelling, and no other one has", () => {
    const rows = [...queries.matchAll(/^\| `Operator\.(\w+)` +\| `([^`]+)` +\| (\S.*?) +\| (\S.*?) +\|$/gm)]
    expect(rows.map(([, name, spelling, , means]) => [name, spelling, means])).toEqual(
      Object.entries(operators).map(([operator, { name, means }]) => [name, operator, means]),
    )
    expect(Object.entries(Operator)).toEqual(Object.entries(operators).map(([operator, { name }]) => [name, operator]))
  })

  test("every operator stands there with the SQL that is printed for it", () => {
    const rows = [...queries.matchAll(/^\| `filter\((.+?)\)` +\| `([^`]+)` +\|$/gm)]
    const seen = rows.map(([row, operands = "", expected]) => {
      const [field, operator, ...value]: [string, OperatorName, ...unknown[]] = JSON.parse(`[${operands}]`)
      const condition = { field, operator, ...(value.length === 0 ? {} : { value: value[0] }) }
      expect(whereOf(condition), row).toBe(expected)
      return operator
    })
    expect([...new Set(seen)]).toEqual(Object.keys(operators))
  })
})

describe("the tables of docs/patches.md", () => {
  const patches = text["docs/patches.md"] ?? ""

  test("every change has a row that says what it does", () => {
    expect([...patches.matchAll(/^\| `(\w+)\(field.*?\)` +\| \w/gm)].map(([, name]) => name)).toEqual(Object.keys(changes))
  })

  test("every change stands there with the SQL of its step", () => {
    const rows = [...patches.matchAll(/^\| `(\w+)\((".+?)\)` +\| `(.+)` +\|$/gm)]
    for (const [row, change = "", operands = "", expected = ""] of rows) {
      const [field, operand]: unknown[] = JSON.parse(`[${operands}]`)
      const [checked] = checkedChanges([{ change, field, ...(operand === undefined ? {} : change === "rename" ? { to: operand } : { value: operand }) }], "")
      const place = { change: checked ?? expect.unreachable(), document: '"document"', operand: '"values"->0' }
      expect(changedDocument(place), row).toBe(expected.replaceAll("\\|", "|"))
    }
    expect(rows.map(([, change]) => change)).toEqual(Object.keys(changes))
  })
})

describe("docs/errors.md", () => {
  test("every error class has a heading, and every code a row", () => {
    const errors = text["docs/errors.md"] ?? ""
    const classes = Object.keys(library).filter((name) => name.endsWith("Error"))
    expect(new Set([...errors.matchAll(/^## `(\w+)`/gm)].map(([, name]) => name))).toEqual(new Set(classes))
    expect(new Set([...errors.matchAll(/^\| `(\w+)` +\|/gm)].map(([, code]) => code))).toEqual(codes())
  })

  test("the table of README.md names every class", () => {
    for (const name of Object.keys(library).filter((name) => /.Error$/.test(name) && name !== "RecordsError")) {
      expect(text["README.md"]).toMatch(new RegExp(`^\\| \`${name}\` +\\|`, "m"))
    }
  })
})

describe("what the documents name is there", () => {
  test.each(documents)("%s: relative links", (file) => {
    for (const [, target = ""] of (text[file] ?? "").matchAll(/\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue
      const [path = "", anchor] = target.split("#")
      const there = path === "" ? file : join(dirname(file), path)
      expect(existsSync(join(root, there)), `${file} links to ${target}`).toBe(true)
      if (anchor !== undefined) expect(anchors(readFileSync(join(root, there), "utf8")), `${file} links to ${target}`).toContain(anchor)
    }
  })

  test.each(documents)("%s: npm scripts", (file) => {
    for (const [, script = ""] of (text[file] ?? "").matchAll(/npm run (?:--silent )?([\w:]+)/g)) expect(packageJson.scripts).toHaveProperty([script])
  })

  test("the rooms in AGENTS.md are the layers, in their order", () => {
    const [, layers = ""] = /const layers = \[(.+?)\]/s.exec(readFileSync(join(root, "test/layers.test.ts"), "utf8")) ?? []
    const rooms = [...(text["AGENTS.md"] ?? "").matchAll(/^\| `([\w.]+?)(?:\/[\w.]*)?` +\|/gm)].map(([, room]) => room)
    expect(rooms).toEqual([...layers.matchAll(/"(.+?)"/g)].map(([, layer]) => layer))
  })

  test("README.md begins with the two commands", () => {
    const [first] = blocks(text["README.md"] ?? "")
    expect(first?.code.map((line) => line.replace(/ +#.*/, ""))).toEqual(["npm ci && npm run demo", "npm ci && npm test"])
    expect(first?.line).toBeLessThan(8)
  })

  test("the files and the exports of package.json", () => {
    const targets = [...packageJson.files, ...Object.values(packageJson.exports), ...Object.values(packageJson.bin)]
    for (const target of targets) expect(existsSync(join(root, target.replace("*", "0001_records"))), target).toBe(true)
  })
})

const comments = docComments(root)

/** Public members whose use needs no example: Kysely calls them, or they end something. */
const WITHOUT_EXAMPLE = ["RecordStore", "connect", "options", "close"]

test("every public function, class and method has a doc comment with an example", () => {
  const index = readFileSync(join(root, "src/index.ts"), "utf8")
  const missing = Object.keys(library)
    .filter((name) => !name.endsWith("Error") && !WITHOUT_EXAMPLE.includes(name))
    .filter((name) => !comments.some(({ subject, example }) => example.length > 0 && new RegExp(`^export (?:class|const|function) ${name}\\b`).test(subject)))
  expect(missing).toEqual([])
  const classes = [...index.matchAll(/(\w+) \} from "\.\/(.+?)"|\b(\w+), type \w+ \} from "\.\/(.+?)"/g)].map((match) => match[2] ?? match[4] ?? "")
  for (const file of new Set(classes)) {
    for (const name of publicMethods(readFileSync(join(root, "src", file), "utf8"))) {
      const comment = comments.find((candidate) => candidate.file === join("src", file) && new RegExp(`^(?:async |get )?${name}\\b`).test(candidate.subject))
      expect(comment, `${file}: ${name} has a doc comment`).toBeDefined()
      if (!WITHOUT_EXAMPLE.includes(name)) expect(comment?.example.length, `${file}: ${name} has an example`).toBeGreaterThan(0)
    }
  }
})

function publicMethods(source: string): string[] {
  if (!/^export class/m.test(source)) return []
  return [...source.matchAll(/^ {2}(?:async |get )?(\w+)(?:<.*)?\(.*\{$/gm)].map(([, name = ""]) => name).filter((name) => name !== "constructor")
}

function whereOf(condition: object): string {
  const { sql: statement } = library.previewQuery({ filters: [condition as never] })
  return statement.slice(statement.indexOf(" where ") + " where ".length, -' order by "id" asc'.length)
}

/** Every code that the sources give to an error. */
function codes(): Set<string> {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts") && !name.startsWith("cli"))
  const found = sources.flatMap((name) => {
    const source = readFileSync(join(root, "src", name), "utf8")
    const thrown =
      /new (?:ConfigurationError|RecordsError)\(\s*"(\w+)"|super\(\s*(?:options\?\.code \?\? )?"(\w+)"|\bcode: "(\w+)"|refuse\(.*, "([a-z]+_[a-z_]+)"\)/g
    return [...source.matchAll(thrown)].map((match) => match.slice(1).find((code) => code !== undefined) ?? "")
  })
  return new Set(found)
}

function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  )
}

import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"

/** The rooms from top to bottom: a file imports from its own room and from those above it. */
const layers = [
  "errors.ts",
  "json",
  "query",
  "path",
  "predicate",
  "definition",
  "evaluation",
  "expression",
  "codegen",
  "statement",
  "schema",
  "store",
  "file",
  "migration",
  "connection",
  "operations",
  "testing",
  "cli",
]

/** What a room may import from outside, where that is not obvious. */
const outside: Record<string, RegExp> = {
  "errors.ts": /^$/,
  json: /^$/,
  query: /^$/,
  path: /^$/,
  predicate: /^$/,
  // Types alone.
  definition: /^@standard-schema\/spec$/,
  evaluation: /^$/,
  expression: /^kysely$/,
  codegen: /^kysely$/,
  statement: /^(?:kysely|node:crypto)$/,
  schema: /^kysely(?:\/migration)?$/,
  store: /^(?:kysely|@standard-schema\/spec|node:async_hooks)$/,
  file: /^(?:uuid|node:(?:buffer|crypto|fs|fs\/promises|path))$/,
  migration: /^(?:kysely(?:\/migration)?|node:(?:crypto|fs\/promises|path|timers\/promises|url))$/,
  connection: /^(?:kysely|pg|pg-connection-string|@electric-sql\/pglite(?:\/contrib\/pg_trgm)?|node:tls|node:fs\/promises)$/,
  testing: /^node:assert$/,
  operations: /^kysely$/,
  cli: /^(?:commander|node:.*)$/,
}

const root = fileURLToPath(new URL("..", import.meta.url))
const imports = [...files("src"), ...files("schema"), "codegen/database.ts"].flatMap((file) => importsOf(file).map((target) => ({ file, target })))

test("imports point up the list of layers only", () => {
  for (const { file, target } of imports.filter(({ target }) => target.startsWith("."))) {
    const there = relative(root, resolve(root, dirname(file), target))
    expect(there, `${file}: nothing inside imports src/index.ts`).not.toBe(join("src", "index.ts"))
    if (file !== join("src", "index.ts") && !(layerOf(file) === "cli" && layerOf(there) === "cli")) {
      expect(layers.indexOf(layerOf(there)), `${file} imports ${there}, which lies below it`).toBeLessThanOrEqual(layers.indexOf(layerOf(file)))
    }
  }
})

test("each layer knows only the packages that it is there for", () => {
  for (const { file, target } of imports.filter(({ target }) => !target.startsWith("."))) {
    expect(target, `${file} imports ${target}`).toMatch(outside[layerOf(file)] ?? /^$/)
  }
})

test("every room of src stands in the list", () => {
  const rooms = readdirSync(join(root, "src")).filter((name) => name !== "index.ts")
  expect(rooms.filter((room) => !layers.includes(room))).toEqual([])
})

function layerOf(file: string): string {
  const [top = "", room = ""] = file.split("/")
  return top === "src" ? room : top
}

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
}

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), "utf8")
  return [...source.matchAll(/(?:^|\n)(?:import|export)[^'"]*?from "([^"]+)"|import\("([^"]+)"\)/g)].map((match) => match[1] ?? match[2] ?? "")
}

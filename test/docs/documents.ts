import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root: string = fileURLToPath(new URL("../..", import.meta.url))

/** The documents for users, whose blocks are run. */
export const manuals: readonly string[] = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))]

/** Every document. */
export const documents: readonly string[] = [...manuals, "CHANGELOG.md", "CONTRIBUTING.md", "AGENTS.md"]

/** The documents by their paths. */
export const text: Readonly<Record<string, string>> = Object.fromEntries(documents.map((file) => [file, readFileSync(join(root, file), "utf8")]))

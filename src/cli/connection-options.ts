import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import type { ConnectionOptions } from "../connection/connection.ts"
import { ConfigurationError } from "../errors.ts"
import { usageError } from "./failure.ts"

/** The flags that name a database. */
export interface ConnectionFlags {
  readonly url?: string
  readonly embedded?: string
}

/**
 * The database that the flags name, else the one of DATABASE_URL.
 *
 * @throws ConfigurationError when none is named, or an embedded one is not there.
 */
export function connectionOptions(flags: ConnectionFlags, env: NodeJS.ProcessEnv): ConnectionOptions {
  if (flags.embedded !== undefined) return { embedded: embeddedDirectory(flags.embedded) }
  const connectionString = flags.url ?? env["DATABASE_URL"]
  if (connectionString !== undefined && (connectionString !== "" || flags.url === "")) return { connectionString }
  throw new ConfigurationError(
    "no_connection",
    "where is the database? Give --url postgres://user:password@host:5432/database, set the variable DATABASE_URL, or give --embedded <directory>",
  )
}

function embeddedDirectory(path: string): string {
  // PGlite would make a new, empty database where there is none.
  if (existsSync(join(path, "PG_VERSION"))) return resolve(path)
  throw usageError(`--embedded: there is no embedded database in the directory ${JSON.stringify(path)}`)
}

import { mkdir } from "node:fs/promises"
import { Kysely, PGliteDialect, PostgresDialect } from "kysely"
import { ConfigurationError } from "../errors.ts"
import { type PostgresConnectionOptions, PostgresConnectionPool } from "./postgres-connection-pool.ts"

/** One of the ways to a database. */
export type ConnectionOptions =
  | PostgresConnectionOptions
  | { readonly pool: PostgresConnectionPool }
  | { readonly embedded: true | string }
  | { readonly kysely: AnyKysely }

/** A Kysely, whatever its tables are: `Kysely<A>` is no `Kysely<B>` to the compiler. */
export interface AnyKysely {
  readonly isTransaction: boolean
  withoutPlugins(): unknown
  destroy(): Promise<void>
}

/** A Kysely, and how to let go of it. */
export interface Connection {
  readonly kysely: Kysely<never>
  close(): Promise<void>
}

/**
 * The Kysely for one of the ways to a database. Nothing is opened before the first statement.
 *
 * @throws ConfigurationError when two ways are named at once, or none.
 */
export function connection(options: ConnectionOptions): Connection {
  const ways = WAYS.filter((way) => way in options)
  if (ways.length > 1) throw new ConfigurationError("invalid_option", `PostgresDatabase takes one of ${ways.join(" and ")}, not both`)
  const extra = ways[0] === undefined ? undefined : Object.keys(options).find((key) => key !== ways[0])
  if (extra !== undefined) throw new ConfigurationError("unknown_option", `PostgresDatabase: ${JSON.stringify(extra)} says nothing beside ${ways[0]}`)
  if ("kysely" in options) return callersOwn(options.kysely)
  if ("pool" in options) return pooled(options.pool, () => Promise.resolve())
  if ("embedded" in options) return embedded(options.embedded)
  return ownPool(options)
}

const WAYS = ["kysely", "pool", "embedded"] as const

function callersOwn(kysely: AnyKysely): Connection {
  if (!isKysely(kysely)) throw new ConfigurationError("invalid_option", "PostgresDatabase: `kysely` is not a Kysely")
  // Who opened it closes it.
  return { kysely, close: () => Promise.resolve() }
}

// What its tables are is a matter of types alone.
function isKysely(kysely: AnyKysely): kysely is Kysely<never> {
  return typeof kysely?.withoutPlugins === "function"
}

function ownPool(options: PostgresConnectionOptions): Connection {
  if (options.connectionString === undefined && options.host === undefined) {
    throw new ConfigurationError(
      "no_connection",
      "PostgresDatabase: where is the database? Give a connectionString, a host, a pool, a kysely, or { embedded: true } (is the variable that should hold the connection string set?)",
    )
  }
  const pool = new PostgresConnectionPool(options)
  return pooled(pool, () => pool.close())
}

function pooled(pool: PostgresConnectionPool, close: () => Promise<void>): Connection {
  if (!(pool instanceof PostgresConnectionPool)) throw new ConfigurationError("invalid_option", "PostgresDatabase: `pool` is not a PostgresConnectionPool")
  // Kysely's end() would close a pool that others share.
  const shared = { connect: () => pool.connect(), end: () => Promise.resolve(), options: pool.options }
  const kysely = new Kysely<never>({ dialect: new PostgresDialect({ pool: shared }) })
  return { kysely, close: once(() => kysely.destroy().then(close)) }
}

function embedded(where: true | string): Connection {
  if (where !== true && (typeof where !== "string" || where === "")) {
    throw new ConfigurationError("invalid_option", "PostgresDatabase: `embedded` is true for a database in memory, or the path of a directory")
  }
  // Loaded only where it is used: PGlite is a whole PostgreSQL in WebAssembly.
  const pglite = async () => {
    const { PGlite } = await import("@electric-sql/pglite")
    // What a trigram index needs; it is small, and does nothing before `create extension`.
    const { pg_trgm } = await import("@electric-sql/pglite/contrib/pg_trgm")
    if (where === true) return PGlite.create({ extensions: { pg_trgm } })
    await mkdir(where, { recursive: true })
    return PGlite.create({ dataDir: where, extensions: { pg_trgm } })
  }
  const kysely = new Kysely<never>({ dialect: new PGliteDialect({ pglite }) })
  return { kysely, close: once(() => kysely.destroy()) }
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => (closed ??= close())
}

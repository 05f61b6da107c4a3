import type { ConnectionOptions as TlsOptions } from "node:tls"
import type { PostgresPoolClient } from "kysely"
import pg from "pg"
import { parseIntoClientConfig } from "pg-connection-string"
import { ConfigurationError } from "../errors.ts"

/** Where a PostgreSQL server is, and how many connections to it may be open. */
export interface PostgresConnectionOptions {
  /** `postgres://user:password@host:port/database?sslmode=...`; the other options go before what it says. */
  connectionString?: string | undefined
  host?: string | undefined
  port?: number | undefined
  database?: string | undefined
  user?: string | undefined
  password?: string | undefined
  /** `true`, or the options of Node's TLS; without it the connection string decides. */
  ssl?: boolean | TlsOptions | undefined
  /** Connections that stay open once they were needed. 5 when left out. */
  poolSize?: number | undefined
  /** Connections beyond `poolSize` that may be opened under load; each is closed when nothing waits for it. 10 when left out. */
  maxOverflow?: number | undefined
  /** How long to wait for a free connection, or for a new one to open. 10,000 when left out. */
  connectionTimeoutMs?: number | undefined
}

/** How busy a pool is at this moment. */
export interface PoolMetrics {
  readonly poolSize: number
  readonly maxOverflow: number
  /** Connections that are open, idle ones included. */
  readonly open: number
  readonly idle: number
  readonly inUse: number
  /** Callers that wait for a connection. */
  readonly waiting: number
}

/**
 * Connections to one PostgreSQL server, which several databases may share. Nothing is opened before the first statement.
 *
 * @example
 * const pool = new PostgresConnectionPool({ connectionString, poolSize: 5, maxOverflow: 10 })
 * const people = new PostgresDatabase({ records: personDefinition, pool })
 * const orders = new PostgresDatabase({ records: orderDefinition, pool })
 * @throws ConfigurationError for an unknown option, a size that is no whole number, or a connection string that is none.
 */
export class PostgresConnectionPool {
  readonly #pool: pg.Pool
  readonly #poolSize: number
  readonly #maxOverflow: number
  /** Connections whose server has said that it ends them: they take statements until the socket is closed, and answer none. */
  readonly #ended = new WeakSet<pg.PoolClient>()
  #isClosed = false

  constructor(options: PostgresConnectionOptions = {}) {
    const unknown = Object.keys(options).find((key) => !OPTIONS.includes(key))
    if (unknown !== undefined) throw new ConfigurationError("unknown_option", `PostgresConnectionPool: unknown option ${JSON.stringify(unknown)}`)
    checkServer(options)
    this.#poolSize = wholeNumber("poolSize", options.poolSize ?? 5, 1)
    this.#maxOverflow = wholeNumber("maxOverflow", options.maxOverflow ?? 10, 0)
    this.#pool = openedPool(options, this.#poolSize + this.#maxOverflow)
    // Without a listener, a backend that dies would end the process: Node throws an error event that nobody takes.
    this.#pool.on("error", ignore)
    this.#pool.on("connect", (client) => {
      client.on("error", ignore)
      client.connection.on("errorMessage", (error: pg.DatabaseError) => {
        if (endsConnection(error)) this.#ended.add(client)
      })
    })
  }

  /**
   * How busy the pool is.
   *
   * @example
   * pool.metrics() // { poolSize: 5, maxOverflow: 10, open: 0, idle: 0, inUse: 0, waiting: 0 }
   */
  metrics(): PoolMetrics {
    const { totalCount, idleCount, waitingCount } = this.#pool
    return {
      poolSize: this.#poolSize,
      maxOverflow: this.#maxOverflow,
      open: totalCount,
      idle: idleCount,
      inUse: totalCount - idleCount,
      waiting: waitingCount,
    }
  }

  /**
   * A connection for Kysely's PostgresDialect, which gives it back with `release()`.
   * One beyond `poolSize` is closed then, unless somebody waits for it.
   */
  async connect(): Promise<PostgresPoolClient> {
    const client = await this.#pool.connect()
    const release = client.release.bind(client)
    client.release = (destroy) => {
      const isOverflow = this.#pool.totalCount > this.#poolSize && this.#pool.waitingCount === 0
      release(destroy === undefined || destroy === false ? isOverflow || this.#ended.has(client) : destroy)
    }
    return client
  }

  /** What Kysely's PostgresDialect reads to cancel a query on a connection of its own. */
  get options(): object {
    return this.#pool.options
  }

  /** Closes every connection, after the statements that are under way. Further statements fail. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#pool.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

const OPTIONS = ["connectionString", "host", "port", "database", "user", "password", "ssl", "poolSize", "maxOverflow", "connectionTimeoutMs"]

function openedPool(options: PostgresConnectionOptions, max: number): pg.Pool {
  const { poolSize: _, maxOverflow: __, connectionTimeoutMs = 10_000, connectionString, ...server } = options
  const given = Object.fromEntries(Object.entries(server).filter(([, value]) => value !== undefined))
  return new pg.Pool({
    ...(connectionString === undefined ? {} : parsedConnectionString(connectionString)),
    ...given,
    max,
    connectionTimeoutMillis: connectionTimeoutMs,
    idleTimeoutMillis: 0,
    // A program that forgets to close ends all the same.
    allowExitOnIdle: true,
  })
}

function parsedConnectionString(connectionString: unknown): pg.ClientConfig {
  if (typeof connectionString === "string" && /^(?:postgres(?:ql)?:\/\/|socket:|\/)/.test(connectionString)) {
    try {
      return parseIntoClientConfig(connectionString)
    } catch {
      // Its own error would carry the connection string, and the password in it.
    }
  }
  throw new ConfigurationError(
    "invalid_connection_string",
    "the connection string is none: it reads postgres://user:password@host:5432/database, with special characters percent-encoded",
  )
}

// The driver would throw these out of reach of its caller, or never settle.
function checkServer(options: PostgresConnectionOptions): void {
  for (const name of ["host", "database", "user", "password"] as const) {
    if (options[name] === undefined || typeof options[name] === "string") continue
    throw new ConfigurationError("invalid_option", `PostgresConnectionPool: ${name} is a string`)
  }
  if (options.connectionTimeoutMs !== undefined) wholeNumber("connectionTimeoutMs", options.connectionTimeoutMs, 0)
  if (options.port === undefined || wholeNumber("port", options.port, 1) <= 65_535) return
  throw new ConfigurationError("invalid_option", "PostgresConnectionPool: port is at most 65535")
}

function wholeNumber(name: string, value: unknown, least: number): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= least) return value
  throw new ConfigurationError("invalid_option", `PostgresConnectionPool: ${name} is a whole number of at least ${least}`)
}

// A server may say FATAL in its own language: shut down, timed out while idle, out of time in a transaction.
function endsConnection({ severity = "", code = "" }: pg.DatabaseError): boolean {
  return /^(?:FATAL|PANIC)$/.test(severity) || /^(?:57P|25P0[34])/.test(code)
}

function ignore(): void {}

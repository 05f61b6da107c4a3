import { randomUUID } from "node:crypto"
import { readFile } from "node:fs/promises"
import { PGlite } from "@electric-sql/pglite"
import { Kysely, PGliteDialect } from "kysely"
import pg from "pg"
import { inject } from "vitest"
import { type ConnectionOptions, type JsonObject, PostgresDatabase, type RecordsDefinition } from "../../src/index.ts"
import { extensions } from "./embedded.ts"

/** A kind of database that every test of behaviour runs on. */
export interface TestDatabase {
  readonly name: "PGlite" | "PostgreSQL"
  /** A new, empty database: the options that open it, and the end of it. */
  create(): Promise<{ options: ConnectionOptions; drop: () => Promise<void> }>
}

const embedded: TestDatabase = { name: "PGlite", create: createEmbeddedDatabase }
const server: TestDatabase = { name: "PostgreSQL", create: createServerDatabase }

/** Both kinds: the embedded one, and a real server. The embedded one has one version, so that the runs on many servers leave it out. */
export const databases: readonly TestDatabase[] = process.env["TEST_DATABASES"] === "server" ? [server] : [embedded, server]

/** A new, empty, migrated table of records, and the end of it. */
export async function migratedDatabase<F = JsonObject, M = JsonObject>(
  kind: TestDatabase,
  records?: RecordsDefinition<F, M>,
): Promise<{ db: PostgresDatabase<F, M>; options: ConnectionOptions; drop: () => Promise<void> }> {
  const { options, drop } = await kind.create()
  const db = new PostgresDatabase<F, M>({ ...options, records })
  await db.migrate()
  return {
    db,
    options,
    drop: async () => {
      await db.close()
      await drop()
    },
  }
}

let emptyDatabase: Promise<Blob> | undefined

function createEmbeddedDatabase() {
  const pglite = async () => {
    emptyDatabase ??= readFile(inject("emptyDatabase")).then((dump) => new Blob([dump]))
    return PGlite.create({ loadDataDir: await emptyDatabase, extensions })
  }
  const kysely = new Kysely<never>({ dialect: new PGliteDialect({ pglite }) })
  return Promise.resolve({ options: { kysely }, drop: () => kysely.destroy() })
}

async function createServerDatabase() {
  const url = new URL(inject("serverUrl"))
  const name = `records_${randomUUID().replaceAll("-", "")}`
  // Strings order by code point, as they do on PGlite.
  await onServer(`create database ${name} template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'`)
  url.pathname = `/${name}`
  return { options: { connectionString: url.href }, drop: () => onServer(`drop database ${name} with (force)`) }
}

/** Runs one statement as the role that may create databases. */
export async function onServer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject("serverUrl") })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

import { PGlite } from "@electric-sql/pglite"
import { PGliteDialect, PostgresDialect } from "kysely"
import { defineConfig } from "kysely-ctl"
import { Pool } from "pg"
import { migrationTables, recordsMigrationProvider } from "./schema/migration-provider.ts"

// A server when DATABASE_URL names one, else PGlite in the directory that PGLITE_DIRECTORY names.
const url = process.env["DATABASE_URL"]
const dialect = url
  ? new PostgresDialect({ pool: new Pool({ connectionString: url }) })
  : new PGliteDialect({ pglite: () => PGlite.create({ dataDir: process.env["PGLITE_DIRECTORY"] ?? ".pglite" }) })

const table = { table: "records", schema: "public" }

export default defineConfig({
  dialect,
  migrations: {
    provider: recordsMigrationProvider(table),
    ...migrationTables(table),
  },
})

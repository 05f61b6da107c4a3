import { writeFile } from "node:fs/promises"
import { PGlite } from "@electric-sql/pglite"
import { Kysely, PGliteDialect } from "kysely"
import { Migrator } from "kysely/migration"
import { generate, PostgresDialect } from "kysely-codegen"
import { recordsMigrationProvider } from "../schema/migration-provider.ts"

/** The TypeScript of the row types, read from a database that was migrated for this purpose. */
export async function rowTypes(): Promise<string> {
  const db = new Kysely<unknown>({ dialect: new PGliteDialect({ pglite: () => PGlite.create() }) })
  try {
    const { error } = await new Migrator({ db, provider: recordsMigrationProvider({ table: "records", schema: "public" }) }).migrateToLatest()
    if (error !== undefined) throw error
    return await generate({ db, dialect: new PostgresDialect(), includePattern: "records", typeOnlyImports: true })
  } finally {
    await db.destroy()
  }
}

if (import.meta.main) await writeFile(new URL("database.ts", import.meta.url), await rowTypes())

import { sql } from "kysely"
import type { PostgresDatabase } from "../../src/index.ts"
import { createIndexSql, extensionOf, indexStatements } from "../../src/statement/index-statement.ts"

/** Makes the indexes that the definition of a database declares. */
export async function withIndexes<F, M>({ kysely, definition }: PostgresDatabase<F, M>): Promise<void> {
  for (const statement of indexStatements(definition)) {
    const extension = extensionOf(statement.index)
    if (extension !== undefined) await sql.raw(`create extension if not exists ${extension}`).execute(kysely)
    await sql.raw(createIndexSql(statement, definition, "at once")).execute(kysely)
  }
}

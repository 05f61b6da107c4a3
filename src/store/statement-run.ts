import type { Compilable, CompiledQuery, Kysely, QueryResult } from "kysely"
import { DatabaseUnavailableError, UnknownCommitError } from "../errors.ts"
import { databaseError, isRead, isUnanswered, type Where } from "./database-error.ts"

/**
 * Runs a statement. A write outside of a transaction is committed before the server answers it: where the
 * answer is lost, nobody here knows whether it is stored.
 *
 * @throws UnknownCommitError for such a write; of others DatabaseUnavailableError says that nothing was written.
 */
export async function statementRun<Tables, R>(db: Kysely<Tables>, statement: Compilable<R>, where: Where): Promise<QueryResult<R>> {
  const query = statement.compile()
  try {
    if (db.isTransaction || isRead(where)) return await db.executeQuery(query)
  } catch (error) {
    throw databaseError(error, where)
  }
  return writeRun(db, query, where)
}

async function writeRun<Tables, R>(db: Kysely<Tables>, query: CompiledQuery<R>, where: Where): Promise<QueryResult<R>> {
  let isSent = false
  try {
    return await db.connection().execute(async (connection) => {
      isSent = true
      return connection.executeQuery(query)
    })
  } catch (cause) {
    if (isSent && isUnanswered(cause)) throw new UnknownCommitError({ cause, operation: where.operation })
    const error = databaseError(cause, where)
    throw error instanceof DatabaseUnavailableError ? new DatabaseUnavailableError(`${error.message}: nothing was written`, { cause }) : error
  }
}

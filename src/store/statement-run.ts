import type { Compilable, Kysely, QueryResult } from "kysely"
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
  let isSent = false
  try {
    return await db.getExecutor().provideConnection((connection) => {
      isSent = true
      return connection.executeQuery<R>(query)
    })
  } catch (cause) {
    throw db.isTransaction || isRead(where) ? databaseError(cause, where) : writeError(cause, isSent, where)
  }
}

function writeError(cause: unknown, isSent: boolean, where: Where): Error {
  if (isSent && isUnanswered(cause)) return new UnknownCommitError({ cause, operation: where.operation })
  const error = databaseError(cause, where)
  return error instanceof DatabaseUnavailableError ? new DatabaseUnavailableError(`${error.message}: nothing was written`, { cause }) : error
}

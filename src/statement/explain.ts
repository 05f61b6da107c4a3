import { CompiledQuery } from "kysely"
import { ConfigurationError } from "../errors.ts"
import type { Preview } from "./search.ts"

/** What to ask of a statement besides its plan. */
export interface ExplainOptions {
  /**
   * Runs the statement too, for the rows and the buffers that it really takes. A search changes nothing, but takes as long
   * as it takes.
   */
  readonly analyze?: boolean | undefined
}

/**
 * The statement that asks for the plan of another one: the same text, with the same parameters.
 *
 * @throws ConfigurationError for an option that is none.
 */
export function explainStatement({ sql, parameters }: Preview, options: ExplainOptions = {}): CompiledQuery {
  const { analyze = false, ...others } = options
  const unknown = Object.keys(others)[0] ?? (typeof analyze === "boolean" ? undefined : "analyze")
  if (unknown !== undefined)
    throw new ConfigurationError("unknown_option", `explain takes { analyze: true } or nothing: ${JSON.stringify(unknown)} says nothing`)
  return CompiledQuery.raw(`explain (${analyze ? "analyze, buffers, " : ""}format json) ${sql}`, [...parameters])
}

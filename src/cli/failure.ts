import { CommanderError } from "commander"
import { ConfigurationError, InvalidQueryError, RecordsError } from "../errors.ts"

/** How the program ends after an error: one line for standard error, and the exit code. */
export interface Failure {
  /** Left out where there is nothing to say: after `--help` and `--version`. */
  readonly line: string | undefined
  /** 2 when the command was called wrongly, 1 when something else went wrong. */
  readonly exitCode: number
}

/** The line and the exit code for what was thrown. */
export function failure(error: unknown): Failure {
  if (error instanceof CommanderError) return commanderFailure(error)
  if (error instanceof RecordsError) return { line: oneLine(error.message), exitCode: isCallersMistake(error) ? 2 : 1 }
  return { line: oneLine(error instanceof Error ? error.message : String(error)), exitCode: 1 }
}

/** The error of a command that was called wrongly. */
export function usageError(message: string, options?: { cause: unknown }): ConfigurationError {
  return new ConfigurationError("usage", message, options)
}

// The codes of what only another argument can put right.
const USAGE_CODES = new Set(["usage", "no_connection", "invalid_definition", "invalid_connection_string", "no_schemas"])

function isCallersMistake(error: RecordsError): boolean {
  return error instanceof InvalidQueryError || USAGE_CODES.has(error.code)
}

function commanderFailure(error: CommanderError): Failure {
  if (error.exitCode === 0) return { line: undefined, exitCode: 0 }
  return { line: oneLine(`${commanderMessage(error)}; see kysely-records --help`), exitCode: 2 }
}

function commanderMessage({ code, message }: CommanderError): string {
  const own = ownMessages[code]
  if (own !== undefined) return own
  const said = message.replace(/^error: /, "").replace(/\.$/, "")
  return code.startsWith("commander.unknown") ? shortened(said) : said
}

// Commander repeats every word that is too many, and has no message for none.
const ownMessages: Record<string, string> = {
  "commander.help": "no command: preview, search, explain, drift, generate, advise or inspect",
  "commander.excessArguments": `too many arguments: the query is one, in single quotes ('{"limit": 10}')`,
}

// The unknown word may be a whole query.
function shortened(message: string): string {
  return message.replace(/'(.{40}).*'/s, "'$1...'")
}

// The name of a field stands in a message, and may be of any length.
const LONGEST_LINE = 1000

function oneLine(message: string): string {
  const line = `kysely-records: ${message.replace(/[\s\p{Cc}]+/gu, " ")}`
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)} ...`
}

import { ConfigurationError } from "../errors.ts"

/** Refuses the options that an operation does not know: a mistyped one would say nothing. @throws ConfigurationError */
export function checkOptions(operation: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown !== undefined)
    throw new ConfigurationError("unknown_option", `${operation}: unknown option ${JSON.stringify(unknown)}: it takes ${known.join(", ")}`)
}

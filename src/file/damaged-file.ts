import { ConfigurationError } from "../errors.ts"
import { textPosition } from "../json/text-position.ts"

/** The error for a file that is not what it should be: where, and why, and nothing of what it holds. */
export function damagedFile(path: string, text: string, offset: number, reason: string, options?: { cause: unknown }): ConfigurationError {
  return new ConfigurationError(
    "damaged_file",
    `the file ${JSON.stringify(path)} is damaged at ${placeText(text, offset)}: ${reason}. It was left as it is: correct that place, and try again`,
    options,
  )
}

/** A place for people: line and column, counted from 1. */
export function placeText(text: string, offset: number): string {
  const { line, column } = textPosition(text, offset)
  return `line ${line}, column ${column}`
}

/** What a pattern of LIKE asks for, one after the other: a character, any character, or any number of them. */
type Part = string | typeof ONE | typeof MANY

const ONE = Symbol("_")
const MANY = Symbol("%")

/**
 * The test of a LIKE pattern: `%` is any number of characters, `_` is one, a backslash takes the next one as it is.
 *
 * @example
 * likePattern("J_hn%")("John Smith") // true
 */
export function likePattern(pattern: string): (text: string) => boolean {
  const parts = partsOf(pattern)
  return (text) => matchesParts(Array.from(text), parts)
}

/** A text in which the ASCII letters are in lower case. */
export function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

function partsOf(pattern: string): Part[] {
  const parts: Part[] = []
  const characters = Array.from(pattern)
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? ""
    if (character === "\\") {
      index += 1
      parts.push(characters[index] ?? "")
    } else parts.push(character === "%" ? MANY : character === "_" ? ONE : character)
  }
  return parts
}

// Goes back to the last % only: what an earlier one took can be left as it is.
function matchesParts(text: readonly string[], parts: readonly Part[]): boolean {
  let at = 0
  let part = 0
  let afterMany = -1
  let resumeAt = 0
  while (at < text.length) {
    const wanted = parts[part]
    if (wanted === MANY) {
      part += 1
      afterMany = part
      resumeAt = at
    } else if (wanted === ONE || (wanted !== undefined && wanted === text[at])) {
      at += 1
      part += 1
    } else if (afterMany !== -1) {
      resumeAt += 1
      at = resumeAt
      part = afterMany
    } else return false
  }
  return parts.slice(part).every((rest) => rest === MANY)
}

import { LONGEST_PREFIX, prefixAccessor } from "./accessor.ts"
import { derived, type Fragment, fragment, text, value } from "./fragment.ts"
import { allTrue, hasIndex, isOfType, type Place, type TestedPlace, textAt } from "./place.ts"

/** A test of the text that is true of strings only. */
export function stringTest(place: Place, ...tests: readonly Fragment[]): Fragment {
  return allTrue([...tests, isOfType(place, "string")])
}

/** The string matches a pattern of LIKE. */
export function like(place: TestedPlace, pattern: string): Fragment {
  if (!hasIndex(place, "text")) return patternTest(place, "like", pattern)
  return stringTest(place, ...prefixRange(place, literalPrefix(pattern)), fragment`${textAt(place)} like ${value(pattern)}`)
}

/** The string starts with a text, taken literally. */
export function startsWith(place: TestedPlace, prefix: string): Fragment {
  if (hasIndex(place, "text")) return prefixTest(place, prefix)
  return hasIndex(place, "trigram") ? likeLiteral(place, prefix, (literal) => `${literal}%`) : stringTest(place, startsWithTest(place, prefix))
}

/** The string ends with a text, taken literally. */
export function endsWith(place: TestedPlace, suffix: string): Fragment {
  return likeLiteral(place, suffix, (literal) => `%${literal}`)
}

/** The string contains a text, taken literally. */
export function includes(place: TestedPlace, part: string): Fragment {
  return likeLiteral(place, part, (literal) => `%${literal}%`)
}

/** The string stands to a pattern as an operator of PostgreSQL says. */
export function patternTest({ test, ...place }: TestedPlace, operator: "like" | "ilike" | "~", pattern: string): Fragment {
  return stringTest(place, fragment`${textAt(place)} ${text(operator)} ${derived(test, pattern, (one) => one)}`)
}

function likeLiteral({ test, ...place }: TestedPlace, literal: string, pattern: (literal: string) => string): Fragment {
  return stringTest(place, fragment`${textAt(place)} like ${derived(test, literal, (one) => pattern(literalPattern(one)))}`)
}

// As a `text` index serves it.
function prefixTest(place: TestedPlace, prefix: string): Fragment {
  if (isCommonText(prefix)) {
    const at = text(prefixAccessor(place.path, place.scope))
    const [low, end] = [derived(place.test, prefix, (one) => one), derived(place.test, prefix, afterPrefix)]
    return stringTest(place, fragment`${at} ~>=~ ${low}`, fragment`${at} ~<~ ${end}`)
  }
  // What the index does not hold is asked of the string itself.
  const beyond = prefix === "" || !isHeld(prefix) ? [fragment`starts_with(${textAt(place)}, ${value(prefix)})`] : []
  return stringTest(place, ...prefixRange(place, prefix), ...beyond)
}

// A backslash before each character that LIKE would take for something else.
function literalPattern(literal: string): string {
  return literal.replaceAll(/[\\%_]/g, "\\$&")
}

// Spelled out, byte by byte: a plan that does not see the value cannot make a range of a pattern.
function prefixRange({ path, scope }: Place, prefix: string): readonly Fragment[] {
  if (prefix === "") return []
  const at = text(prefixAccessor(path, scope))
  const held = isHeld(prefix) ? prefix : Array.from(prefix).slice(0, LONGEST_PREFIX).join("")
  const end = afterPrefix(held)
  const low = fragment`${at} ~>=~ ${value(held)}`
  return end === undefined ? [low] : [low, fragment`${at} ~<~ ${value(end)}`]
}

// A character is one unit of a JavaScript string, or two.
function isHeld(prefix: string): boolean {
  return prefix.length <= LONGEST_PREFIX || Array.from(prefix).length <= LONGEST_PREFIX
}

/** Whether a text is one of those that SQL treats alike: not empty, not long, and with no character at the end of a range of Unicode. */
export function isCommonText(text: string): boolean {
  return text.length <= LONGEST_PREFIX && /^[^\ud7ff-\uffff]+$/.test(text)
}

function startsWithTest(place: TestedPlace, prefix: string): Fragment {
  return fragment`starts_with(${textAt(place)}, ${derived(place.test, prefix, (one) => one)})`
}

function literalPrefix(pattern: string): string {
  const literal = /^(?:[^\\%_]|\\[\s\S])*/.exec(pattern)?.[0] ?? ""
  return literal.replaceAll(/\\([\s\S])/g, "$1")
}

const LAST_CODE_POINT = 0x10ffff

// The first text behind all that start with the prefix; UTF-8 orders as code points do. None behind the last code point.
function afterPrefix(prefix: string): string | undefined {
  if (prefix === "") return undefined
  const last = prefix.codePointAt(prefix.length - 2) ?? 0
  const [start, point] = last > 0xffff ? [prefix.slice(0, -2), last] : [prefix.slice(0, -1), prefix.charCodeAt(prefix.length - 1)]
  if (point === LAST_CODE_POINT) return afterPrefix(start)
  // Surrogates are no characters.
  return start + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1)
}

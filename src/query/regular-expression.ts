import { Cursor, RegexFault } from "./regex-cursor.ts"
import { readBracket, readEscape } from "./regex-lexemes.ts"
import type { RegexNode } from "./regex-node.ts"
import { isTooLarge, MOST_REGEX_CHARACTERS } from "./regex-size.ts"

/** What the options at the start of an expression, such as `(?i)`, make of it. */
export interface RegexOptions {
  readonly ignoreCase: boolean
  /** `.` and negated brackets stop at a newline. */
  readonly newlineStops: boolean
  /** `^` and `$` match at newlines as well. */
  readonly newlineAnchors: boolean
}

/**
 * A regular expression that was read, or why it is none. A literal one, `***=` or `(?q)`, is the text itself.
 */
export type RegularExpression =
  | { readonly ok: true; readonly kind: "advanced"; readonly options: RegexOptions; readonly node: RegexNode }
  | { readonly ok: true; readonly kind: "literal"; readonly options: RegexOptions; readonly text: string }
  | { readonly ok: false; readonly reason: string; readonly offset: number }

/**
 * Reads a regular expression as PostgreSQL's `~` does, with no server. The reason of a refusal names metacharacters
 * only; `offset` counts characters from 0. Refused beside what the server refuses: the other syntaxes, `(?b)` and `(?e)`,
 * parentheses more than 500 deep, and what is so large that a server refuses it or takes seconds to read it.
 *
 * @example
 * regularExpression("(") // { ok: false, reason: "an opening parenthesis is never closed", offset: 1 }
 * @see https://www.postgresql.org/docs/18/functions-matching.html#POSIX-SYNTAX-DETAILS
 */
export function regularExpression(pattern: string): RegularExpression {
  const cursor = new Cursor(pattern)
  try {
    return readExpression(cursor)
  } catch (error) {
    if (error instanceof RegexFault) return { ok: false, reason: error.message, offset: Array.from(pattern.slice(0, cursor.at)).length }
    throw error
  }
}

const TOO_COMPLEX = "it is too complex for a server: lower bounds such as {1,255}, which it writes out, or use fewer back references and anchors"

function readExpression(cursor: Cursor): RegularExpression {
  if (cursor.isLongerThan(MOST_REGEX_CHARACTERS)) cursor.fail(`it has more than ${MOST_REGEX_CHARACTERS} characters`)
  let options: RegexOptions = { ignoreCase: false, newlineStops: false, newlineAnchors: false }
  if (cursor.take("***=")) return { ok: true, kind: "literal", options, text: cursor.rest() }
  if (!cursor.take("***:") && cursor.looksAt("***") && cursor.rest().length > 3) cursor.fail("*** is followed by : or =")
  if (/^\(\?[A-Za-z]/.test(cursor.rest())) {
    const letters = readOptionLetters(cursor)
    const syntax = letters.match(/[beq](?=[^beq]*$)/)?.[0]
    options = optionsOf(letters)
    if (syntax === "q") return { ok: true, kind: "literal", options: { ...options, newlineStops: false, newlineAnchors: false }, text: cursor.rest() }
    if (syntax !== undefined) cursor.fail("the basic and extended syntaxes, (?b) and (?e), are not taken: write it as an advanced one")
    cursor.isExpanded = /x(?=[^tx]*$)/.test(letters)
  }
  const node = readBranches(cursor)
  if (cursor.looksAt(")")) cursor.fail("a closing parenthesis was never opened")
  if (isTooLarge(node, options)) cursor.fail(TOO_COMPLEX)
  return { ok: true, kind: "advanced", options, node }
}

function readOptionLetters(cursor: Cursor): string {
  const letters = /^\(\?([A-Za-z]+)/.exec(cursor.rest())?.[1] ?? ""
  cursor.at += 2 + letters.length
  if (/[^bceimnpqstwx]/.test(letters)) cursor.fail("(? at the start is followed by option letters, of b c e i m n p q s t w x")
  if (!cursor.take(")")) cursor.fail("the option letters at the start are not closed with a parenthesis")
  return letters
}

// Later letters go before earlier ones.
function optionsOf(letters: string): RegexOptions {
  const newline = letters.match(/[mnpsw](?=[^mnpsw]*$)/)?.[0] ?? ""
  return {
    ignoreCase: /i(?=[^ci]*$)/.test(letters),
    newlineStops: "mnp".includes(newline) && newline !== "",
    newlineAnchors: "mnw".includes(newline) && newline !== "",
  }
}

function readBranches(cursor: Cursor, inLook = false): RegexNode {
  const of = [readSequence(cursor, inLook)]
  while (cursor.take("|")) of.push(readSequence(cursor, inLook))
  return { kind: "branches", of }
}

function readSequence(cursor: Cursor, inLook: boolean): RegexNode {
  const of: RegexNode[] = []
  for (cursor.skip(); !cursor.isDone && !cursor.looksAt("|") && !cursor.looksAt(")"); cursor.skip()) of.push(readQuantified(cursor, inLook))
  return { kind: "sequence", of }
}

function readQuantified(cursor: Cursor, inLook: boolean): RegexNode {
  if (/^[*+?]/.test(cursor.rest()) || startsBound(cursor)) cursor.fail("a quantifier has nothing to repeat")
  const atom = readAtom(cursor, inLook)
  // What takes no character cannot be repeated; a quantifier after it is found by the next call.
  if (atom.kind === "constraint" || atom.kind === "look") return atom
  cursor.skip()
  const range = readQuantifier(cursor)
  if (range === undefined) return atom
  return { kind: "repeat", ...range, lazy: cursor.take("?"), of: atom }
}

const MOST_REPEATS = 255

function readQuantifier(cursor: Cursor): { min: number; max: number } | undefined {
  if (cursor.take("*")) return { min: 0, max: Number.POSITIVE_INFINITY }
  if (cursor.take("+")) return { min: 1, max: Number.POSITIVE_INFINITY }
  if (cursor.take("?")) return { min: 0, max: 1 }
  return startsBound(cursor) ? readBound(cursor) : undefined
}

// In expanded syntax blanks and comments stand anywhere in a bound, even between its digits.
const BLANKS = /[\t-\r ]+|#[^\n]*\n/g

function startsBound(cursor: Cursor): boolean {
  return (cursor.isExpanded ? /^\{(?:[\t-\r ]|#[^\n]*\n)*[0-9]/ : /^\{[0-9]/).test(cursor.rest())
}

function readBound(cursor: Cursor): { min: number; max: number } {
  const whole = (cursor.isExpanded ? /^\{(?:[0-9,\t-\r ]|#[^\n]*\n)*\}/ : /^\{[0-9,]*\}/).exec(cursor.rest())?.[0] ?? ""
  const bound = /^\{([0-9]+)(?:(,)([0-9]*))?\}$/.exec(cursor.isExpanded ? whole.replaceAll(BLANKS, "") : whole)
  if (bound === null) return cursor.fail("a bound reads {m}, {m,} or {m,n}")
  const [, least = "", comma, most = ""] = bound
  const min = Number(least)
  const max = comma === undefined ? min : most === "" ? Number.POSITIVE_INFINITY : Number(most)
  if (min > MOST_REPEATS || (max !== Number.POSITIVE_INFINITY && max > MOST_REPEATS)) cursor.fail(`a bound is at most ${MOST_REPEATS}`)
  if (min > max) cursor.fail("the first number of a bound is not above the second")
  cursor.at += whole.length
  return { min, max }
}

function readAtom(cursor: Cursor, inLook: boolean): RegexNode {
  if (cursor.take("(")) return cursor.nested(() => readParentheses(cursor, inLook))
  if (cursor.take("[[:<:]]")) return { kind: "constraint", name: "word start" }
  if (cursor.take("[[:>:]]")) return { kind: "constraint", name: "word end" }
  if (cursor.take("[")) return readBracket(cursor)
  if (cursor.take("\\")) return readEscape(cursor, inLook)
  if (cursor.take(".")) return { kind: "any" }
  if (cursor.take("^")) return { kind: "constraint", name: "line start" }
  if (cursor.take("$")) return { kind: "constraint", name: "line end" }
  return { kind: "character", codePoint: cursor.next() }
}

function readParentheses(cursor: Cursor, inLook: boolean): RegexNode {
  const look = ["?=", "?!", "?<=", "?<!"].find((opening) => cursor.take(opening))
  if (look !== undefined) {
    const of = closed(cursor, readBranches(cursor, true))
    return { kind: "look", behind: look.includes("<"), negated: look.includes("!"), of }
  }
  // A group inside a lookaround captures nothing.
  const captures = !cursor.take("?:") && !inLook
  if (captures && cursor.looksAt("?")) cursor.fail("(? is followed by : = ! <= <! or #")
  if (inLook && cursor.looksAt("?")) cursor.fail("(? is followed by : = ! <= <! or #")
  const number = captures ? cursor.openGroup() : 0
  const of = closed(cursor, readBranches(cursor, inLook))
  if (captures) cursor.closeGroup(number)
  return { kind: "group", captures, of }
}

function closed(cursor: Cursor, node: RegexNode): RegexNode {
  return cursor.take(")") ? node : cursor.fail("an opening parenthesis is never closed")
}

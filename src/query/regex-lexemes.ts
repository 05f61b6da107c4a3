import { characterNames } from "./regex-character-names.ts"
import type { Cursor } from "./regex-cursor.ts"
import type { BracketItem, RegexCharacter, RegexClass, RegexConstraint, RegexNode } from "./regex-node.ts"

const classEscapes: Record<string, string> = { d: "digit", s: "space", w: "word" }

const constraintEscapes: Record<string, RegexConstraint> = {
  A: "start",
  Z: "end",
  m: "word start",
  M: "word end",
  y: "word edge",
  Y: "no word edge",
}

const characterEscapes: Record<string, number> = { a: 7, b: 8, B: 92, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 }

const numericEscapes: Record<string, RegExp> = { u: /^[0-9A-Fa-f]{4}/, U: /^[0-9A-Fa-f]{8}/, x: /^[0-9A-Fa-f]{1,255}/ }

/** What a backslash makes of what follows it. */
export function readEscape(cursor: Cursor, inLook: boolean): RegexNode {
  const letter = cursor.rest().charAt(0)
  const name = Object.hasOwn(constraintEscapes, letter) ? constraintEscapes[letter] : undefined
  if (name !== undefined) {
    cursor.next()
    return { kind: "constraint", name }
  }
  const group = backreference(cursor)
  if (group === undefined) return readCharacterEscape(cursor)
  if (inLook) cursor.fail("a lookaround cannot hold a back reference")
  if (!cursor.isClosed(group)) cursor.fail("a back reference names a group that is not closed before it")
  return { kind: "backreference", group }
}

// One digit always is a back reference, several are when there are so many groups, and octal otherwise.
function backreference(cursor: Cursor): number | undefined {
  const digits = /^[1-9][0-9]{0,254}/.exec(cursor.rest())?.[0]
  if (digits === undefined) return undefined
  const group = as32Bits(digits)
  if (digits.length > 1 && (group === 0 || group > cursor.groups)) return undefined
  cursor.at += digits.length
  return group
}

/** An escape that stands for a character or a class, the only ones that brackets take. */
function readCharacterEscape(cursor: Cursor): RegexCharacter | RegexClass {
  if (cursor.isDone) cursor.fail("a backslash stands at the end")
  const letter = cursor.rest().charAt(0)
  const octal = /^[0-7]{1,3}/.exec(cursor.rest())?.[0]
  if (octal !== undefined) return octalCharacter(cursor, octal)
  const codePoint = cursor.next()
  if (!/[0-9A-Za-z]/.test(letter)) return { kind: "character", codePoint }
  if (letter === "c") return cursor.isDone ? cursor.fail("\\c is followed by a character") : { kind: "character", codePoint: cursor.next() & 0o37 }
  const className = classEscapes[letter.toLowerCase()]
  if (className !== undefined) return { kind: "class", name: className, negated: letter !== letter.toLowerCase() }
  const known = characterEscapes[letter]
  return known === undefined ? hexadecimalCharacter(cursor, letter) : { kind: "character", codePoint: known }
}

function octalCharacter(cursor: Cursor, digits: string): RegexCharacter {
  // Three digits above \377 are one digit too many.
  const used = Number.parseInt(digits, 8) > 0xff ? digits.slice(0, 2) : digits
  cursor.at += used.length
  return { kind: "character", codePoint: Number.parseInt(used, 8) }
}

// As the server counts, which drops what does not fit.
function as32Bits(digits: string): number {
  return Number(BigInt.asUintN(32, BigInt(digits)))
}

const HIGHEST_CHARACTER = 0x7ffffffe

function hexadecimalCharacter(cursor: Cursor, letter: string): RegexCharacter {
  const form = numericEscapes[letter]
  if (form === undefined) return cursor.fail("a backslash stands before a letter or digit that makes no escape")
  const digits = form.exec(cursor.rest())?.[0]
  if (digits === undefined)
    return cursor.fail(`\\${letter} is followed by hexadecimal digits, ${letter === "u" ? "four" : letter === "U" ? "eight" : "one or more"}`)
  const codePoint = as32Bits(`0x${digits}`)
  if (codePoint > HIGHEST_CHARACTER) cursor.fail(`\\${letter} names no character`)
  cursor.at += digits.length
  return { kind: "character", codePoint }
}

/** A bracket expression, after its opening bracket. */
export function readBracket(cursor: Cursor): RegexNode {
  const negated = cursor.take("^")
  const items: BracketItem[] = []
  do items.push(readItem(cursor, items.length === 0))
  while (!cursor.take("]"))
  return { kind: "bracket", negated, items }
}

function readItem(cursor: Cursor, isFirst: boolean): BracketItem {
  const from = readPart(cursor, isFirst)
  if (!cursor.looksAt("-") || cursor.looksAt("-]")) return from
  if (from.kind !== "character") return cursor.fail("a class is no end of a range")
  cursor.next()
  // The end of a range may be a hyphen itself.
  const to = cursor.take("-") ? { kind: "character" as const, codePoint: 0x2d } : readPart(cursor, false)
  if (to.kind !== "character") return cursor.fail("a class is no end of a range")
  if (from.codePoint > to.codePoint) return cursor.fail("a range ends before it begins")
  return { kind: "range", from: from.codePoint, to: to.codePoint }
}

function readPart(cursor: Cursor, isFirst: boolean): BracketItem {
  if (cursor.isDone) return cursor.fail("an opening bracket is never closed")
  if (cursor.take("[:")) return { kind: "class", name: className(cursor), negated: false }
  if (cursor.take("[.")) return collatingElement(cursor, ".")
  if (cursor.take("[=")) {
    collatingElement(cursor, "=")
    return { kind: "collating" }
  }
  if (cursor.take("\\")) return backreference(cursor) === undefined ? readCharacterEscape(cursor) : cursor.fail("a back reference stands between brackets")
  if (!isFirst && cursor.looksAt("-") && !cursor.looksAt("-]")) return cursor.fail("a hyphen stands between brackets where no range can begin")
  return { kind: "character", codePoint: cursor.next() }
}

const CLASSES = ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"]

function className(cursor: Cursor): string {
  const name = enclosed(cursor, ":")
  return CLASSES.includes(name) ? name : cursor.fail("[: :] names no class of characters")
}

// A single character is its own name.
function collatingElement(cursor: Cursor, mark: "." | "="): BracketItem {
  const name = enclosed(cursor, mark)
  const codePoint = /^.$/su.test(name) ? name.codePointAt(0) : characterNames.get(name)
  return codePoint === undefined ? cursor.fail(`[${mark} ${mark}] names no character`) : { kind: "character", codePoint }
}

function enclosed(cursor: Cursor, mark: string): string {
  const end = cursor.rest().indexOf(`${mark}]`)
  if (end === -1) return cursor.fail("an opening bracket is never closed")
  const inside = cursor.rest().slice(0, end)
  cursor.at += end + 2
  return inside
}

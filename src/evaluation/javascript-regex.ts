import type { BracketItem, RegexClass, RegexConstraint, RegexNode } from "../query/regex-node.ts"
import type { RegexOptions, RegularExpression } from "../query/regular-expression.ts"

/** Why an expression of PostgreSQL has no equal in JavaScript. */
export interface Untranslatable {
  readonly reason: string
}

// What is wrong with an expression. It never leaves this file.
class NoEqual extends Error {}

/**
 * The JavaScript expression that matches just what an expression of PostgreSQL matches, or why there is none:
 * back references and collating elements have none. Case and classes are those of ASCII.
 *
 * @example
 * javascriptRegex(regularExpression("^a")) // /^\u{61}/su
 */
export function javascriptRegex(expression: RegularExpression): RegExp | Untranslatable {
  if (!expression.ok) return expression
  try {
    // `s`, because a dot of PostgreSQL's takes a newline too.
    return new RegExp(sourceOf(expression), "us")
  } catch (error) {
    if (error instanceof NoEqual) return { reason: error.message }
    throw error
  }
}

function sourceOf(expression: RegularExpression & { ok: true }): string {
  return expression.kind === "literal" ? literal(expression.text, expression.options) : written(expression.node, expression.options)
}

function onlyServer(what: string): never {
  throw new NoEqual(`${what} read by the server alone`)
}

function literal(text: string, options: RegexOptions): string {
  return Array.from(text, (character) => characterSource(character.codePointAt(0) ?? 0, options)).join("")
}

function written(node: RegexNode, options: RegexOptions): string {
  if (node.kind === "branches") return joined(node.of, "|", options)
  if (node.kind === "sequence") return joined(node.of, "", options)
  if (node.kind === "group") return around("(?:", node.of, ")", options)
  if (node.kind === "look") return around(`(?${node.behind ? "<" : ""}${node.negated ? "!" : "="}`, node.of, ")", options)
  if (node.kind === "repeat") return around("(?:", node.of, `)${quantifier(node.min, node.max)}`, options)
  if (node.kind === "constraint") return constraintSource(node.name, options)
  if (node.kind === "any") return options.newlineStops ? "[^\\n]" : "."
  if (node.kind === "bracket") return bracketSource(node.items, node.negated, options)
  if (node.kind === "class") return `[${node.negated ? "^" : ""}${classSource(node)}]`
  if (node.kind === "backreference") return onlyServer("a back reference is")
  return node.codePoint > HIGHEST ? onlyServer("an escape beyond Unicode is") : characterSource(node.codePoint, options)
}

const HIGHEST = 0x10ffff

function joined(nodes: readonly RegexNode[], separator: string, options: RegexOptions): string {
  return nodes.map((node) => written(node, options)).join(separator)
}

function around(before: string, node: RegexNode, after: string, options: RegexOptions): string {
  return `${before}${written(node, options)}${after}`
}

// Whether a match is found does not depend on how greedy a quantifier is.
function quantifier(min: number, max: number): string {
  return max === Number.POSITIVE_INFINITY ? `{${min},}` : `{${min},${max}}`
}

const WORD = "[0-9A-Za-z_]"
const WORD_START = `(?<!${WORD})(?=${WORD})`
const WORD_END = `(?<=${WORD})(?!${WORD})`

const constraints: Record<RegexConstraint, string> = {
  "line start": "^",
  "line end": "$",
  start: "^",
  end: "$",
  "word start": WORD_START,
  "word end": WORD_END,
  "word edge": `(?:${WORD_START}|${WORD_END})`,
  "no word edge": `(?!${WORD_START}|${WORD_END})`,
}

function constraintSource(name: RegexConstraint, options: RegexOptions): string {
  if (options.newlineAnchors && name === "line start") return "(?:^|(?<=\\n))"
  if (options.newlineAnchors && name === "line end") return "(?:$|(?=\\n))"
  return constraints[name]
}

function characterSource(codePoint: number, options: RegexOptions): string {
  const other = options.ignoreCase ? otherCase(codePoint) : undefined
  return other === undefined ? escaped(codePoint) : `[${escaped(codePoint)}${escaped(other)}]`
}

function escaped(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`
}

function otherCase(codePoint: number): number | undefined {
  if (codePoint >= 0x41 && codePoint <= 0x5a) return codePoint + 0x20
  return codePoint >= 0x61 && codePoint <= 0x7a ? codePoint - 0x20 : undefined
}

function bracketSource(items: readonly BracketItem[], negated: boolean, options: RegexOptions): string {
  const source = items.map((item) => itemSource(item, options)).join("")
  const inside = negated && options.newlineStops ? `${source}\\n` : source
  return `[${negated ? "^" : ""}${inside}]`
}

function itemSource(item: BracketItem, options: RegexOptions): string {
  if (item.kind === "collating") return onlyServer("a collating element is")
  if (item.kind === "class") return item.negated ? onlyServer("a negated class between brackets is") : classSource(item, options)
  const [from, to] = item.kind === "range" ? [item.from, item.to] : [item.codePoint, item.codePoint]
  if (to > HIGHEST) return onlyServer("an escape beyond Unicode is")
  const range = from === to ? escaped(from) : `${escaped(from)}-${escaped(to)}`
  return options.ignoreCase ? range + otherCases(from, to) : range
}

// The letters of the range, in the other case.
function otherCases(from: number, to: number): string {
  const letters: string[] = []
  for (let codePoint = Math.max(from, 0x41); codePoint <= Math.min(to, 0x7a); codePoint += 1) {
    const other = otherCase(codePoint)
    if (other !== undefined) letters.push(escaped(other))
  }
  return letters.join("")
}

const classes: Record<string, string> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\u{0}-\\u{7f}",
  blank: " \\t",
  cntrl: "\\u{0}-\\u{1f}\\u{7f}",
  digit: "0-9",
  graph: "\\u{21}-\\u{7e}",
  lower: "a-z",
  print: "\\u{20}-\\u{7e}",
  punct: "\\u{21}-\\u{2f}\\u{3a}-\\u{40}\\u{5b}-\\u{60}\\u{7b}-\\u{7e}",
  space: " \\t\\n\\v\\f\\r",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
}

function classSource({ name }: RegexClass, options?: RegexOptions): string {
  // Where case is ignored, every letter is both.
  const isCase = options?.ignoreCase === true && (name === "lower" || name === "upper")
  return isCase ? (classes["alpha"] ?? "") : (classes[name] ?? "")
}

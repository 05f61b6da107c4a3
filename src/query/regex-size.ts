import type { BracketItem, RegexNode } from "./regex-node.ts"
import type { RegexOptions } from "./regular-expression.ts"

/** Characters that an expression may have. */
export const MOST_REGEX_CHARACTERS = 5000

// Characters that come of bounds, written out. PGlite gives no rows, and no error, from some 1,600 on.
const MOST_COPIED = 1000

// Steps from one character to the next, with bounds written out.
const MOST_STEPS = 20_000

// Anchors, word edges and lookarounds of which one follows the other with no character between them: the work doubles with each.
const MOST_ANCHORS = 16

// Back references times characters: every part with a back reference is an expression of its own.
const MOST_REFERRED = 20_000

/**
 * Whether an expression is too large for a server. One writes bounds out, so that `a{3}` is `aaa`, and gives up on half a
 * million steps or more, or has no memory for them, at places that differ from version to version; until then it takes
 * seconds. This counts the places of characters and the steps between them, and stops far below.
 */
export function isTooLarge(node: RegexNode, options: RegexOptions): boolean {
  const parts = partsOf(node)
  try {
    const { places } = sizeOf(node, { classes: parts.colours, letters: options.ignoreCase ? 2 : 1, anchors: parts.anchors })
    return parts.references * places > MOST_REFERRED
  } catch (error) {
    if (error instanceof TooLarge) return true
    throw error
  }
}

// Never leaves this file. Thrown at once, so that no product of sizes grows out of the numbers.
class TooLarge extends Error {}

/** The places of characters in a part, the steps between them, and at how many a match of the part may begin and end. */
interface Size {
  readonly places: number
  /** Those of them that stand in parts with bounds. */
  readonly copied: number
  readonly steps: number
  readonly first: number
  readonly last: number
  /** Anchors in a row where the part begins, and where it ends. */
  readonly before: number
  readonly behind: number
  /** Whether the part can match with no character, so that a step leads past it. */
  readonly isPassable: boolean
  readonly captures: boolean
}

/** Into how many steps one step splits, and how many anchors can stand beside each other. */
interface Widths {
  readonly classes: number
  readonly letters: number
  readonly anchors: number
}

const nothing: Size = { places: 0, copied: 0, steps: 0, first: 0, last: 0, before: 0, behind: 0, isPassable: true, captures: false }

function sizeOf(node: RegexNode, widths: Widths): Size {
  if (node.kind === "sequence") return node.of.reduce((size, part) => sequence(size, sizeOf(part, widths)), nothing)
  if (node.kind === "branches") return node.of.map((branch) => sizeOf(branch, widths)).reduce((size, branch) => either(size, branch, widths))
  if (node.kind === "repeat") return repeated(sizeOf(node.of, widths), node.min, node.max)
  if (node.kind === "group") return group(sizeOf(node.of, widths), node.captures)
  if (node.kind === "look") return { ...anchor(1), ...only(sizeOf(node.of, widths)) }
  if (node.kind === "constraint") return anchor(waysOf(node.name))
  if (node.kind === "bracket" || node.kind === "class") return place(widths.classes)
  return place(node.kind === "character" ? widths.letters : 1)
}

function place(width: number): Size {
  return { ...nothing, places: 1, first: width, last: 1, isPassable: false }
}

function anchor(ways: number): Size {
  return { ...place(1), before: ways, behind: ways, isPassable: true }
}

// What is looked at is an expression of its own.
function only({ places, copied, steps }: Size): Pick<Size, "places" | "copied" | "steps"> {
  return { places: places + 1, copied, steps }
}

function group(of: Size, captures: boolean): Size {
  return { ...of, captures: of.captures || captures }
}

function sequence(left: Size, right: Size): Size {
  if (left.behind + right.before > MOST_ANCHORS) throw new TooLarge()
  return within({
    places: left.places + right.places,
    copied: left.copied + right.copied,
    steps: left.steps + right.steps + left.last * right.first,
    first: left.first + (left.isPassable ? right.first : 0),
    last: right.last + (right.isPassable ? left.last : 0),
    before: left.before + (left.isPassable ? right.before : 0),
    behind: right.behind + (right.isPassable ? left.behind : 0),
    isPassable: left.isPassable && right.isPassable,
    captures: left.captures || right.captures,
  })
}

function either(left: Size, right: Size, { anchors }: Widths): Size {
  // Anchors that are alike are one where characters follow them, and are not where none do.
  const most = left.isPassable && right.isPassable ? Number.POSITIVE_INFINITY : anchors
  const beside = (one: number, other: number): number => Math.max(one, other, Math.min(one + other, most))
  return within({
    places: left.places + right.places,
    copied: left.copied + right.copied,
    steps: left.steps + right.steps,
    first: left.first + right.first,
    last: left.last + right.last,
    before: beside(left.before, right.before),
    behind: beside(left.behind, right.behind),
    isPassable: left.isPassable || right.isPassable,
    captures: left.captures || right.captures,
  })
}

// From each copy a step leads to the next one, and to every later one where a copy can be passed.
function repeated(of: Size, min: number, max: number): Size {
  const isEndless = max === Number.POSITIVE_INFINITY
  // What captures is written twice for a +: only the last turn captures.
  const least = isEndless && min === 1 && of.captures ? 2 : min
  const copies = Math.max(isEndless ? least : max, 1)
  const joints = of.isPassable ? (copies * (copies - 1)) / 2 : copies - 1
  const passed = of.isPassable ? copies : 1
  // In a loop that can be passed, the anchors follow themselves.
  const rows = of.isPassable && isEndless ? 2 * copies : passed
  if (of.before * rows > MOST_ANCHORS || (copies > 1 && of.behind + of.before > MOST_ANCHORS)) throw new TooLarge()
  return within({
    places: copies * of.places,
    copied: copies > 1 ? copies * of.places : of.copied,
    steps: copies * of.steps + (joints + (isEndless ? 1 : 0)) * of.last * of.first,
    first: of.first * passed,
    last: of.last * (of.isPassable ? copies : copies - Math.max(Math.min(min, copies), 1) + 1),
    before: of.before * rows,
    behind: of.behind * rows,
    isPassable: of.isPassable || min === 0,
    captures: of.captures,
  })
}

function within(size: Size): Size {
  if (size.places > MOST_REGEX_CHARACTERS || size.copied > MOST_COPIED || size.steps > MOST_STEPS) throw new TooLarge()
  return size
}

// An edge and no edge of a word can be met in two ways each.
function waysOf(name: string): number {
  return name.endsWith("word edge") ? 2 : 1
}

/**
 * What stands in an expression: into how many sets its characters and classes split all characters, at most; the anchors
 * that differ; the back references.
 */
function partsOf(node: RegexNode): { colours: number; anchors: number; references: number } {
  const told = new Set<string>()
  const constraints = new Set<string>()
  let references = 0
  let looks = 0
  const tell = (item: RegexNode | BracketItem): void => {
    if (item.kind === "look") looks += 1
    if ("items" in item) item.items.forEach(tell)
    else if ("of" in item) [item.of].flat().forEach(tell)
    else if (item.kind === "character") told.add(`${item.codePoint}`)
    else if (item.kind === "range") told.add(`from ${item.from}`).add(`to ${item.to}`)
    else if (item.kind === "class") told.add(item.name)
    else if (item.kind === "constraint") constraints.add(item.name)
    else if (item.kind === "backreference") references += 1
  }
  tell(node)
  return { colours: told.size + 1, anchors: [...constraints].reduce((sum, name) => sum + waysOf(name), looks), references }
}

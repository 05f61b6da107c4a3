/** What is wrong with a regular expression. It never leaves the reader. */
export class RegexFault extends Error {}

// Far below what the stack holds, whoever calls; the server itself stops between 5000 and 10000.
const MOST_NESTED = 500

/** A place in a regular expression that is being read, and the groups that were met so far. */
export class Cursor {
  at = 0
  /** Whether blanks and comments stand between the parts, after `(?x)`. */
  isExpanded = false
  #groups = 0
  #depth = 0
  readonly #closed = new Set<number>()
  readonly #pattern: string

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  get isDone(): boolean {
    return this.at >= this.#pattern.length
  }

  /** How many capturing groups were opened. */
  get groups(): number {
    return this.#groups
  }

  isLongerThan(most: number): boolean {
    return this.#pattern.length > most
  }

  rest(): string {
    return this.#pattern.slice(this.at)
  }

  looksAt(text: string): boolean {
    return this.#pattern.startsWith(text, this.at)
  }

  /** Whether a text comes next; it is passed over then. */
  take(text: string): boolean {
    const isNext = this.looksAt(text)
    if (isNext) this.at += text.length
    return isNext
  }

  /** The next character, passed over. */
  next(): number {
    const codePoint = this.#pattern.codePointAt(this.at) ?? 0
    this.at += codePoint > 0xffff ? 2 : 1
    return codePoint
  }

  /** Passes over what has no meaning: comments `(?#...)`, and in expanded syntax blanks and `#` comments. */
  skip(): void {
    // The blanks are those of ASCII.
    const nothing = this.isExpanded ? /(?:[\t-\r ]|#[^\n]*|\(\?#[^)]*\)?)*/y : /(?:\(\?#[^)]*\)?)*/y
    nothing.lastIndex = this.at
    nothing.test(this.#pattern)
    this.at = nothing.lastIndex
  }

  /** Reads what stands in parentheses. */
  nested<T>(read: () => T): T {
    if (this.#depth === MOST_NESTED) this.fail(`parentheses stand more than ${MOST_NESTED} deep in others`)
    this.#depth += 1
    const inside = read()
    this.#depth -= 1
    return inside
  }

  openGroup(): number {
    this.#groups += 1
    return this.#groups
  }

  closeGroup(number: number): void {
    this.#closed.add(number)
  }

  isClosed(number: number): boolean {
    return this.#closed.has(number)
  }

  fail(reason: string): never {
    throw new RegexFault(reason)
  }
}

/** A part of a regular expression. */
export type RegexNode =
  | { readonly kind: "branches"; readonly of: readonly RegexNode[] }
  | { readonly kind: "sequence"; readonly of: readonly RegexNode[] }
  | { readonly kind: "group"; readonly captures: boolean; readonly of: RegexNode }
  | { readonly kind: "look"; readonly behind: boolean; readonly negated: boolean; readonly of: RegexNode }
  | { readonly kind: "repeat"; readonly min: number; readonly max: number; readonly lazy: boolean; readonly of: RegexNode }
  | { readonly kind: "bracket"; readonly negated: boolean; readonly items: readonly BracketItem[] }
  | { readonly kind: "constraint"; readonly name: RegexConstraint }
  | { readonly kind: "backreference"; readonly group: number }
  | { readonly kind: "any" }
  | RegexCharacter
  | RegexClass

/** One character. */
export interface RegexCharacter {
  readonly kind: "character"
  readonly codePoint: number
}

/** A class of characters: `[:alpha:]`, or with an escape such as `\D` everything outside of one. */
export interface RegexClass {
  readonly kind: "class"
  readonly name: string
  readonly negated: boolean
}

/** What stands between brackets. */
export type BracketItem = RegexCharacter | RegexClass | { readonly kind: "range"; readonly from: number; readonly to: number } | { readonly kind: "collating" }

/** A place that is asked for without taking a character. */
export type RegexConstraint = "line start" | "line end" | "start" | "end" | "word start" | "word end" | "word edge" | "no word edge"

// From the first character that has names to the last of each run; several names of one are joined by a slash.
const runs: readonly (readonly [first: number, names: string])[] = [
  [0x00, "NUL SOH STX ETX EOT ENQ ACK BEL/alert BS/backspace HT/tab LF/newline VT/vertical-tab FF/form-feed CR/carriage-return SO SI"],
  [0x10, "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC IS4/FS IS3/GS IS2/RS IS1/US"],
  [0x20, "space exclamation-mark quotation-mark number-sign dollar-sign percent-sign ampersand apostrophe left-parenthesis right-parenthesis"],
  [0x2a, "asterisk plus-sign comma hyphen/hyphen-minus period/full-stop slash/solidus zero one two three four five six seven eight nine"],
  [0x3a, "colon semicolon less-than-sign equals-sign greater-than-sign question-mark commercial-at"],
  [0x5b, "left-square-bracket backslash/reverse-solidus right-square-bracket circumflex/circumflex-accent underscore/low-line grave-accent"],
  [0x7b, "left-brace/left-curly-bracket vertical-line right-brace/right-curly-bracket tilde DEL"],
]

/** The code points of the characters that PostgreSQL knows by name, as in `[[.hyphen.]]`. */
export const characterNames: ReadonlyMap<string, number> = new Map(
  runs.flatMap(([first, names]) => names.split(" ").flatMap((synonyms, index) => synonyms.split("/").map((name) => [name, first + index] as const))),
)

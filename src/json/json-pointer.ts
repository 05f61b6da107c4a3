/**
 * A JSON pointer (RFC 6901): its text, or one step below another. The text is made only when somebody asks, for
 * most places are good and nobody does.
 */
export type JsonPointer = string | { readonly above: JsonPointer; readonly step: string | number }

/**
 * The pointer one step further down.
 *
 * @example
 * pointerText(child("/filters", 0)) // "/filters/0"
 */
export function child(above: JsonPointer, step: string | number): JsonPointer {
  return { above, step }
}

/**
 * The text of a pointer. `~` and `/` in a key are written `~0` and `~1`.
 *
 * @example
 * pointerText(child("/fields", "a/b")) // "/fields/a~1b"
 */
export function pointerText(pointer: JsonPointer): string {
  let text = ""
  while (typeof pointer === "object") {
    text = `/${String(pointer.step).replaceAll("~", "~0").replaceAll("/", "~1")}${text}`
    pointer = pointer.above
  }
  return pointer + text
}

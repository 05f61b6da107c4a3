/**
 * The JSON pointer (RFC 6901) of one place further down: `child("/filters", 0)` is `/filters/0`.
 * `~` and `/` in a key are written `~0` and `~1`.
 */
export function child(pointer: string, step: string | number): string {
  return `${pointer}/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`
}

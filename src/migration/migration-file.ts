/** A word for the name of a file. */
export function fileWord(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, "_").toLowerCase()
}

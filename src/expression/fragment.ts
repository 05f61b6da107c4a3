import { type RawBuilder, type SqlBool, sql } from "kysely"

/** A piece of SQL: texts, and the values that stand between them as parameters. */
export interface Fragment {
  readonly texts: readonly string[]
  readonly values: readonly unknown[]
}

/**
 * Pieces of SQL put together. Only pieces can be put in, so that no value becomes text by mistake.
 *
 * @example
 * fragment`${text('"revision"')} > ${value(3)}` // { texts: ['"revision" > ', ""], values: [3] }
 */
export function fragment(strings: readonly string[], ...parts: readonly Fragment[]): Fragment {
  const texts = [strings[0] ?? ""]
  const values: unknown[] = []
  parts.forEach((part, index) => {
    append(texts, part.texts)
    // One by one: there may be more than a call takes as arguments.
    for (const parameter of part.values) values.push(parameter)
    append(texts, [strings[index + 1] ?? ""])
  })
  return { texts, values }
}

/**
 * Text that was made here: an accessor, an operator. Never a caller's.
 *
 * @example
 * text("<=") // { texts: ["<="], values: [] }
 */
export function text(sqlText: string): Fragment {
  return { texts: [sqlText], values: [] }
}

/**
 * A value, as a parameter.
 *
 * @example
 * value(3) // { texts: ["", ""], values: [3] }
 */
export function value(parameter: unknown): Fragment {
  return { texts: ["", ""], values: [parameter] }
}

/** Pieces with a separator between them. */
export function joined(parts: readonly Fragment[], separator: string): Fragment {
  return fragment(["", ...parts.slice(1).map(() => separator), ""], ...parts)
}

/** Whether a piece stands in parentheses, or needs none of them, as an operand. */
export function isEnclosed({ texts }: Fragment): boolean {
  return texts[0]?.startsWith("(") === true
}

/** A condition as a Kysely expression: one node, however many comparisons it has. */
export function conditionOf({ texts, values }: Fragment): RawBuilder<SqlBool> {
  return sql<SqlBool>(Object.assign([...texts], { raw: texts }), ...values)
}

function append(texts: string[], more: readonly string[]): void {
  texts[texts.length - 1] += more[0] ?? ""
  for (const next of more.slice(1)) texts.push(next)
}

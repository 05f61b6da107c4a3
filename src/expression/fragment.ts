import { type RawBuilder, type SqlBool, sql } from "kysely"
import { textLiteral } from "./accessor.ts"

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
  const texts: string[] = []
  const values: unknown[] = []
  let open = strings[0] ?? ""
  parts.forEach((part, index) => {
    open += part.texts[0] ?? ""
    part.values.forEach((parameter, position) => {
      texts.push(open)
      values.push(parameter)
      open = part.texts[position + 1] ?? ""
    })
    open += strings[index + 1] ?? ""
  })
  texts.push(open)
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
  const strings = parts.map((_, index) => (index === 0 ? "" : separator))
  return fragment([...strings, ""], ...parts)
}

/** Whether a piece stands in parentheses, or needs none of them, as an operand. */
export function isEnclosed({ texts }: Fragment): boolean {
  return texts[0]?.startsWith("(") === true
}

/** A condition as a Kysely expression: one node, however many comparisons it has. */
export function conditionOf({ texts, values }: Fragment): RawBuilder<SqlBool> {
  return sql<SqlBool>(Object.assign([...texts], { raw: texts }), ...values)
}

/** A piece with its values written into the text as literals: for what is stored in the schema, where no parameter can be. */
export function literal({ texts, values }: Fragment): Fragment {
  return text(values.reduce<string>((so, one, index) => so + literalOf(one) + (texts[index + 1] ?? ""), texts[0] ?? ""))
}

function literalOf(parameter: unknown): string {
  if (Array.isArray(parameter)) return `array[${parameter.map(literalOf).join(", ")}]`
  return textLiteral(String(parameter)).trimStart()
}

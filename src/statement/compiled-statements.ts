import { type Compilable, type CompiledQuery, createQueryId, RawNode } from "kysely"

/** A value of a statement, or the place where it goes when the statement is run. */
export type Given<T> = T | Place

/** Where a value goes in a statement that is compiled without it. */
export class Place {
  readonly index: number

  constructor(index: number) {
    this.index = index
  }
}

/** Values of a statement, by their names, or their places. */
export type Givens<Values> = { readonly [Name in keyof Values]: Given<Values[Name]> }

/** The places of values; none for what is `undefined`. */
export type Places<Values> = { readonly [Name in keyof Values]: Place | Extract<Values[Name], undefined> }

// Paths may come from data, so that there is no end of shapes, nor of their length.
const MOST_SHAPES = 200
const LONGEST_SHAPE = 20_000

/**
 * The statements of one table, each compiled once for all runs that differ in their values alone: to build and compile one
 * takes the client about as long as all else it does for a small query.
 */
export class CompiledStatements {
  readonly #texts = new KeptByShape<CompiledText>()

  /**
   * The statement that `build` makes of places, with the values in them. `shape`, and which values are given, is all that it
   * may depend on.
   */
  named<Row, Values extends object>(shape: string, values: Values, build: (places: Places<Values>) => Compilable<Row>): Compilable<Row> {
    const given = Object.entries(values).filter(([, value]) => value !== undefined)
    const names = given.map(([name]) => name)
    const listed = given.map(([, value]) => value)
    return this.listed(`${names.join()} ${shape}`, listed, (places) => build(placesOf<Values>(names, places)))
  }

  /** The same for values in a list: `shape` is all that the statement may depend on, and it says how many there are. */
  listed<Row>(shape: string, values: readonly unknown[], build: (places: readonly Place[]) => Compilable<Row>): Compilable<Row> {
    return this.text(shape, values.length, build).with(values)
  }

  /** The same without the values. */
  text(shape: string, values: number, build: (places: readonly Place[]) => Compilable): CompiledText {
    return this.#texts.get(shape) ?? this.#texts.kept(shape, new CompiledText(values, build))
  }
}

/** A statement that is compiled without its values. */
export class CompiledText {
  readonly #sql: string
  readonly #parameters: readonly unknown[]
  // The text as Kysely's own node.
  readonly #query: RawNode

  constructor(values: number, build: (places: readonly Place[]) => Compilable) {
    const { sql, parameters } = build(Array.from({ length: values }, (_, index) => new Place(index))).compile()
    this.#sql = sql
    this.#parameters = parameters
    this.#query = RawNode.createWithSql(sql)
  }

  /** The statement with these values. What its rows are follows from the text. */
  with<Row>(values: readonly unknown[]): Compilable<Row> {
    const [sql, query] = [this.#sql, this.#query]
    const parameters = this.#parameters.map((parameter) => (parameter instanceof Place ? values[parameter.index] : parameter))
    return { compile: (): CompiledQuery<Row> => ({ sql, query, parameters, queryId: createQueryId() }) }
  }
}

/** What was made for a shape, and is kept for the next of that shape; of many the oldest are forgotten. */
export class KeptByShape<Made> {
  readonly #made = new Map<string, Made>()

  get(shape: string): Made | undefined {
    return this.#made.get(shape)
  }

  /** Keeps it, unless the shape is too long; gives it back. */
  kept(shape: string, made: Made): Made {
    if (shape.length > LONGEST_SHAPE) return made
    const [oldest] = this.#made.keys()
    if (oldest !== undefined && this.#made.size >= MOST_SHAPES) this.#made.delete(oldest)
    this.#made.set(shape, made)
    return made
  }
}

function placesOf<Values>(names: readonly string[], places: readonly Place[]): Places<Values> {
  // The names are those of the values that are given.
  return Object.fromEntries(names.map((name, index) => [name, places[index]])) as Places<Values>
}

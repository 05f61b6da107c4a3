import { type Compilable, CompiledQuery } from "kysely"

/** A value of a statement, or the place where it goes when the statement is run. */
export type Given<T> = T | Place

/** Where a value goes in a statement that is compiled without it. */
export class Place {
  readonly name: string

  constructor(name: string) {
    this.name = name
  }
}

/** Values of a statement, by their names, or their places. */
export type Givens<Values> = { readonly [Name in keyof Values]: Given<Values[Name]> }

/** The places of values; none for what is `undefined`. */
export type Places<Values> = { readonly [Name in keyof Values]: Place | Extract<Values[Name], undefined> }

// The paths of a patch may come from data, so that there is no end of shapes.
const MOST_TEXTS = 200

/**
 * The statements of one table, each compiled once for all runs that differ in their values alone: to build and compile one
 * takes the client about as long as all else it does for a write.
 */
export class CompiledStatements {
  readonly #texts = new Map<string, CompiledQuery>()

  /** The statement that `build` makes of places, with the values in them. `shape` and which values are given is all that it may depend on. */
  compiled<Row, Values extends object>(shape: string, values: Values, build: (places: Places<Values>) => Compilable<Row>): Compilable<Row> {
    const given = new Map<string, unknown>(Object.entries(values).filter(([, value]) => value !== undefined))
    const key = `${[...given.keys()].join()} ${shape}`
    const { sql, parameters } = this.#texts.get(key) ?? this.#kept(key, build(placesOf<Values>(given)).compile())
    const filled = parameters.map((parameter) => (parameter instanceof Place ? given.get(parameter.name) : parameter))
    // What the rows are follows from the text.
    return { compile: () => CompiledQuery.raw(sql, filled) as CompiledQuery<Row> }
  }

  #kept(key: string, query: CompiledQuery): CompiledQuery {
    const [oldest] = this.#texts.keys()
    if (oldest !== undefined && this.#texts.size >= MOST_TEXTS) this.#texts.delete(oldest)
    this.#texts.set(key, query)
    return query
  }
}

function placesOf<Values>(given: ReadonlyMap<string, unknown>): Places<Values> {
  // The names are those of the values that are given.
  return Object.fromEntries([...given.keys()].map((name) => [name, new Place(name)])) as Places<Values>
}

import { type Found, filter, not, type PostgresDatabase, type Preview, type Query, type RecordShape, type Selection } from "../../src/index.ts"
import type { Film, Origin } from "./film.ts"

/** The database that the questions are asked. */
export type FilmDatabase = PostgresDatabase<Film, Origin>

/** A question: in words, as the query that runs, and what to show of the answer. */
export interface Question {
  readonly asks: string
  /** What the query is, as it is written below. */
  readonly source: string
  readonly columns: readonly string[]
  preview(db: FilmDatabase): Preview
  /** The rows of the whole answer. */
  answer(db: FilmDatabase): Promise<Row[]>
  /** What is worth knowing about the answer. */
  readonly remark: string
}

/** What a table shows of one film. */
export type Row = readonly (string | number | null | undefined)[]

/** The five questions of the demo. */
export const questions: readonly Question[] = [
  question({
    asks: "Which dramas are rated 8 or better?",
    query: () => ({
      filters: [filter("fields.Major Genre", "=", "Drama"), filter("fields.IMDB Rating", ">=", 8)],
      sort: [{ field: "fields.IMDB Rating", order: "desc" }],
    }),
    columns: ["Title", "Director", "IMDB Rating"],
    row: ({ fields }) => [fields.Title, fields.Director, fields["IMDB Rating"]],
    remark: "The equality is a containment (@>), which the GIN index of the table serves. Every value is a parameter.",
  }),
  question({
    asks: "Which titles did somebody store as a number?",
    query: () => ({
      filters: [filter("fields.Title", ">=", 0)],
      sort: [{ field: "fields.Title" }],
      select: ["fields.Title", "fields.Director"],
    }),
    columns: ["Title", "Director"],
    row: ({ fields }) => [fields?.Title, fields?.Director],
    remark: "JSON types never mix: the other 3,192 titles are text or null. A bare cast to numeric would have failed on them.",
  }),
  question({
    asks: "Which of the films rated 8.5 or better are not dramas, films of no known genre included?",
    query: () => ({
      filters: [not(filter("fields.Major Genre", "=", "Drama")), filter("fields.IMDB Rating", ">=", 8.5)],
      sort: [{ field: "fields.Major Genre" }, { field: "fields.IMDB Rating", order: "desc" }],
    }),
    columns: ["Title", "Major Genre", "IMDB Rating"],
    row: ({ fields }) => [fields.Title, fields["Major Genre"], fields["IMDB Rating"]],
    remark: 'not() is the exact complement of a filter. The operator "!=" would find only films that have a genre.',
  }),
  question({
    asks: "What do the critics say of Sofia Coppola, Kathryn Bigelow and Peter Jackson? Films without a rating come last.",
    query: () => ({
      filters: [filter("fields.Director", "in", ["Sofia Coppola", "Kathryn Bigelow", "Peter Jackson"])],
      sort: [{ field: "fields.Rotten Tomatoes Rating", order: "asc", nulls: "last" }],
    }),
    columns: ["Title", "Director", "Rotten Tomatoes"],
    row: ({ fields }) => [fields.Title, fields.Director, fields["Rotten Tomatoes Rating"]],
    remark: 'Without nulls: "last" a film that has no rating would be the lowest, and come first here.',
  }),
  question({
    asks: "Which sequels, by their titles, have made 200 million dollars in the US?",
    query: () => ({
      filters: [filter("fields->>'Title'", "regex", " (II|III|[2-9])$"), filter("fields.US Gross", ">=", 2e8)],
      sort: [{ field: "fields.US Gross", order: "desc" }],
      select: ["fields.Title", "fields.US Gross"],
    }),
    columns: ["Title", "US Gross"],
    row: ({ fields }) => [fields?.Title, fields?.["US Gross"]?.toLocaleString("en")],
    remark: "A field can be written as its SQL, too: it is parsed into the same path, and never passed on as SQL text.",
  }),
]

type FilmQuery<Paths> = Query<RecordShape<Film, Origin>, Paths>
type FilmPaths = Selection<RecordShape<Film, Origin>>

interface QuestionOptions<Paths extends FilmPaths> {
  readonly asks: string
  readonly query: () => FilmQuery<Paths>
  readonly columns: readonly string[]
  readonly row: (record: Found<Film, Origin, Paths>) => Row
  readonly remark: string
}

// Each query has a type of its own, which says what its rows hold; a list of questions need not know it.
function question<const Paths extends FilmPaths = undefined>(options: QuestionOptions<Paths>): Question {
  const { asks, query, columns, row, remark } = options
  return {
    asks,
    source: query.toString(),
    columns,
    preview: (db) => db.preview(query()),
    answer: async (db) => (await db.search<Paths>(query())).map((record) => row(record)),
    remark,
  }
}

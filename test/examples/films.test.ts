import { expect, test } from "vitest"
import { type Film, films as filmsDefinition, filmsOfVega } from "../../examples/films/film.ts"
import { PostgresDatabase } from "../../src/index.ts"
import { databases } from "../setup/databases.ts"
import { example } from "./example.ts"

const server = databases.find(({ name }) => name === "PostgreSQL") ?? expect.unreachable()

// Each question of the demo once more, in plain JavaScript.
const answers: ((film: Film) => boolean)[] = [
  (film) => film["Major Genre"] === "Drama" && (film["IMDB Rating"] ?? 0) >= 8,
  (film) => typeof film.Title === "number" && film.Title >= 0,
  (film) => film["Major Genre"] !== "Drama" && (film["IMDB Rating"] ?? 0) >= 8.5,
  (film) => ["Sofia Coppola", "Kathryn Bigelow", "Peter Jackson"].includes(film.Director ?? ""),
  (film) => typeof film.Title === "string" && / (II|III|[2-9])$/.test(film.Title) && (film["US Gross"] ?? 0) >= 2e8,
]
const expected = answers.map((answer) => filmsOfVega().filter(answer).length)

test("the demo counts what plain JavaScript counts, on PGlite", async () => {
  const { stdout, stderr, exitCode } = await example("examples/films.ts")
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 })
  expect(stdout).toContain("Stored 3,201 films with one createBatch")
  expect(counts(stdout)).toEqual(expected)
  expect(expected.slice(0, 2)).toEqual([72, 9])
  expect(stdout.split("\n").filter((line) => line.length > 120)).toEqual([])
})

test("on a server it replaces its own films, and refuses a table that holds other records", async () => {
  const { options, drop } = await server.create()
  const url = "connectionString" in options ? (options.connectionString ?? "") : ""
  const first = await example("examples/films.ts", "--url", url)
  expect(counts(first.stdout)).toEqual(expected)
  const second = await example("examples/films.ts", "--url", url)
  expect(second.stdout).toContain("Took out the 3,201 films of an earlier run.")
  expect(counts(second.stdout)).toEqual(expected)

  const db = new PostgresDatabase({ ...options, records: filmsDefinition })
  const [film] = filmsOfVega()
  await db.create({ fields: film ?? expect.unreachable() })
  const third = await example("examples/films.ts", "--url", url)
  expect(third).toMatchObject({ exitCode: 1, stderr: "demo: the table films_demo holds records that are not the demo's: nothing was changed\n" })
  expect(await db.count()).toBe(3202)
  await db.close()
  await drop()
})

test.each([
  ["an unknown flag", ["--uri", "x"], 2, /^demo: Unknown option '--uri': it takes --url/],
  ["a word too many", ["x"], 2, /^demo: Unexpected argument 'x'/],
  ["a connection string that is none", ["--url", "s3cret"], 1, /^demo: (?!.*s3cret)the connection string is none/],
  ["a server that is not there", ["--url", "postgres://127.0.0.1:1/none"], 1, /^demo: .*ECONNREFUSED/],
])("%s is one line", async (_, words, exitCode, line) => {
  const ended = await example("examples/films.ts", ...words)
  expect(ended.exitCode).toBe(exitCode)
  expect(ended.stderr).toMatch(/^.+\n$/)
  expect(ended.stderr).toMatch(line)
})

function counts(stdout: string): number[] {
  return [...stdout.matchAll(/^found +([\d,]+) films?$/gm)].map(([, count = ""]) => Number(count.replaceAll(",", "")))
}

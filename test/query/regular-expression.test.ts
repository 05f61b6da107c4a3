import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type PostgresDatabase, previewQuery } from "../../src/index.ts"
import { regularExpression } from "../../src/query/regular-expression.ts"
import { databases, migratedDatabase } from "../setup/databases.ts"

const accepted = [
  "",
  "a|",
  "()",
  "a{2,5}?",
  "{",
  "a{",
  "a{,3}",
  "x{0}",
  "(?i)abc",
  "(?x) a b # c",
  "***:a",
  "***=(",
  "(?q)(",
  "\\ycat\\y",
  "[[:<:]]a[[:>:]]",
  "[]a]",
  "[^]a]",
  "[a-]",
  "[-a]",
  "[--a]",
  "[\\d\\-x]",
  "[[:alpha:]_]",
  "[[.a.]-c]",
  "[[=a=]]",
  "(a)\\1",
  "(a)(b)(c)\\3",
  "\\12",
  "\\0",
  "\\x41f",
  "\\u00e9",
  "\\cA",
  "(?=a)b",
  "(?<!a)b",
  "(?#x)a",
  "(?:a)+",
  "a\\.b",
  "\\é",
  "^a.b$",
  "a]",
  "a}",
]

const refused = [
  "(",
  "a)",
  "(?",
  "(?a)",
  "(?:",
  "(?P<n>a)",
  "[",
  "[a",
  "[z-a]",
  "[\\d-z]",
  "[a-\\d]",
  "[[:nope:]]",
  "[[..]]",
  "*a",
  "a**",
  "a{2}{3}",
  "^*",
  "$+",
  "(?=a)*",
  "a{3,2}",
  "a{256}",
  "a{2",
  "\\",
  "\\q",
  "\\1",
  "(a\\1)",
  "(?=\\1)",
  "\\u12",
  "\\UFFFFFFFF",
  "[\\1]",
  "[\\y]",
  "\\8",
  "(?i",
  "(?z)a",
  "***a",
  "a|*",
]

describe("a regular expression", () => {
  test.each(accepted)("%j is read", (pattern) => {
    expect(regularExpression(pattern)).toMatchObject({ ok: true })
  })

  test.each(refused)("%j is refused, at its place in the query and without showing it", (pattern) => {
    expect(regularExpression(pattern)).toMatchObject({ ok: false, reason: expect.stringMatching(/\w{4}/) })
    expect(() => previewQuery({ filters: [{ field: "fields.v", operator: "regex", value: `s3cret|${pattern}` }] })).toThrow(
      /^\/filters\/0\/value: not a regular expression of PostgreSQL: (?!.*s3cret)/,
    )
  })

  test("options at the start are read", () => {
    expect(regularExpression("(?in)a")).toMatchObject({ kind: "advanced", options: { ignoreCase: true, newlineStops: true, newlineAnchors: true } })
    expect(regularExpression("(?icp)a")).toMatchObject({ options: { ignoreCase: false, newlineStops: true, newlineAnchors: false } })
  })
})

const PARTS = [
  "( ) [ ] { } * + ? | ^ $ . \\ - , : = # < > ! a b 0 9 é 😀",
  "(?: (?= (?! (?<= (?<! (?# [^ [: :] [. .] digit word {2} {2,1} {1,3} {256} \\d \\D \\A \\y \\1 \\12",
  "\\0 \\x \\xff \\u00e9 \\U0001F600 \\cA \\q \\8 *** ***: ***= (?i) (?x) (?q) (?zz) [[:<:]] [a-z] [z-a] (a) \\400",
].flatMap((line) => [...line.split(" "), " ", "\n"])

describe.each(databases)("regular expressions on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind))
    await sql`create function refuses(pattern text) returns bool language plpgsql as $$
      begin perform '' ~ pattern; return false; exception when invalid_regular_expression then return true; end $$`.execute(db.kysely)
  })
  afterAll(() => drop())

  test("what is refused is just what the server refuses", async () => {
    const patterns = [...accepted, ...refused, ...randomPatterns(5000, Number(process.env["SEED"] ?? Date.now()))]
    const { rows } = await sql<{
      pattern: string
      refused: boolean
    }>`select pattern, refuses(pattern) as refused from unnest(${patterns}::text[]) as pattern`.execute(db.kysely)
    expect(rows.filter(({ pattern, refused }) => regularExpression(pattern).ok === refused).map(({ pattern }) => pattern)).toEqual([])
  })
})

/** Random sequences of what means something in a regular expression; the same for the same seed. */
function randomPatterns(count: number, seed: number): string[] {
  let state = seed >>> 0
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % limit
  }
  return Array.from({ length: count }, () => Array.from({ length: 1 + below(7) }, () => PARTS[below(PARTS.length)]).join(""))
}

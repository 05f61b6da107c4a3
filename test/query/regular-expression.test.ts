import { sql } from "kysely"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { filter, InvalidQueryError, matches, type PostgresDatabase, parseQuery, previewQuery } from "../../src/index.ts"
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
  "a{255}",
  "(?x)a{ 1 , 2 }?",
  "(?x)a{1#c\n2}",
  "(?x)a{ b",
  "(?x)\u00a0*",
  "[[.hyphen.]-z]",
  "[+-[.tilde.]]",
  "[[=hyphen=]]",
  "[\\W\\s]",
  "(a){0}\\1",
  "(a)\\4294967297",
  "\\U7FFFFFFE",
  "\\400",
]

const refused: readonly (readonly [pattern: string, reason: string])[] = [
  ["(", "an opening parenthesis is never closed"],
  ["a)", "a closing parenthesis was never opened"],
  ["(?", "(? is followed by : = ! <= <! or #"],
  ["(?a)", "(? at the start is followed by option letters, of b c e i m n p q s t w x"],
  ["(?:", "an opening parenthesis is never closed"],
  ["(?P<n>a)", "(? at the start is followed by option letters, of b c e i m n p q s t w x"],
  ["[", "an opening bracket is never closed"],
  ["[a", "an opening bracket is never closed"],
  ["[z-a]", "a range ends before it begins"],
  ["[\\d-z]", "a class is no end of a range"],
  ["[a-\\d]", "a class is no end of a range"],
  ["[[:nope:]]", "[: :] names no class of characters"],
  ["[[..]]", "[. .] names no character"],
  ["*a", "a quantifier has nothing to repeat"],
  ["a**", "a quantifier has nothing to repeat"],
  ["a{2}{3}", "a quantifier has nothing to repeat"],
  ["^*", "a quantifier has nothing to repeat"],
  ["$+", "a quantifier has nothing to repeat"],
  ["(?=a)*", "a quantifier has nothing to repeat"],
  ["a{3,2}", "the first number of a bound is not above the second"],
  ["a{256}", "a bound is at most 255"],
  ["a{2", "a bound reads {m}, {m,} or {m,n}"],
  ["\\", "a backslash stands at the end"],
  ["\\q", "a backslash stands before a letter or digit that makes no escape"],
  ["\\1", "a back reference names a group that is not closed before it"],
  ["(a\\1)", "a back reference names a group that is not closed before it"],
  ["(?=\\1)", "a lookaround cannot hold a back reference"],
  ["\\u12", "\\u is followed by hexadecimal digits, four"],
  ["\\UFFFFFFFF", "\\U names no character"],
  ["[\\1]", "a back reference stands between brackets"],
  ["[\\y]", "a backslash stands before a letter or digit that makes no escape"],
  ["\\8", "a back reference names a group that is not closed before it"],
  ["(?i", "the option letters at the start are not closed with a parenthesis"],
  ["(?z)a", "(? at the start is followed by option letters, of b c e i m n p q s t w x"],
  ["***a", "*** is followed by : or ="],
  ["a|*", "a quantifier has nothing to repeat"],
  ["[[.nope.]]", "[. .] names no character"],
  ["[[=nope=]]", "[= =] names no character"],
  ["[[=a=]-c]", "a class is no end of a range"],
  ["[a-c-e]", "a hyphen stands between brackets where no range can begin"],
  ["(?x)a{1 2,3}", "the first number of a bound is not above the second"],
  ["(?x){ 1 }", "a quantifier has nothing to repeat"],
  ["(?x)a* ?", "a quantifier has nothing to repeat"],
  ["(?x)a{256 }", "a bound is at most 255"],
  ["[\\", "a backslash stands at the end"],
  ["[\\12", "an opening bracket is never closed"],
  ["\\c", "\\c is followed by a character"],
  ["\\9", "a back reference names a group that is not closed before it"],
  ["(?<a)", "(? is followed by : = ! <= <! or #"],
  ["(?=(a))\\1", "a back reference names a group that is not closed before it"],
]

const TOO_COMPLEX = "it is too complex for a server: lower bounds such as {1,255}, which it writes out, or use fewer back references and anchors"

// A server refuses these, or takes seconds for them, or its version decides.
const tooLarge: readonly (readonly [name: string, pattern: string])[] = [
  ["bounds in bounds in bounds", "((a{1,255}){1,255}){1,255}"],
  ["bounds in bounds", "(?:a{1,255}){1,255}"],
  ["many that can be left out", "(?:(?:a?){255}){2}"],
  ["groups with +, of which each is written twice", `${"(".repeat(50)}a${")+".repeat(50)}`],
  ["anchors beside each other", "\\y".repeat(1000)],
  ["bounds in bounds in a loop", "(?:((?:(?:(?:a)){100,}){0,5}){3,10})"],
  ["anchors that are alike, in a loop", "(?:(?:\\y|\\y)*){0,5}"],
  ["lookarounds that are repeated", "(?:(?:(?:(?=^)){5,100})?)+"],
  ["anchors in one loop after the other", "(?:^|$|a)*".repeat(12)],
  ["a great many back references", "(a)\\1".repeat(900)],
  ["more than 1,000 characters once bounds are written out", "a{255}".repeat(4)],
  ["what PGlite would answer with no rows and no error", "(?:(?:.+){40,}){40}"],
]

// What is taken although it is large: every server must take it too.
const large: readonly (readonly [name: string, pattern: string])[] = [
  ["5,000 characters", "ab".repeat(2500)],
  ["800 words", Array.from({ length: 800 }, (_, index) => `w${index}`).join("|")],
  ["200 words, each with its edges", Array.from({ length: 200 }, (_, index) => `\\yw${index}\\y`).join("|")],
  ["bounds in bounds", "(?:a{1,255}){1,3}"],
  ["190 that can be left out", "(?:a?){190}"],
  ["classes that overlap", "(?:[a-f]|[c-k]|[a-z]|\\w|\\d|[[:alpha:]])+".repeat(10)],
  ["500 groups in each other", `${"(".repeat(500)}a${")*".repeat(500)}`],
  ["lookarounds", "(?!(?=a)b)c".repeat(300)],
  ["back references", "(a*)\\1*".repeat(40)],
  ["anchors, each with characters between", "\\ya\\y ".repeat(200)],
]

describe("a regular expression", () => {
  test.each(accepted)("%j is read", (pattern) => {
    expect(regularExpression(pattern)).toMatchObject({ ok: true })
  })

  test.each(refused)("%j is refused, at its place in the query and without showing it", (pattern, reason) => {
    expect(regularExpression(pattern)).toMatchObject({ ok: false, reason })
    expect(() => previewQuery({ filters: [{ field: "fields.v", operator: "regex", value: `s3cret|${pattern}` }] })).toThrow(
      /^\/filters\/0\/value: not a regular expression of PostgreSQL: (?!.*s3cret)/,
    )
  })

  test("blanks stand in the bounds of expanded syntax", () => {
    expect(regularExpression("(?x)a{ 1 0 , 2#c\n0 }?")).toMatchObject({ node: { of: [{ of: [{ kind: "repeat", min: 10, max: 20, lazy: true }] }] } })
  })

  test("a character is named between brackets", () => {
    expect(regularExpression("[[.hyphen.]-[.tilde.]]")).toMatchObject({ node: { of: [{ of: [{ items: [{ kind: "range", from: 0x2d, to: 0x7e }] }] }] } })
  })

  test("what nests deeper than 500, or is longer than 5,000 characters, is refused", () => {
    const nested = (depth: number): string => `${"(".repeat(depth)}${")".repeat(depth)}`
    expect(regularExpression(nested(500))).toMatchObject({ ok: true, kind: "advanced" })
    expect(regularExpression(nested(501))).toMatchObject({ ok: false, reason: "parentheses stand more than 500 deep in others" })
    for (const pattern of [nested(50_000), "ab".repeat(50_000), `***=${"a".repeat(5000)}`, `[${"a".repeat(1_000_000)}]`])
      expect(regularExpression(pattern)).toMatchObject({ ok: false, reason: "it has more than 5000 characters" })
  })

  test.each(["(?b)a", "(?e)a", "(?bx)("])("%j, of another syntax, is refused", (pattern) => {
    expect(regularExpression(pattern)).toMatchObject({ ok: false, reason: expect.stringContaining("write it as an advanced one") })
  })

  test.each(tooLarge)("%s: too complex, in every evaluator", (_, pattern) => {
    expect(regularExpression(pattern)).toMatchObject({ ok: false, reason: TOO_COMPLEX })
    const condition = filter("fields.v", "regex", pattern)
    for (const evaluate of [() => matches(condition, { fields: {} }), () => previewQuery({ filters: [condition] }), () => parseQuery({ filters: [condition] })])
      expect(evaluate).toThrow(InvalidQueryError)
  })

  test.each(large)("%s: large, and read", (_, pattern) => {
    expect(regularExpression(pattern)).toMatchObject({ ok: true })
    expect(matches(filter("fields.v", "regex", pattern.includes("\\1") ? "" : pattern), { fields: { v: 1 } })).toBe(false)
  })

  test("options at the start are read", () => {
    expect(regularExpression("(?in)a")).toMatchObject({ kind: "advanced", options: { ignoreCase: true, newlineStops: true, newlineAnchors: true } })
    expect(regularExpression("(?icp)a")).toMatchObject({ options: { ignoreCase: false, newlineStops: true, newlineAnchors: false } })
  })
})

const PARTS = [
  "( ) [ ] { } * + ? | ^ $ . \\ - , : = # < > ! a b 0 9 é 😀",
  "(?: (?= (?! (?<= (?<! (?# [^ [: :] [. .] digit word {2} {2,1} {1,3} {256} \\d \\D \\A \\y \\1 \\12",
  "{\t1 2,\t3} #c\n [[.hyphen.] [.nope.] hyphen [= =] \u00a0 \\4294967297 {255} \\W *?",
  "\\0 \\x \\xff \\u00e9 \\U0001F600 \\cA \\q \\8 *** ***: ***= (?i) (?x) (?q) (?zz) [[:<:]] [a-z] [z-a] (a) \\400",
].flatMap((line) => [...line.split(" "), " ", "\n"])

describe.each(databases)("regular expressions on $name", (kind) => {
  let db: PostgresDatabase
  let drop: () => Promise<void>

  beforeAll(async () => {
    ;({ db, drop } = await migratedDatabase(kind))
    await db.create({ fields: { v: "xaby" } })
    await sql`create function refuses(pattern text) returns bool language plpgsql as $$
      begin perform '' ~ pattern; return false; exception when invalid_regular_expression then return true; end $$`.execute(db.kysely)
  })
  afterAll(() => drop())

  test("what is refused is just what the server refuses", async () => {
    const patterns = [...accepted, ...refused.map(([pattern]) => pattern), ...randomPatterns(5000, Number(process.env["SEED"] ?? Date.now()))]
    const { rows } = await sql<{
      pattern: string
      refused: boolean
    }>`select pattern, refuses(pattern) as refused from unnest(${patterns}::text[]) as pattern`.execute(db.kysely)
    expect(rows.filter(isJudgedOtherwise).map(({ pattern }) => pattern)).toEqual([])
  })

  test("the server takes whatever is not too complex here, however large", async () => {
    for (const [, pattern] of large) {
      const asked = db.count({ filters: [filter("fields.v", "regex", pattern)] })
      await expect(asked, pattern.slice(0, 200)).resolves.toEqual(expect.any(Number))
    }
  })
})

// A server takes some of what is too complex here.
function isJudgedOtherwise({ pattern, refused }: { pattern: string; refused: boolean }): boolean {
  const read = regularExpression(pattern)
  return read.ok === refused && (read.ok || read.reason !== TOO_COMPLEX)
}

/** Random sequences of what means something in a regular expression; the same for the same seed. */
function randomPatterns(count: number, seed: number): string[] {
  const below = numbersBelow(seed)
  return Array.from({ length: count }, () => Array.from({ length: 1 + below(7) }, () => PARTS[below(PARTS.length)]).join(""))
}

function numbersBelow(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % limit
  }
}

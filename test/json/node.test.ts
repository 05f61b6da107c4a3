import { execFileSync } from "node:child_process"
import { expect, test } from "vitest"

// Some versions of Node, 24.18.0 and 26.10.0 among them, give the second object the key of the first.
const script = `JSON.parse('{"\\\\\\\\":1}'); process.stdout.write(JSON.stringify(Object.keys(JSON.parse('{"\\\\n":1}'))))`

test(`Node ${process.version}, which these tests run on, reads escaped keys right`, () => {
  expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })).toBe('["\\n"]')
})

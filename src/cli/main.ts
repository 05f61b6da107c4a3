#!/usr/bin/env node
import { failure } from "./failure.ts"
import { program } from "./program.ts"

// A reader such as `head` that has seen enough closes the pipe; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0)
  process.stderr.write(`kysely-records: the output cannot be written (${error.code})\n`)
  process.exit(1)
})

try {
  await program().parseAsync()
} catch (error) {
  const { line, exitCode } = failure(error)
  if (line !== undefined) process.stderr.write(`${line}\n`)
  process.exitCode = exitCode
}

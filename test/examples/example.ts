import { execFile } from "node:child_process"

/** Runs an example as a reader does, with what stands behind it on the command line. */
export function example(...words: string[]): Promise<{ stdout: string; stderr: string; exitCode: number | null }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, ["--disable-warning=ExperimentalWarning", ...words], (_, stdout, stderr) => {
      resolve({ stdout, stderr, exitCode: child.exitCode })
    })
  })
}

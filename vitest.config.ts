import { configDefaults, defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // They need a cluster, which no package brings.
    exclude: [...configDefaults.exclude, "test/given/**"],
    globalSetup: ["test/setup/server.ts", "test/setup/embedded.ts"],
    // Two cores, and every worker starts a PGlite of its own.
    maxWorkers: 2,
    isolate: false,
    testTimeout: 600_000,
    hookTimeout: 300_000,
  },
})

import { availableParallelism } from "node:os";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const shared = {
  resolve: { conditions: ["@jetfold/source"] },
  ssr: { resolve: { conditions: ["@jetfold/source"] } },
};

/** unit: no server, fast. integration: real nats-servers, one set per file. */
const config: ViteUserConfig = defineConfig({
  ...shared,
  test: {
    // Three files at once at least, also on two cores: most of the time they wait for servers.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "examples/**/*.test.ts", "test/unit/**/*.test.ts"],
          // Properties are tried hundreds of times, which a busy machine needs its time for.
          testTimeout: 30_000,
        },
      },
      {
        ...shared,
        test: {
          name: "integration",
          include: ["test/**/*.test.ts"],
          exclude: ["test/unit/**"],
          globalSetup: ["test/nats-binary.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

export default config;

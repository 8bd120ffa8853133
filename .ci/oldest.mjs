/**
 * Runs a store's contract on the oldest nats-server that jetfold takes, which is built by Go once and
 * kept in the user's cache; JETFOLD_OLDEST_SERVER names one that is there. Where it can't be had this
 * says so, and is no failure. With --path it only says where the server is, in its last line.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const source = readFileSync("src/nats/setup/server-version.ts", "utf8");
const [, version] = /oldestServer = "([\d.]+)"/.exec(source);

const goTimeoutMs = 300_000;

function build(folder) {
  const path = join(folder, "nats-server");
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const PATH = [process.env.PATH, "/usr/local/go/bin"].join(delimiter);
  const env = { ...process.env, PATH, GOBIN: folder };
  const module = `github.com/nats-io/nats-server/v2@v${version}`;
  execFileSync("go", ["install", module], { env, stdio: "inherit", timeout: goTimeoutMs });
  return path;
}

function server() {
  const given = process.env.JETFOLD_OLDEST_SERVER;
  if (given) return given;
  const cache = process.env.JETFOLD_CACHE ?? join(homedir(), ".cache", "jetfold");
  try {
    return build(join(cache, "nats-server-by-go", version));
  } catch (error) {
    console.log(`not run: nats-server ${version} can't be had here (${error.message})`);
    console.log("It takes Go and its module proxy, or JETFOLD_OLDEST_SERVER=path/to/nats-server.");
    return undefined;
  }
}

const path = server();
if (path !== undefined && process.argv.includes("--path")) console.log(path);
else if (path !== undefined) {
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "integration"];
  const { status } = spawnSync(process.execPath, [...vitest, "test/contract/nats.test.ts"], {
    env: { ...process.env, NATS_SERVER_BIN: path },
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}

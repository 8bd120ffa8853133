import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UnavailableError } from "../../src/event/errors.ts";
import { freePorts } from "../../src/testing/nats-server/free-ports.ts";
import { createDatabase, type DatabaseSite } from "./database-site.ts";
import { watchDirectory } from "./directory-watchdog.ts";
import type { PostgresInstallation } from "./installation.ts";
import { PostgresProcess } from "./postgres-process.ts";
import { resolvePostgres } from "./resolve-postgres.ts";
import { unprivilegedAccount } from "./unprivileged-account.ts";

/** How {@link startPostgres} runs its server. */
export interface PostgresOptions {
  /** Wait for the disk at every commit, PostgreSQL's own default. False: leave it to the system. */
  readonly fsync: boolean;
  /** These programs; otherwise what `resolvePostgres` finds or fetches. */
  readonly installation?: PostgresInstallation | undefined;
  /** The longest wait for the server to get ready. Default 30000. */
  readonly startTimeoutMs?: number | undefined;
  /** Gives up the start; means nothing afterwards. */
  readonly signal?: AbortSignal | undefined;
}

/** A PostgreSQL server with an empty database, gone with all its data when stopped. */
export interface PostgresServer {
  /** `postgresql://user:password@127.0.0.1:port/database`, a superuser's. */
  readonly url: string;
  /** Such as `15.18`. */
  readonly version: string;
  /** End it at once and remove its directory; connections to it break. May be called again. */
  stop(): Promise<void>;
}

/** Somebody may take a free port before the server does. */
const maxStarts = 3;

/**
 * Start a PostgreSQL server on the loopback with its default settings but for `fsync`; it is ready
 * when this returns. The caller stops it; it does not outlive this process. Run by root, it runs as
 * an unprivileged account that exists already.
 * @throws {@link UnavailableError} with the end of its log when it does not get ready in time, and
 *   whatever `resolvePostgres` throws; the signal's reason when aborted.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { signal } = options;
  if (process.platform === "win32") throw new UnavailableError("not on Windows");
  const installation = options.installation ?? (await resolvePostgres({ signal }));
  const account = await unprivilegedAccount();
  const directory = await mkdtemp(join(tmpdir(), "jetfold-postgres-"));
  const release = watchDirectory(directory);
  const clear = async (): Promise<void> => {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    release();
  };
  try {
    const password = randomBytes(16).toString("hex");
    const site = await createDatabase({ installation, directory, account, password, signal });
    const { server, port } = await run(site, options);
    let stopped: Promise<void> | undefined;
    return {
      url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
      version: installation.version,
      stop: () => (stopped ??= server.stop().then(clear)),
    };
  } catch (error) {
    await clear();
    throw error;
  }
}

interface Running {
  readonly server: PostgresProcess;
  readonly port: number;
}

async function run(site: DatabaseSite, options: PostgresOptions): Promise<Running> {
  const { fsync, startTimeoutMs = 30_000, signal } = options;
  for (let start = 1; ; start += 1) {
    const [port = 0] = await freePorts(1);
    const server = await PostgresProcess.start(site, port, fsync);
    try {
      await server.awaitReady(site.data, startTimeoutMs, signal);
      return { server, port };
    } catch (error) {
      await server.stop();
      if (!server.portTaken || start === maxStarts) throw error;
    }
  }
}

import { execFile } from "node:child_process";
import { chown, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { UnavailableError } from "../../src/event/errors.ts";
import { movedTo, programEnvironment, type PostgresInstallation } from "./installation.ts";
import type { Account } from "./unprivileged-account.ts";

/** A directory with an empty database in it, and what runs it. */
export interface DatabaseSite {
  readonly installation: PostgresInstallation;
  readonly directory: string;
  /** The data directory. */
  readonly data: string;
  /** Whom the server runs as; undefined for this process's own user. */
  readonly account: Account | undefined;
}

/** What {@link createDatabase} is to make. */
export interface DatabasePlan {
  readonly installation: PostgresInstallation;
  /** An empty directory of this process's own. */
  readonly directory: string;
  readonly account: Account | undefined;
  /** Of the superuser `postgres`. */
  readonly password: string;
  readonly signal?: AbortSignal | undefined;
}

const initTimeoutMs = 60_000;

/**
 * Fill a directory with a new database, UTF-8 in the C locale; everything in it belongs to the
 * account.
 * @throws {@link UnavailableError} with what PostgreSQL's `initdb` printed.
 */
export async function createDatabase(plan: DatabasePlan): Promise<DatabaseSite> {
  const { directory, account, signal } = plan;
  const installation = await reachable(plan);
  const site = { installation, directory, account, data: join(directory, "data") };
  const passwordFile = join(directory, "password");
  await writeFile(passwordFile, plan.password, { mode: 0o600 });
  if (account !== undefined) {
    for (const path of [directory, passwordFile]) await chown(path, account.uid, account.gid);
  }
  const options = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  // The flush at the end of initdb would only be waited for: nothing here is kept.
  const form = ["--encoding=UTF8", "--locale=C", "--no-sync"];
  const initdb = join(installation.bin, "initdb");
  await promisify(execFile)(initdb, ["-D", site.data, ...options, ...form], {
    ...account,
    cwd: directory,
    env: await programEnvironment(installation.root),
    timeout: initTimeoutMs,
    signal,
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new UnavailableError(`initdb: ${String(error)}`, { cause: error });
  });
  return site;
}

/** The cache is in a home directory, where another account cannot reach: give it a copy. */
async function reachable(plan: DatabasePlan): Promise<PostgresInstallation> {
  const { installation, directory, account } = plan;
  if (account === undefined || installation.root === undefined) return installation;
  const copy = join(directory, "server");
  const run = promisify(execFile);
  await run("cp", ["-R", installation.root, copy]);
  await run("chown", ["-R", `${account.uid}:${account.gid}`, copy]);
  return movedTo(installation, copy);
}

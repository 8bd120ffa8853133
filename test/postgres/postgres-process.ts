import { spawn, type ChildProcess } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UnavailableError } from "../../src/event/errors.ts";
import { LogRing } from "../../src/testing/nats-server/log-ring.ts";
import { programEnvironment } from "./installation.ts";
import type { DatabaseSite } from "./database-site.ts";

/** How long the server may take to end on its own before it is killed. */
const graceMs = 10_000;

const maxLogBytes = 64 * 1024;
const logLines = 20;

/** One run of a PostgreSQL server. */
export class PostgresProcess {
  readonly #child: ChildProcess;
  readonly #log = new LogRing(maxLogBytes);
  readonly #exited: Promise<void>;
  #ended: string | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => this.#log.append(chunk));
      (stream as Socket | null)?.unref();
    }
    child.unref();
    this.#exited = new Promise((resolve) => {
      const settle = (how: string): void => {
        this.#ended ??= how;
        resolve();
      };
      child.once("error", (error) => settle(`could not be run (${error.message})`));
      child.once("close", (code, signal) => settle(`ended with ${signal ?? `code ${code}`}`));
    });
  }

  /** Start it on a port of the loopback; it is not ready yet. */
  static async start(site: DatabaseSite, port: number, fsync: boolean): Promise<PostgresProcess> {
    const settings = {
      listen_addresses: "127.0.0.1",
      port: String(port),
      unix_socket_directories: "",
      fsync: fsync ? "on" : "off",
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawn(join(site.installation.bin, "postgres"), ["-D", site.data, ...args], {
      ...site.account,
      cwd: site.directory,
      env: await programEnvironment(site.installation.root),
      stdio: ["ignore", "pipe", "pipe"],
      // Out of the terminal's reach: an interrupt is for this process, which decides about it.
      detached: true,
    });
    return new PostgresProcess(child);
  }

  /** Did it end because somebody else listens on its port? */
  get portTaken(): boolean {
    return this.#ended !== undefined && this.#log.text().includes("could not create any TCP/IP");
  }

  /**
   * Wait until the server says in `postmaster.pid` that it takes connections (since PostgreSQL 10).
   * @throws {@link UnavailableError} with the end of the log when it ends first or is late; the
   *   signal's reason when aborted. The process is left as it is.
   */
  async awaitReady(data: string, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split(
        "\n",
      );
      if (lines[0] === String(this.#child.pid) && lines[7]?.trim() === "ready") return;
      if (this.#ended !== undefined) throw this.#failed(this.#ended);
      if (Date.now() > deadline) throw this.#failed(`is not ready after ${timeoutMs} ms`);
      await delay(10);
    }
  }

  /** End it at once, which frees its shared memory and flushes nothing; wait until it is gone. */
  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#child.kill("SIGQUIT");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    await this.#exited;
    clearTimeout(late);
  }

  #failed(what: string): UnavailableError {
    return new UnavailableError(
      `PostgreSQL ${what}; the end of its log:\n${this.#log.tail(logLines)}`,
    );
  }
}

import { rm } from "node:fs/promises";
import { UnavailableError } from "../../event/errors.ts";
import { awaitFrozen } from "./process-state.ts";
import { runServer, type ServerRun, type ServerSettings } from "./run-server.ts";
import type { ServerExit } from "./server-process.ts";

const stopGraceMs = 5_000;

/**
 * A nats-server of one's own, on the loopback, with JetStream on file storage. Call one of its
 * methods at a time. It ends with this process even when it is never closed.
 */
export class NatsServer implements AsyncDisposable {
  readonly name: string;
  /** Without the `v`, such as `2.15.1`. */
  readonly version: string;
  /** Where JetStream keeps its streams. */
  readonly storeDir: string;
  readonly #settings: ServerSettings;
  #run: ServerRun;
  #closing: Promise<void> | undefined;

  /** Use `startNatsServer`. */
  constructor(settings: ServerSettings, run: ServerRun) {
    this.#settings = settings;
    this.#run = run;
    this.name = settings.name;
    this.version = settings.version;
    this.storeDir = settings.storeDir;
  }

  /** The port for clients; the same after every restart. */
  get port(): number {
    return this.#run.ports.port;
  }

  /** The address for clients, `nats://127.0.0.1:<port>`. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** {@link url}, as a list. */
  get urls(): string[] {
    return [this.url];
  }

  /** The address of the monitoring pages, which changes with every restart. */
  get monitorUrl(): string | undefined {
    return this.#run.ports.monitorUrl;
  }

  /** The process id of the present run, or of the last one. */
  get pid(): number {
    return this.#run.process.pid;
  }

  /** Is the process there? Also true of a paused one. */
  get running(): boolean {
    return this.#run.process.running;
  }

  /** Resolves when the present run ends for whatever reason; a restart begins a new promise. */
  get exited(): Promise<ServerExit> {
    return this.#run.process.exited;
  }

  /** The end of what all runs logged, at least the last 1 MiB of it. */
  log(): string {
    return this.#settings.log.text();
  }

  /** End the process like a crash (SIGKILL) and wait until it is gone. The store is kept. */
  async kill(): Promise<void> {
    await this.#run.process.kill();
  }

  /** End the process in order (SIGTERM, SIGKILL after 5 s), wait until it is gone, keep the store. */
  async stop(): Promise<void> {
    await this.#run.process.stop(stopGraceMs);
  }

  /**
   * Run it again on the same port and store, stopping it first when it runs; waits until ready.
   * @throws {@link UnavailableError} when it does not get ready, and after `close`.
   */
  async restart(): Promise<void> {
    if (this.#closing !== undefined) throw new UnavailableError(`${this.name} is closed`);
    await this.stop();
    this.#run = await runServer(this.#settings, this.port);
  }

  /**
   * Freeze the process (SIGSTOP) and wait until it is frozen: its connections stay open and nothing
   * answers any more.
   * @throws {@link UnavailableError} on Windows, which has no such thing, and when it does not run.
   */
  async pause(): Promise<void> {
    this.#signal("SIGSTOP");
    await awaitFrozen(this.pid);
  }

  /** Let a paused process go on. @throws {@link UnavailableError} as `pause` does. */
  resume(): void {
    this.#signal("SIGCONT");
  }

  /** Stop it and remove its temporary files; a `storeDir` of the caller is kept. May be repeated. */
  async close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.stop();
      const { directory } = this.#settings;
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    })();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #signal(signal: "SIGSTOP" | "SIGCONT"): void {
    if (process.platform === "win32") throw new UnavailableError("Windows cannot pause a process");
    if (!this.running) throw new UnavailableError(`${this.name} is not running`);
    this.#run.process.send(signal);
  }
}

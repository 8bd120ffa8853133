import { spawn, type ChildProcess } from "node:child_process";
import { startTimer } from "../../event/backend/timer.ts";
import { guardAgainstOrphan, letGo } from "./orphan-guard.ts";
import type { LogRing } from "./log-ring.ts";

/** How a server process ended. */
export interface ServerExit {
  /** The exit code; null when a signal ended it, or it never ran. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not be run at all. */
  readonly error?: Error;
}

/** What {@link ServerProcess} runs. */
export interface ServerCommand {
  readonly binary: string;
  readonly args: readonly string[];
  readonly log: LogRing;
  /** Removed with the process, should this one end without stopping it. */
  readonly directory: string | undefined;
}

/** How long a process may take to be gone after SIGKILL before waiting for it is given up. */
const killTimeoutMs = 10_000;

/** How long the output of a process that is gone may take to arrive. */
const outputTimeoutMs = 200;

/** One run of nats-server. It never keeps this process alive, and never outlives it. */
export class ServerProcess {
  /** Resolves, never rejects, when the process is gone for whatever reason. */
  readonly exited: Promise<ServerExit>;
  readonly #child: ChildProcess;
  #running = true;

  constructor(command: ServerCommand) {
    const child = spawn(command.binary, command.args, {
      stdio: ["ignore", "pipe", "pipe"],
      // Out of the terminal's reach: an interrupt is for this process, which decides about the child.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    this.#child = child;
    const release =
      child.pid === undefined ? undefined : guardAgainstOrphan(child, command.directory);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => command.log.append(chunk));
      letGo(stream);
    }
    child.unref();
    this.exited = new Promise((resolve) => {
      const settle = (exit: ServerExit): void => {
        this.#running = false;
        release?.();
        // The last words come after the exit; a stray grandchild may hold the pipes open for ever.
        const stopTimer = startTimer(outputTimeoutMs, () => resolve(exit));
        child.once("close", () => {
          stopTimer();
          resolve(exit);
        });
      };
      child.once("error", (error) => settle({ code: null, signal: null, error }));
      child.once("exit", (code, signal) => settle({ code, signal }));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#running;
  }

  /** Send a signal; does nothing once the process is gone. */
  send(signal: NodeJS.Signals): void {
    if (this.#running) this.#child.kill(signal);
  }

  /** End it at once and wait until it is gone. */
  async kill(): Promise<void> {
    this.send("SIGKILL");
    await this.#goneWithin(killTimeoutMs);
  }

  /** Ask it to end, force it after `graceMs`, and wait until it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.send("SIGTERM");
    // A paused process sees the request only when it goes on.
    if (process.platform !== "win32") this.send("SIGCONT");
    if (!(await this.#goneWithin(graceMs))) await this.kill();
  }

  /** The timer also keeps this process alive meanwhile: nothing of the child does. */
  #goneWithin(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const stopTimer = startTimer(timeoutMs, () => resolve(false));
      void this.exited.then(() => {
        stopTimer();
        resolve(true);
      });
    });
  }
}

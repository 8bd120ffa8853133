import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RunState } from "jetfold";
import { within } from "../faults/until.ts";

/** What a child tells its parent. */
export type Told =
  | { readonly kind: "handling" }
  | { readonly kind: "state"; readonly state: RunState }
  | { readonly kind: "failed"; readonly error: string };

/** A process that runs a projection, from its loading to its end. */
export class Life {
  /** The states that it told, in order. */
  readonly states: RunState[] = [];
  /** How often it told that handling has begun. */
  beginnings = 0;
  /** As it was when it told last that it stands by. */
  beginningsAtStandby = 0;
  readonly #child: ChildProcess;
  readonly #handling: Promise<void>;
  readonly #ended: Promise<NodeJS.Signals | null>;
  #failure = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.on("exit", (_, signal) => resolve(signal)));
    this.#handling = new Promise((resolve) => {
      child.on("message", (told: Told) => {
        if (told.kind === "handling") {
          this.beginnings++;
          resolve();
        } else if (told.kind === "state") {
          this.states.push(told.state);
          if (told.state === "standby") this.beginningsAtStandby = this.beginnings;
        } else this.#failure = told.error;
      });
    });
  }

  /** Load a child module beside this one; it waits for {@link go} before it does anything. */
  static prepare(module: string, args: readonly string[]): Life {
    const script = fileURLToPath(new URL(module, import.meta.url));
    const execArgv = ["--import", "tsx", "-C", "@jetfold/source"];
    return new Life(fork(script, [...args], { execArgv }));
  }

  go(): void {
    this.#child.send("go");
  }

  /** Wait until it has begun to handle events. @throws when it ends before */
  async handling(timeoutMs = 20_000): Promise<void> {
    const ended = this.#ended.then(() => {
      throw new Error(`the child ended: ${this.#failure}`);
    });
    ended.catch(() => undefined);
    await within("the child to handle something", Promise.race([this.#handling, ended]), timeoutMs);
  }

  /** @throws when it has ended */
  assertRunning(): void {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) return;
    throw new Error(`the child ended with ${exitCode ?? signalCode}: ${this.#failure}`);
  }

  /** SIGKILL. @throws when it had ended by itself */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    const signal = await within("the child's end", this.#ended);
    if (signal !== "SIGKILL") throw new Error(`the child ended by itself: ${this.#failure}`);
  }

  /** SIGSTOP: it does nothing any more, and its connections stay. */
  freeze(): void {
    this.assertRunning();
    this.#child.kill("SIGSTOP");
  }

  /** SIGCONT. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** The same, whatever has become of it. */
  async clear(): Promise<void> {
    this.#child.kill("SIGKILL");
    await within("the child's end", this.#ended);
  }
}

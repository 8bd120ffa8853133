import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type ResourceLimits,
  Worker,
} from "node:worker_threads";
import { InvalidInputError, WorkerCrashedError } from "../event/index.ts";
import { startTimer, type StopTimer } from "../event/backend/timer.ts";
import { errorFrom, formOf } from "./error-form.ts";
import type { Crashed, Given, ToMain, ToWorker } from "./messages.ts";

/** A thread that has told that it ended gets so long to do so by itself, in milliseconds. */
const lingerMs = 1_000;

/** What a thread is started with. */
export interface ThreadOptions {
  readonly module: URL;
  readonly data: unknown;
  /** What the threads before it have crashed at. */
  readonly crashed: readonly Crashed[];
  readonly startTimeoutMs: number;
  readonly execArgv: readonly string[] | undefined;
  readonly resourceLimits: ResourceLimits | undefined;
}

/** One thread, from its start to its end. */
export class Thread {
  /** Resolves, when it has ended and everything it told was heard, with what ended it. */
  readonly exited: Promise<unknown>;
  /** When it became ready, on the clock of `performance`; undefined before. */
  readyMs: number | undefined;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #onMessage: (message: ToMain) => void;
  #cause: unknown;
  #stopping = false;
  #stopTimer: StopTimer | undefined;

  /** @throws {@link InvalidInputError} when `data` can't be cloned */
  constructor(options: ThreadOptions, onMessage: (message: ToMain) => void) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#onMessage = onMessage;
    try {
      this.#worker = newWorker(options, port2);
    } catch (cause) {
      port1.close();
      throw cause;
    }
    port1.on("message", (message: ToMain) => this.#hear(message));
    port1.on("messageerror", (error) => this.#hear({ kind: "unread", error: formOf(error) }));
    this.exited = this.#exit();
    const { startTimeoutMs } = options;
    this.#terminateIn(startTimeoutMs, `did not start within ${startTimeoutMs} ms`);
  }

  send(message: ToWorker, buffers: readonly ArrayBuffer[] = []): void {
    this.#port.postMessage(message, buffers);
  }

  /** Let it stop, for so long; then end it as it is. */
  stop(timeoutMs: number): void {
    this.#stopping = true;
    this.send({ kind: "stop" });
    this.#terminateIn(timeoutMs, `did not stop within ${timeoutMs} ms`);
  }

  #hear(message: ToMain): void {
    if (message.kind === "ready") {
      this.readyMs = performance.now();
      if (!this.#stopping) this.#stopTimer?.();
    }
    if (message.kind === "refused") {
      this.#cause = errorFrom(message.error);
      void this.#worker.terminate();
    }
    if (message.kind === "ended") this.#terminateIn(lingerMs);
    this.#onMessage(message);
  }

  #terminateIn(ms: number, why?: string): void {
    this.#stopTimer?.();
    this.#stopTimer = startTimer(ms, () => {
      if (why !== undefined) this.#cause = new WorkerCrashedError(`the worker ${why}`);
      void this.#worker.terminate();
    });
  }

  #exit(): Promise<unknown> {
    return new Promise((resolve) => {
      this.#worker.on("error", (error) => (this.#cause ??= error));
      this.#worker.on("exit", (code) => {
        // What it told last may still be on its way.
        for (;;) {
          const received = receiveMessageOnPort(this.#port);
          if (received === undefined) break;
          this.#hear(received.message as ToMain);
        }
        this.#stopTimer?.();
        this.#port.close();
        resolve(
          this.#cause ?? new WorkerCrashedError(`the worker's thread ended with code ${code}`),
        );
      });
    });
  }
}

function newWorker(options: ThreadOptions, port: MessagePort): Worker {
  const { module, data, crashed, execArgv, resourceLimits } = options;
  const workerData: Given = { jetfold: { port, data, crashed } };
  try {
    return new Worker(module, {
      workerData,
      transferList: [port],
      ...(execArgv && { execArgv: [...execArgv] }),
      ...(resourceLimits && { resourceLimits }),
    });
  } catch (cause) {
    if (!(cause instanceof DOMException)) throw cause;
    throw new InvalidInputError("data", "must be something that can be cloned", data, { cause });
  }
}

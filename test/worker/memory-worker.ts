/** Counts in memory, and can be asked for all that a worker can be asked for. */
import { connect } from "@nats-io/transport-node";
import {
  ConflictError,
  InvalidInputError,
  kvCheckpoints,
  memoryCheckpoints,
  observe,
  RejectedError,
  Rejection,
} from "jetfold";
import { NatsStore } from "jetfold/nats";
import {
  runInWorker,
  transfer,
  type Transfer,
  type WorkerContext,
  type WorkerModule,
} from "jetfold/worker";
import type { Counted } from "../faults/counter.ts";
import { type Count, counting, type Counts, countsOf } from "./counts.ts";
import { unreadable } from "./unreadable.ts";

export interface MemoryData {
  readonly url: string;
  readonly store: string;
  readonly checkpoints?: "memory" | "kv";
  /** Do not give `onState` to the projection. */
  readonly quiet?: boolean;
  /** The handler throws at this step. */
  readonly failAt?: number;
  /** @default 0 */
  readonly retries?: number;
  /** Close nothing, so that the thread can't end by itself. */
  readonly linger?: boolean;
  /** Never return from `start`, or throw. */
  readonly start?: "hang" | "throw" | "exit";
  /** Block the thread for so long in `close`. */
  readonly closeMs?: number;
}

const kept = new Map<string, Count>();
/** Moved by the first query for it. */
const leaving = new Uint8Array(4);
let buffer = new Uint8Array(1_000).fill(7);

const queries = {
  counts: (): Counts => countsOf(kept),
  add: (a: number, b = 1): Promise<number> => Promise.resolve(a + b),
  copied: (): Uint8Array => buffer,
  moved: (): Transfer<Uint8Array> => transfer(buffer),
  fresh: (): Transfer<{ bytes: Uint8Array; note: string }> => {
    buffer = new Uint8Array(1_000).fill(8);
    return transfer({ bytes: buffer, note: "moved" }, [buffer]);
  },
  left: (): number => buffer.byteLength,
  sum: (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum + byte, 0),
  once: (): Transfer<Uint8Array> => transfer(leaving),
  unreadable: (): Transfer<unknown> => unreadable(),
  notClonable: (): unknown => ({ f: () => undefined }),
  hang: (): Promise<number> => new Promise<number>(() => undefined),
  block: (ms: number): void => busy(ms),
  fail: (how: "conflict" | "input" | "type" | "own" | "text" | "no"): never => fail(how),
  crash: (how: "throw" | "exit" | "memory"): void => crash(how),
};

const worker: WorkerModule<MemoryData, typeof queries> = runInWorker({
  async start({ data, onState }: WorkerContext<MemoryData>) {
    if (data.start === "exit") process.exit(3);
    if (data.start === "throw") throw new InvalidInputError("data", "must be sound", data.start);
    if (data.start === "hang") await new Promise(() => setInterval(() => undefined, 1_000));
    const connection = await connect({ servers: data.url, maxReconnectAttempts: -1 });
    const options = { name: data.store, onWarning: () => undefined };
    const store = await NatsStore.open(connection, options);
    const failing = ({ step }: Counted): void => {
      if (step === data.failAt) throw Object.assign(new RangeError("bad step"), { code: "E_STEP" });
    };
    const projection = counting(kept, failing, data.retries);
    const checkpoints = data.checkpoints === "kv" ? kvCheckpoints(store) : memoryCheckpoints();
    const running = observe(store, projection, {
      checkpoints,
      ...(data.quiet !== true && { onState }),
    });
    return {
      running,
      queries,
      async close() {
        if (data.closeMs !== undefined) busy(data.closeMs);
        if (data.linger === true) return;
        await store.close();
        await connection.close();
      },
    };
  },
});

export type MemoryWorker = typeof worker;

function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function fail(how: "conflict" | "input" | "type" | "own" | "text" | "no"): never {
  const cause = Object.assign(new Error("below"), { code: "E_BELOW" });
  if (how === "conflict") throw new ConflictError({ family: "Counter", id: "a" }, 1, 2);
  if (how === "input") throw new InvalidInputError("f", "must not be", () => 1, { cause });
  if (how === "type") throw new TypeError("no such thing", { cause });
  if (how === "no") {
    const rejection = new Rejection("overdrawn", "there are 3", { had: 3 });
    throw new RejectedError({ family: "Counter", id: "a" }, rejection);
  }
  if (how === "text") throw "only text";
  throw new OwnError("mine");
}

class OwnError extends Error {
  override readonly name = "OwnError";
  readonly code = "E_OWN";
  readonly details = { at: 5 };
}

function crash(how: "throw" | "exit" | "memory"): void {
  if (how === "exit") process.exit(7);
  setImmediate(() => {
    if (how === "throw") throw new OwnError("uncaught");
    const held: number[][] = [];
    for (;;) held.push(new Array<number>(100_000).fill(1.5));
  });
}

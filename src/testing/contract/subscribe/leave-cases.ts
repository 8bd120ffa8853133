import assert from "node:assert/strict";
import { once } from "node:events";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ReadableStream } from "node:stream/web";
import type { EventStore, SubscribeOptions } from "../../../event/index.ts";
import { appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { LedgerEvents } from "../contract-events.ts";
import { thrownBy } from "../refused.ts";
import { eventually, within } from "../within.ts";

/** At once, but for a busy machine; well below what a server that does not answer is given. */
const soonMs = 5_000;

/** What a subscription can be read as. */
const readings: Readonly<
  Record<string, (store: EventStore, options: SubscribeOptions) => AsyncIterable<unknown>>
> = {
  events: (store, options) => store.subscribe(LedgerEvents, options),
  "events of one aggregate": (store, options) => store.subscribe(LedgerEvents.of("a"), options),
  deliveries: (store, options) => store.subscribe(LedgerEvents, options).deliveries(),
  batches: (store, options) => store.subscribe(LedgerEvents, options).batches(),
};

/** Leaves a subscription that is being waited for. @returns when whoever waited is told of its end */
type Way = (opened: AsyncIterable<unknown>, idle: () => Promise<void>) => Promise<unknown>;

const sink = (): Writable =>
  new Writable({ objectMode: true, write: (_chunk, _encoding, done) => done() });

const ways: Readonly<Record<string, Way>> = {
  "return, twice, with several items waited for": async (opened, idle) => {
    const iterator = opened[Symbol.asyncIterator]();
    const toEnd = async (): Promise<void> => {
      while (!(await iterator.next()).done);
    };
    const readers = [toEnd(), toEnd()];
    await idle();
    const left = await Promise.all([iterator.return!(), iterator.return!()]);
    assert.deepEqual(left, [
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    await Promise.all(readers);
    assert.equal((await iterator.next()).done, true);
  },
  "a Readable that is destroyed": async (opened, idle) => {
    const readable = Readable.from(opened).resume();
    await idle();
    const closed = once(readable, "close");
    readable.destroy();
    await closed;
  },
  "a Readable that is destroyed with an error": async (opened, idle) => {
    const own = new Error("the reader's own");
    const readable = Readable.from(opened).resume();
    const failed = once(readable, "error");
    await idle();
    readable.destroy(own);
    assert.deepEqual(await failed, [own]);
  },
  "a pipeline whose signal aborts": async (opened, idle) => {
    const stop = new AbortController();
    const { signal } = stop;
    const piped = thrownBy("a pipeline", () => pipeline(Readable.from(opened), sink(), { signal }));
    await idle();
    stop.abort();
    assert.equal(((await piped) as Error).name, "AbortError");
  },
  "a web stream that is cancelled": async (opened, idle) => {
    const reader = ReadableStream.from(opened).getReader();
    const toEnd = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    const reading = toEnd();
    await idle();
    await reader.cancel();
    await reading;
  },
};

/** A subscription that waits for what is not stored yet is left. */
export const leaveCases: readonly CaseDefinition[] = Object.entries(ways).map(([way, leave]) => ({
  guarantee: `it is left at once while the next item is waited for: ${way}`,
  async check({ store, harness }) {
    await appendEach(store, "a", 3);
    const before = await harness.readersOf?.(store);
    for (const [as, open] of Object.entries(readings)) {
      let caughtUp = false;
      const onCaughtUp = (): void => void (caughtUp = true);
      const idle = (): Promise<void> => eventually(() => assert.ok(caughtUp, `${as} are idle`));
      await within(leave(open(store, { onCaughtUp }), idle), `leaving ${as}`, soonMs);
    }
    await eventually(async () => assert.equal(await harness.readersOf?.(store), before));
  },
}));

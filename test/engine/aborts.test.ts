import { setTimeout as delay } from "node:timers/promises";
import { execute, type EventStore, read } from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Counter, counted, CounterEvents, NoiseEvents, OtherEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { cycles } from "../faults/long.ts";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { type Client, Site } from "../faults/site.ts";
import { flawsOf, storedLog } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";
import { leavingNothing } from "./holdings.ts";

const both = [CounterEvents, OtherEvents];

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** Something that a signal ends. */
type Call = (store: EventStore, signal: AbortSignal) => Promise<unknown>;

async function drain(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source);
}

let commits = 0;

/** Every call that takes a signal and waits for the server, on the way that its reading takes. */
const calls: Record<string, Call> = {
  publish: (store, signal) =>
    store.publish(
      { family: NoiseEvents, id: `n-${commits++ % 3}`, expect: "any", events: [counted("w", 1)] },
      { signal },
    ),
  transact: (store, signal) =>
    store.transact(
      ["t-0", "t-1"].map((id) => {
        return { family: NoiseEvents, id, expect: "any", events: [counted("w", 1)] } as const;
      }),
      { signal },
    ),
  execute: (store, signal) => {
    store.roots.delete("Counter.written");
    return execute(store, Counter, "written", { by: "w", step: 1 }, { signal });
  },
  "execute on a root in memory": (store, signal) =>
    execute(store, Counter, "written", { by: "w", step: 1 }, { signal }),
  "execute again": (store, signal) =>
    execute(
      store,
      Counter,
      "written",
      { by: "w", step: 1 },
      { signal, commitId: "nobody" + commits++ },
    ),
  read: (store, signal) => {
    store.roots.delete("Counter.Counter-1");
    return read(store, Counter, "Counter-1", { signal });
  },
  "read from the leader": (store, signal) => {
    store.roots.delete("Counter.Counter-2");
    return read(store, Counter, "Counter-2", { signal, fresh: "leader" });
  },
  "read as it was": (store, signal) => read(store, Counter, "Counter-3", { signal, until: 1_000 }),
  last: (store, signal) => store.last(CounterEvents, "Counter-4", { signal }),
  at: (store, signal) => store.at(CounterEvents, 500, { signal }),
  end: (store, signal) => store.end(both, { signal }),
  ids: (store, signal) => drain(store.ids(CounterEvents, { signal })),
  history: async (store, signal) => {
    const last = (await store.last(CounterEvents, "Counter-5"))!;
    await drain(store.history(last, { after: 0, signal }));
  },
  "history of one side by side": async (store, signal) => {
    const last = (await store.last(CounterEvents, "alone"))!;
    await drain(store.history(last, { after: 0, signal }));
  },
  "replay by pages": (store, signal) => drain(store.replay(CounterEvents.of("alone"), { signal })),
  "replay by merged pages": (store, signal) =>
    drain(store.replay([OtherEvents.of("Other-0"), CounterEvents.of("Counter-0")], { signal })),
  "replay by a stream": (store, signal) => drain(store.replay(both, { signal })),
  "replay of commits": (store, signal) => drain(store.replay(both, { signal }).commits()),
};

/** When a signal is aborted, counted from the call. */
const moments: Record<string, (client: Client, count: number) => Promise<void>> = {
  async microtasks(_, count) {
    for (let i = 0; i < count; i++) await Promise.resolve();
  },
  async ticks(_, count) {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  },
  async replies({ connection }, count) {
    const begun = connection.stats().inMsgs;
    const give = performance.now() + 20;
    while (connection.stats().inMsgs - begun < count && performance.now() < give) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
};

/** Make a call and abort it. @returns was it aborted before its end? */
async function aborting(
  client: Client,
  call: Call,
  moment: (client: Client, count: number) => Promise<void>,
  count: number,
): Promise<boolean> {
  const stopping = new AbortController();
  const reason = new Error("the caller's own");
  const outcome = call(client.store, stopping.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  await moment(client, count);
  stopping.abort(reason);
  const thrown = await within("an aborted call", outcome, 3_000);
  if (thrown === undefined) return false;
  expect(thrown).toBe(reason);
  return true;
}

/** The store in which everything is aborted: more than 3,000 commits, so that it may be streamed. */
async function filled({ store }: Client): Promise<void> {
  await Promise.all([
    fill(store, [...several(CounterEvents, 20), ...several(OtherEvents, 20)], 40 * 90),
    fill(store, [{ family: CounterEvents, id: "written" }], 20),
  ]);
  await fill(store, [{ family: CounterEvents, id: "alone" }], 300);
}

test(
  "whatever is aborted, at whichever await, throws the signal's reason and leaves nothing behind",
  { timeout: 120_000 },
  async () => {
    await leavingNothing(site, async (client, witness) => {
      await filled(client);
      const seed = seedOf();
      const random = randomFrom(seed);
      const aborted: Record<string, number> = {};
      for (const [name, call] of Object.entries(calls)) {
        aborted[name] = 0;
        for (const [unit, moment] of Object.entries(moments)) {
          // Every one of the first awaits, and by chance some of those that come later.
          const counts = Array.from({ length: 24 }, (_, i) => i);
          for (let i = 0; i < cycles(8); i++) counts.push(Math.floor(random() * 200));
          for (const count of counts) {
            const what = `${name} after ${count} ${unit}, seed ${seed}`;
            try {
              if (await aborting(client, call, moment, count)) aborted[name]++;
            } catch (error) {
              throw new Error(what, { cause: error });
            }
          }
        }
      }
      // Otherwise the test aborts nothing.
      for (const [name, times] of Object.entries(aborted)) {
        expect(times, `${name} was aborted before its end`).toBeGreaterThan(10);
      }
      for (const call of Object.values(calls)) {
        await within("a call after all that", call(client.store, new AbortController().signal));
      }
      expect(flawsOf(await storedLog(witness, client.store.name))).toEqual([]);
    });
  },
);

test("a subscription that is aborted, at whichever await, ends and leaves nothing behind", async () => {
  await leavingNothing(site, async (client) => {
    await filled(client);
    const seed = seedOf();
    const random = randomFrom(seed);
    const selections = { streamed: both, pages: [CounterEvents.of("alone")] };
    for (const [name, selection] of Object.entries(selections)) {
      for (const [unit, moment] of Object.entries(moments)) {
        const counts = Array.from({ length: 24 }, (_, i) => i);
        for (let i = 0; i < cycles(8); i++) counts.push(Math.floor(random() * 400));
        for (const count of counts) {
          const stopping = new AbortController();
          const { signal } = stopping;
          const ended = drain(client.store.subscribe(selection, { signal }).deliveries());
          await moment(client, count);
          stopping.abort(new Error("the caller's own"));
          const what = `${name} after ${count} ${unit}, seed ${seed}`;
          // Without an error: that is how a subscription is ended.
          await within(what, ended, 5_000);
        }
      }
    }
  });
});

test("replays that are aborted while their consumers are made leave none behind, many at once", async () => {
  await leavingNothing(site, async (client) => {
    await filled(client);
    const seed = seedOf();
    const random = randomFrom(seed);
    for (let round = 0; round < cycles(6); round++) {
      const aborted = Array.from({ length: 40 }, async () => {
        const stopping = new AbortController();
        const reason = new Error("the caller's own");
        const replay = drain(client.store.replay(both, { signal: stopping.signal }));
        const outcome = replay.catch((error: unknown) => error);
        await moments["ticks"]!(client, Math.floor(random() * 30));
        stopping.abort(reason);
        expect([undefined, reason]).toContain(await within(`seed ${seed}`, outcome));
      });
      await Promise.all(aborted);
    }
  });
});

test("whatever is aborted while the server is frozen ends at once, and leaves nothing behind", async () => {
  await using frozen = await Site.start(1);
  await leavingNothing(frozen, async (client, witness) => {
    await filled(client);
    await read(client.store, Counter, "written");
    await frozen.server.pause();
    const reason = new Error("the caller's own");
    const stopping = new AbortController();
    const { signal } = stopping;
    const { history: _, "history of one side by side": __, ...waiting } = calls;
    const outcomes = Object.entries(waiting).map(async ([name, call]) => {
      const thrown: unknown = await call(client.store, signal).catch((error: unknown) => error);
      return { name, reason: thrown === reason };
    });
    const subscribed = drain(client.store.subscribe(both, { signal }));
    await delay(300);
    stopping.abort(reason);
    const ended = await within("all of them", Promise.all(outcomes), 1_000);
    expect(ended).toEqual(Object.keys(waiting).map((name) => ({ name, reason: true })));
    await within("the subscription", subscribed, 1_000);
    frozen.server.resume();
    await until("the server to answer", async () => {
      const asked = witness.request("$JS.API.INFO", "", { timeout: 500 });
      return asked.then(() => true).catch(() => false);
    });
  });
});

test("whatever is left while the server is frozen is left at once, and leaves nothing behind", async () => {
  await using frozen = await Site.start(1);
  await leavingNothing(frozen, async (client, witness) => {
    await filled(client);
    const { store } = client;
    const opened: Record<string, AsyncIterable<unknown>> = {
      events: store.subscribe(both),
      "what is live already": store.subscribe(both).deliveries(),
      replay: store.replay(both),
      "one aggregate": store.replay(CounterEvents.of("Counter-1")).commits(),
      ids: store.ids(CounterEvents),
      keys: store.projections.keys(),
    };
    const iterators = Object.values(opened).map((one) => one[Symbol.asyncIterator]());
    const live = iterators[1]!;
    for (let caughtUp = false; !caughtUp;) {
      const delivery = (await live.next()).value as { readonly caughtUp?: boolean };
      caughtUp = delivery.caughtUp === true;
    }
    await frozen.server.pause();
    const waiting = iterators.map((iterator) => iterator.next());
    for (const one of waiting) one.catch(() => undefined);
    await delay(100);
    const left = Promise.all(iterators.map((iterator) => iterator.return!()));
    await within("leaving them", left, 1_000);
    const over = { done: true, value: undefined };
    const told = await within("who waited", Promise.all(waiting), 1_000);
    expect(told).toEqual(iterators.map(() => over));
    frozen.server.resume();
    await until("the server to answer", async () => {
      const asked = witness.request("$JS.API.INFO", "", { timeout: 500 });
      return asked.then(() => true).catch(() => false);
    });
  });
});

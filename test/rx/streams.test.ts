import { setTimeout as delay } from "node:timers/promises";
import {
  defineEvents,
  defineProjection,
  type EventStore,
  isJetfoldError,
  kvCheckpoints,
  observe,
  type Running,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { commits$, events$, projected$, projectWith, type RunStatus, state$ } from "jetfold/rx";
import { firstValueFrom, lastValueFrom, map, type Observable, take, toArray } from "rxjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Counted, counted, CounterEvents, OtherEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { consumersOf, subscriptionsOf } from "../faults/follower.ts";
import { Site, storeName } from "../faults/site.ts";
import { until, within } from "../faults/until.ts";

const both = [CounterEvents, OtherEvents];

/** The same family as a newer writer knows it. */
const NewerEvents = defineEvents<Counted | { readonly type: "Reset" }>()({
  name: "Counter",
  types: { Counted: {}, Reset: {} },
});

let site: Site;
beforeAll(async () => void (site = await Site.start(1)));
afterAll(() => site.close());

const stores: Record<string, () => Promise<EventStore>> = {
  memory: () => MemoryStore.open(),
  nats: async () => (await site.client(storeName())).store,
};

async function write(store: EventStore, count: number): Promise<void> {
  for (let step = 1; step <= count; step++) {
    const events = [counted("live", step)];
    await store.publish({ family: CounterEvents, id: "live", expect: "any", events });
  }
}

/** What an Observable gives, as it comes. */
function record<T>(source: Observable<T>) {
  const seen = { values: [] as T[], end: undefined as unknown };
  const subscription = source.subscribe({
    next: (value) => seen.values.push(value),
    error: (error: unknown) => (seen.end = error),
    complete: () => (seen.end = "completed"),
  });
  return Object.assign(seen, { unsubscribe: () => subscription.unsubscribe() });
}

const sequencesOf = map(({ sequence }: { readonly sequence: number }) => sequence);
const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe.each(Object.keys(stores))("on %s", (name) => {
  const opened = async () => stores[name]!();

  test("history is what replay gives, and completes", async () => {
    const store = await opened();
    await fill(store, [...several(CounterEvents, 30), ...several(OtherEvents, 10)], 4_000);
    const sequences = await lastValueFrom(
      events$(store, both, { read: "history" }).pipe(sequencesOf, toArray()),
    );
    expect(sequences).toEqual(upTo(4_000));
    const some = { after: 10, until: 3_000 };
    const commits = await lastValueFrom(
      commits$(store, CounterEvents, { ...some, read: "history" }).pipe(toArray()),
    );
    const replayed: unknown[] = [];
    for await (const commit of store.replay(CounterEvents, some).commits()) replayed.push(commit);
    expect(commits).toEqual(replayed);
    await store.close();
  });

  test("live is what comes, from the subscription on", async () => {
    const store = await opened();
    await write(store, 5);
    const live = record(events$(store, both, { read: "live" }).pipe(sequencesOf));
    const commits = record(commits$(store, both, { read: "live" }).pipe(sequencesOf));
    await delay(50);
    expect(live.values).toEqual([]);
    await write(store, 5);
    await until("the live events", () => live.values.length === 5 && commits.values.length === 5);
    expect([live.values, commits.values]).toEqual([upTo(10, 6), upTo(10, 6)]);
    live.unsubscribe();
    commits.unsubscribe();
    await store.close();
  });

  test("both are without a gap or a repeat, and tell when history is over", async () => {
    const store = await opened();
    await fill(store, several(CounterEvents, 3), 300);
    const writing = write(store, 300);
    const told: unknown[] = [];
    const onCaughtUp = (sequence: number): unknown => told.push(sequence);
    const all = record(events$(store, both, { onCaughtUp }).pipe(sequencesOf));
    const rest = record(commits$(store, both, { after: 200 }).pipe(sequencesOf));
    await writing;
    await until("all of them", () => all.values.length >= 600 && rest.values.length >= 400);
    expect(all.values).toEqual(upTo(600));
    expect(rest.values).toEqual(upTo(600, 201));
    expect(told).toHaveLength(1);
    all.unsubscribe();
    rest.unsubscribe();
    await store.close();
  });

  test("what the read throws is the error, after all that came before it", async () => {
    const store = await opened();
    await write(store, 3);
    const events = [{ type: "Reset" } as const];
    await store.publish({ family: NewerEvents, id: "live", expect: "any", events });
    await write(store, 3);
    const work = async (sequence: number): Promise<number> => (await delay(1), sequence);
    const streams = [
      events$(store, CounterEvents, { read: "history" }).pipe(sequencesOf),
      events$(store, CounterEvents).pipe(sequencesOf),
      commits$(store, CounterEvents).pipe(sequencesOf),
      projected$(store, CounterEvents, ({ sequence }) => work(sequence), { buffer: 9 }),
      events$(store, CounterEvents).pipe(sequencesOf, projectWith(work, { buffer: 9 })),
    ];
    for (const stream of streams) {
      const seen = record(stream);
      await until("the error", () => seen.end !== undefined);
      expect(seen.values).toEqual([1, 2, 3]);
      expect(isJetfoldError(seen.end, "poison"), String(seen.end)).toBe(true);
      expect(seen.end).toMatchObject({ sequence: 4 });
    }
    const skipping = events$(store, CounterEvents, { read: "history", poison: "skip" });
    expect(await lastValueFrom(skipping.pipe(sequencesOf, toArray()))).toEqual([1, 2, 3, 5, 6, 7]);
    await store.close();
  });

  test("a store that is closed completes what is live; what begins afterwards is an error", async () => {
    const store = await opened();
    await write(store, 3);
    const seen = [
      record(events$(store, both)),
      record(commits$(store, both)),
      record(projected$(store, both, ({ sequence }) => sequence, { buffer: 1 })),
    ];
    await until("all to be live", () => seen.every(({ values }) => values.length === 3));
    await store.close();
    await until("the end", () => seen.every(({ end }) => end !== undefined), 5_000);
    expect(seen.map(({ end }) => end)).toEqual(["completed", "completed", "completed"]);
    for (const read of ["history", "both"] as const) {
      const late = firstValueFrom(events$(store, both, { read }));
      await expect(late).rejects.toMatchObject({ code: "closed" });
    }
  });

  test("a projector is waited for, and its results are in order", async () => {
    const store = await opened();
    await fill(store, several(CounterEvents, 10), 500);
    let [inHand, most] = [0, 0];
    const work = async ({ sequence }: { readonly sequence: number }): Promise<number> => {
      most = Math.max(most, ++inHand);
      await delay(sequence % 3);
      inHand--;
      return sequence;
    };
    const options = { read: "history", buffer: 5, concurrency: 4 } as const;
    const results = projected$(store, both, work, options).pipe(toArray());
    expect(await within("all of them", lastValueFrom(results))).toEqual(upTo(500));
    expect(most).toBe(4);
    await store.close();
  });

  test("a projection tells its states and positions, and completes when it stops", async () => {
    const store = await opened();
    await write(store, 3);
    const running = observe(store, noting());
    const seen = record(state$(running));
    expect(seen.values).toMatchObject([{ state: "catching-up", position: 0 }]);
    await running.caughtUp();
    await until("it to be live", () => seen.values.at(-1)?.state === "live");
    await write(store, 1);
    await until("its position", () => seen.values.at(-1)?.position === 4);
    expect(seen.values.at(-1)).toMatchObject({ state: "live", handled: 4, active: true });
    await running.stop();
    await until("its end", () => seen.end !== undefined);
    expect([seen.values.at(-1)?.state, seen.end]).toEqual(["stopped", "completed"]);
    // Who comes late is told, too.
    const late = await lastValueFrom(state$(running).pipe(toArray()));
    expect(late).toMatchObject([{ state: "stopped", position: 4 }]);
    await store.close();
  });

  test("a projection that fails is an error, after its last status", async () => {
    const store = await opened();
    const failure = new Error("of the handler");
    const running = observe(
      store,
      noting(() => Promise.reject(failure)),
    );
    const seen = record(state$(running));
    await write(store, 1);
    await until("the error", () => seen.end !== undefined);
    expect(seen.end).toBe(failure);
    expect(seen.end).toBe(running.error);
    expect(seen.values.at(-1)).toMatchObject({ state: "failed", position: 0 });
    await store.close();
  });

  test("a version that was replaced completes, and the one that took over goes on", async () => {
    const store = await opened();
    await write(store, 3);
    const checkpoints = kvCheckpoints(store);
    const first = record(state$(observe(store, noting(), { checkpoints })));
    await until("the first to be live", () => first.values.at(-1)?.state === "live");
    const second = observe(store, { ...noting(), version: 2 }, { checkpoints });
    const seen = record(state$(second));
    await until("the end of the first", () => first.end !== undefined);
    expect([first.values.at(-1)?.state, first.end]).toEqual(["superseded", "completed"]);
    await until("the second to be active", () => seen.values.at(-1)?.active === true);
    expect([seen.values[0]?.active, seen.end]).toEqual([false, undefined]);
    await second.stop();
    await store.close();
  });

  test("a projection leaves no listener behind, however it is left", async () => {
    const store = await opened();
    const { running, listeners } = counting(observe(store, noting()));
    const many = Array.from({ length: 100 }, () => record<RunStatus>(state$(running)));
    expect(listeners()).toBe(100);
    for (const { unsubscribe } of many.slice(0, 50)) unsubscribe();
    await firstValueFrom(state$(running).pipe(take(1)));
    expect(listeners()).toBe(50);
    await running.stop();
    await until("no listener to be left", () => listeners() === 0);
    expect(many.filter(({ end }) => end === "completed")).toHaveLength(50);
    await store.close();
  });
});

function noting(project: () => void | Promise<void> = () => undefined) {
  const onError = { retries: 0 };
  return defineProjection({ name: "noted", events: CounterEvents, project, onError });
}

/** The same projection, and how many listen to it. */
function counting(of: Running) {
  let count = 0;
  const onChange = (listener: () => void): (() => void) => {
    const off = of.onChange(listener);
    count++;
    return () => (count--, off());
  };
  const running = new Proxy(of, {
    get(target, key) {
      if (key === "onChange") return onChange;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  return { running, listeners: () => count };
}

test("unsubscribing deletes the server's consumer, in history and live, and closing waits for it", async () => {
  const { store, connection } = await site.client(storeName());
  await fill(store, [...several(CounterEvents, 20), ...several(OtherEvents, 20)], 4_000);
  const consumers = async () => (await consumersOf(connection, store.name)).length;
  // The client's own inbox comes with its first request.
  expect(await consumers()).toBe(0);
  const idle = subscriptionsOf(connection);
  const history = record(events$(store, both, { read: "history" }).pipe(take(5)));
  await until("some events", () => history.values.length === 5);
  expect(history.end).toBe("completed");
  await until("no consumer", async () => (await consumers()) === 0, 5_000);
  const streams = [
    events$(store, both),
    commits$(store, both, { after: 3_999 }),
    projected$(store, both, () => delay(20), { buffer: 3 }),
  ];
  for (const stream of streams) {
    const seen = record<unknown>(stream);
    await until("a consumer", async () => (await consumers()) === 1);
    seen.unsubscribe();
    // The server forgets a consumer nobody listens to after 10 s.
    await until("no consumer", async () => (await consumers()) === 0, 5_000);
    expect(subscriptionsOf(connection)).toBe(idle);
    const had = seen.values.length;
    await write(store, 2);
    expect([seen.values.length, seen.end]).toEqual([had, undefined]);
  }
  const last = record(events$(store, both, { read: "live" }));
  await until("a consumer", async () => (await consumers()) === 1);
  last.unsubscribe();
  await store.close();
  expect(await consumers()).toBe(0);
  expect(last.end).toBe(undefined);
});

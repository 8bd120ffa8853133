import {
  type Aggregate,
  defineAggregate,
  type EventStore,
  execute,
  newRoot,
  read,
  saveSnapshot,
  type StoreWarning,
  write,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Count,
  Counter,
  type Counted,
  counted,
  CounterEvents,
  type CounterState,
} from "../faults/counter.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";
import { wrapStore } from "../faults/wrap-store.ts";

const id = "a";
const key = "Counter.a.1";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
  site.cachedRoots = 0;
});
afterAll(() => site.close());

/** Give an aggregate so many events, in commits of ten, without a snapshot. */
async function grow(store: EventStore, events: number, of = id): Promise<void> {
  const aggregate = { ...Counter, snapshots: false } as const;
  const start = (await store.last(CounterEvents, of)) === undefined;
  let root = start ? newRoot(aggregate, of) : await read(store, aggregate, of);
  for (let done = 0; done < events; done += 10) {
    const ten = Array.from({ length: 10 }, (_, i) => counted(of, root.head.revision + i + 1));
    root = await write(store, aggregate, root, ten);
  }
}

async function revisionOfSnapshot(store: EventStore): Promise<number> {
  return (await read(store, Counter, id)).snapshotRevision;
}

/** The state after so many events of {@link grow}. */
function grown(count: number): CounterState {
  return { count, last: `${id}:${count}` };
}

/** The same stream, empty again: what a server that lost its data and its operator leave behind. */
async function empty({ connection, store }: Client): Promise<void> {
  const info = await askApi<{ config: object }>(connection, `STREAM.INFO.${store.name}`);
  await askApi(connection, `STREAM.DELETE.${store.name}`);
  await askApi(connection, `STREAM.CREATE.${store.name}`, info.config);
}

describe.concurrent("a snapshot", () => {
  test("is written after every 100 events, behind the commit, and read from", async () => {
    const { store } = await site.client(storeName());
    const step = (n: number): Promise<unknown> => execute(store, Counter, id, { by: id, step: n });
    for (let n = 1; n <= 99; n++) await step(n);
    expect(await store.snapshots.get(key)).toBeUndefined();
    await step(100);
    await until("the snapshot", async () => store.snapshots.get(key));
    expect(await revisionOfSnapshot(store)).toBe(100);
    for (let n = 101; n <= 199; n++) await step(n);
    expect(await revisionOfSnapshot(store)).toBe(100);
    await step(200);
    await until("the next one", async () => (await revisionOfSnapshot(store)) === 200);
    expect((await read(store, Counter, id)).state).toEqual(grown(200));
    const then = await read(store, Counter, id, { until: 150 });
    expect(then).toMatchObject({ state: grown(150), snapshotRevision: 0 });
    const later = await read(store, Counter, id, { until: 200 });
    expect(later).toMatchObject({ state: grown(200), snapshotRevision: 200 });
  });

  test("that cannot be written holds up no commit; it is a warning", async () => {
    const warnings: StoreWarning[] = [];
    const connection = await site.connect();
    const store = await site.open(connection, storeName(), (warning) => warnings.push(warning));
    await grow(store, 90);
    let refuse: ((error: Error) => void) | undefined;
    const stuck = new Promise<number>((_, reject) => (refuse = reject));
    const slow = wrapStore(store, { snapshots: { ...store.snapshots, put: () => stuck } });
    for (let n = 91; n <= 110; n++) await execute(slow, Counter, id, { by: id, step: n });
    refuse?.(new Error("no bucket"));
    await until("a warning", () => warnings.some(({ code }) => code === "snapshot"));
    expect((await read(store, Counter, id)).state).toEqual(grown(110));
  });

  test("of a state that cannot be stored holds up no commit either", async () => {
    const warnings: StoreWarning[] = [];
    const connection = await site.connect();
    const store = await site.open(connection, storeName(), (warning) => warnings.push(warning));
    const mapped: Aggregate<Map<string, number>, Count, Counted> = defineAggregate({
      events: CounterEvents,
      initial: () => new Map<string, number>(),
      process: (_: Map<string, number>, { by, step }: Count): Counted[] => [counted(by, step)],
      apply: (steps: Map<string, number>, { by, step }: Counted) => new Map(steps).set(by, step),
      snapshots: { every: 1 },
    });
    const { state } = await execute(store, mapped, id, { by: id, step: 1 });
    expect(state).toEqual(new Map([[id, 1]]));
    await until("a warning", () => warnings.some(({ code }) => code === "snapshot"));
    expect((await read(store, mapped, id)).state).toEqual(state);
  });

  test("that is damaged is not believed", async () => {
    const { store } = await site.client(storeName());
    await grow(store, 50);
    await saveSnapshot(store, Counter, await read(store, Counter, id));
    expect(await revisionOfSnapshot(store)).toBe(50);
    const { value } = (await store.snapshots.get(key))!;
    const sound = Buffer.from(value);
    const damaged = Array.from({ length: Math.floor((sound.length * 8) / 5) }, (_, i) => {
      const bit = i * 5;
      const copy = Buffer.from(sound);
      copy[bit >> 3]! ^= 1 << (bit & 7);
      return copy;
    });
    damaged.push(Buffer.alloc(0), Buffer.alloc(4), sound.subarray(0, -1), sound.subarray(5));
    damaged.push(Buffer.concat([sound, sound]), Buffer.from("{}"));
    for (const bytes of damaged) {
      await store.snapshots.put(key, bytes);
      const root = await read(store, Counter, id);
      expect(root).toMatchObject({ state: grown(50), snapshotRevision: 0 });
    }
  });

  test("of another store, or of another aggregate, is not believed", async () => {
    const { store } = await site.client(storeName());
    const other = await site.client(storeName());
    for (const one of [store, other.store]) {
      await grow(one, 50);
      await grow(one, 20, "b");
    }
    await saveSnapshot(other.store, Counter, {
      ...(await read(other.store, Counter, id)),
      state: { count: 0, last: "of another store" },
    });
    const { value: foreign } = (await other.store.snapshots.get(key))!;
    await store.snapshots.put(key, foreign);
    expect(await read(store, Counter, id)).toMatchObject({ state: grown(50), snapshotRevision: 0 });
    await saveSnapshot(store, Counter, await read(store, Counter, id));
    const { value: sibling } = (await store.snapshots.get(key))!;
    await store.snapshots.put("Counter.b.1", sibling);
    expect((await read(store, Counter, "b")).state).toEqual({ count: 20, last: "b:20" });
    await grow(store, 10, "b");
    expect((await read(store, Counter, "b")).state).toEqual({ count: 30, last: "b:30" });
  });

  test("of another reducer version is not used", async () => {
    const { store } = await site.client(storeName());
    await grow(store, 50);
    const root = await read(store, Counter, id);
    const wrong = { ...root, state: { count: -1, last: "of version 1" } };
    await saveSnapshot(store, Counter, wrong);
    expect((await read(store, Counter, id)).state.count).toBe(-1);
    const next = defineAggregate({ ...Counter, version: 2, upcastState: [(old: never) => old] });
    expect(await read(store, next, id)).toMatchObject({ state: grown(50), snapshotRevision: 0 });
    await saveSnapshot(store, next, await read(store, next, id));
    expect((await read(store, Counter, id)).state.count).toBe(-1);
    expect(await read(store, next, id)).toMatchObject({ state: grown(50), snapshotRevision: 50 });
  });

  test.each([30, 50, 80])(
    "of a stream that lost its end, now at %i, is not believed",
    async (now) => {
      const client = await site.client(storeName());
      await grow(client.store, 50);
      await saveSnapshot(client.store, Counter, await read(client.store, Counter, id));
      await empty(client);
      const store = await site.open(client.connection, client.store.name);
      const single = { ...Counter, snapshots: false } as const;
      let root = newRoot(single, id);
      for (let n = 1; n <= now / 10; n++) {
        const ten = Array.from({ length: 10 }, (_, i) => counted("again", i));
        root = await write(store, single, root, ten);
      }
      expect(root.head.revision).toBe(now);
      const again = await read(store, Counter, id);
      expect(again).toMatchObject({ state: root.state, snapshotRevision: 0 });
      const next = await execute(store, Counter, id, { by: "w", step: 1 });
      expect(next.state).toEqual({ count: now + 1, last: "w:1" });
    },
  );

  test("is missed by nobody when the bucket is gone", async () => {
    const warnings: StoreWarning[] = [];
    const connection = await site.connect();
    const store = await site.open(connection, storeName(), (warning) => warnings.push(warning));
    await grow(store, 90);
    await saveSnapshot(store, Counter, await read(store, Counter, id));
    const bucket = `KV_${store.name}-snapshots`;
    const info = await askApi<{ config: object }>(connection, `STREAM.INFO.${bucket}`);
    await askApi(connection, `STREAM.DELETE.${bucket}`);
    expect(await read(store, Counter, id)).toMatchObject({ state: grown(90), snapshotRevision: 0 });
    for (let n = 91; n <= 110; n++) await execute(store, Counter, id, { by: id, step: n });
    expect((await read(store, Counter, id)).state).toEqual(grown(110));
    expect(new Set(warnings.map(({ code }) => code))).toContain("snapshot");
    // The snapshot that is due is still tried, and written once the bucket is back.
    await askApi(connection, `STREAM.CREATE.${bucket}`, info.config);
    await until("the snapshot", async () => store.snapshots.get(key));
  });
});

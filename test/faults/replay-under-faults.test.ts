import {
  CorruptError,
  type Envelope,
  type EventStore,
  NotFoundError,
  read,
  snapshotAndTruncate,
  TruncatedError,
  UnavailableError,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Counter,
  type Counted,
  counted,
  CounterEvents,
  NoiseEvents,
  OtherEvents,
} from "./counter.ts";
import { fill, several } from "./fill.ts";
import { projectAll } from "./follower.ts";
import { Site, storeName } from "./site.ts";
import { askApi } from "./stored-log.ts";
import { until, within } from "./until.ts";

const many = [
  ...several(CounterEvents, 20),
  ...several(OtherEvents, 15),
  ...several(NoiseEvents, 5),
];
const selections = {
  "one aggregate": CounterEvents.of("long"),
  "one family": CounterEvents,
  "several families": [CounterEvents, OtherEvents],
};
const perAggregate = 125;
const expected = { "one aggregate": 1_500, "one family": 4_000, "several families": 5_875 };

let site: Site;
let filled: string;
beforeAll(async () => {
  site = await Site.start(1);
  filled = await fillStore(site);
});
afterAll(() => site.close());

async function fillStore(on: Site): Promise<string> {
  const name = storeName();
  const { store } = await on.client(name);
  await Promise.all([
    fill(store, many, many.length * perAggregate),
    fill(store, [{ family: CounterEvents, id: "long" }], 1_500),
  ]);
  return name;
}

/** Checks that what is read has neither gaps nor repeats. */
class Witness {
  readonly #steps = new Map<string, number>();
  #sequence = 0;
  count = 0;

  take({ family, id, sequence, revision, event }: Envelope<Counted>): void {
    const key = `${family}.${id}`;
    const step = (this.#steps.get(key) ?? 0) + 1;
    expect({ key, step: event.step, revision }).toEqual({ key, step, revision: step });
    expect(sequence).toBeGreaterThan(this.#sequence);
    this.#steps.set(key, step);
    this.#sequence = sequence;
    this.count++;
  }
}

/** Replay all selections at once; the fault comes when one of them is in its second page. */
async function replayAll(store: EventStore, fault: () => Promise<void> | void): Promise<void> {
  let struck = false;
  const replays = Object.entries(selections).map(async ([selection, selected]) => {
    const witness = new Witness();
    for await (const envelope of store.replay(selected)) {
      witness.take(envelope);
      if (witness.count !== 1_200 || struck) continue;
      struck = true;
      await fault();
    }
    expect({ selection, count: witness.count }).toEqual({
      selection,
      count: expected[selection as keyof typeof expected],
    });
  });
  await within("the replays", Promise.all(replays), 30_000);
  expect(struck).toBe(true);
}

describe.concurrent("replay gives every event once, in order", () => {
  test("while the connection is cut", async () => {
    const { store, proxy } = await site.proxied(filled);
    await replayAll(store, () => proxy.cut());
  });

  test("while the answers are held back and lost with the connection", async () => {
    const { store, proxy } = await site.proxied(filled);
    await replayAll(store, async () => {
      proxy.hold();
      await until("pages to be held", () => proxy.heldBytes > 10_000);
      proxy.drop();
    });
  });

  test("while the server is killed and restarted; gone for long it is an UnavailableError", async () => {
    await using doomed = await Site.start(1);
    const name = await fillStore(doomed);
    const { store } = await doomed.client(name);
    await replayAll(store, async () => {
      await doomed.server.kill();
      await doomed.server.restart();
    });
    const { running } = projectAll(store, OtherEvents);
    await running.caughtUp();
    const publish = async (): Promise<number> => {
      const events = [counted("w", 1)];
      const commit = { family: OtherEvents, id: "late", expect: "any", events } as const;
      return (await store.publish(commit)).head.sequence;
    };
    await running.reached(await publish());
    // A stretch so short that it is read by pages: nothing is on its way beyond the one in hand.
    const both = [CounterEvents, OtherEvents];
    const after = (await store.end(both)) - 2_900;
    const startedMs = performance.now();
    let count = 0;
    const replay = async (): Promise<void> => {
      for await (const _ of store.replay(both, { after })) {
        if (++count === 1_200) await doomed.server.kill();
      }
    };
    const error = await within("the replay", replay(), 25_000).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UnavailableError);
    expect(performance.now() - startedMs).toBeLessThan(20_000);
    expect(count).toBeLessThan(2_900);
    // A projection, whose checkpoint could not be saved meanwhile, has no end: it goes on.
    await doomed.server.restart();
    await running.reached(await publish(), { timeoutMs: 15_000 });
    await running.stop();
    expect(running.error).toBeUndefined();
  });
});

describe.concurrent("replay while history is deleted under it", () => {
  test("the whole selection beyond the reader: it ends", async () => {
    const { store, connection } = await site.client(storeName());
    const aggregates = [
      { family: CounterEvents, id: "x" },
      { family: OtherEvents, id: "y" },
    ];
    await fill(store, aggregates, 3_000);
    let count = 0;
    const replay = async (): Promise<void> => {
      for await (const { id } of store.replay([CounterEvents, OtherEvents])) {
        if (++count !== 500) continue;
        expect(id).toMatch(/x|y/);
        await askApi(connection, `STREAM.PURGE.${store.name}`, {});
      }
    };
    await within("the replay", replay(), 10_000);
    // The page in hand is read to its end.
    expect(count).toBeLessThanOrEqual(1_000);
  });

  test("the last messages of one aggregate, up to the bound: an error that says so", async () => {
    const { store, connection } = await site.client(storeName());
    await fill(store, [{ family: CounterEvents, id: "x" }], 1_500);
    let count = 0;
    const replay = async (): Promise<void> => {
      for await (const envelope of store.replay(CounterEvents.of("x"))) {
        expect(envelope.revision).toBe(++count);
        const filter = `${store.name}.Counter.x`;
        if (count === 500) await askApi(connection, `STREAM.PURGE.${store.name}`, { filter });
      }
    };
    const error = await within("the replay", replay(), 10_000).catch((e: unknown) => e);
    expect(error instanceof TruncatedError || error instanceof CorruptError).toBe(true);
    expect(count).toBeLessThanOrEqual(1_000);
    await expect(read(store, Counter, "x")).rejects.toThrow(NotFoundError);
  });

  test("one aggregate is truncated: an error that says so, and a read gives its state", async () => {
    const { store } = await site.client(storeName());
    await fill(store, [{ family: CounterEvents, id: "x" }], 1_500);
    const root = await read(store, Counter, "x");
    let count = 0;
    const replay = async (): Promise<void> => {
      for await (const envelope of store.replay(CounterEvents.of("x"))) {
        expect(envelope.revision).toBe(++count);
        if (count === 500) await snapshotAndTruncate(store, Counter, root);
      }
    };
    const error = await within("the replay", replay(), 10_000).catch((e: unknown) => e);
    // The page in hand is read to its end; what comes after it up to the bound is gone.
    expect(error instanceof TruncatedError || error instanceof CorruptError).toBe(true);
    expect(count).toBeLessThanOrEqual(1_000);
    expect((await read(store, Counter, "x")).state.count).toBe(1_500);
    const again = read(store, Counter, "x", { until: 100 });
    await expect(again).rejects.toThrow(TruncatedError);
  });

  test("one of several is truncated, and written again: the others are whole", async () => {
    const { store } = await site.client(storeName());
    await fill(store, several(CounterEvents, 4), 4_000);
    const root = await read(store, Counter, "Counter-0");
    const witness = new Witness();
    const replay = async (): Promise<void> => {
      for await (const envelope of store.replay(CounterEvents)) {
        if (envelope.id !== "Counter-0") witness.take(envelope);
        if (witness.count !== 400) continue;
        const { root: base } = await snapshotAndTruncate(store, Counter, root);
        const events = [{ type: "Counted", by: "w", step: 1 } as const];
        const { id } = base;
        await store.publish({ family: CounterEvents, id, expect: base.head, events });
        witness.count++;
      }
    };
    const error = await within("the replay", replay(), 10_000).catch((e: unknown) => e);
    expect(error).toBeUndefined();
    expect(witness.count).toBe(3_001);
  });
});

import assert from "node:assert/strict";
import type { Head, Published, Sequence } from "../../event/index.ts";
import { append, appendEach, sendParcel, sequencesOfPublished } from "./append.ts";
import type { CaseContext, CaseDefinition } from "./contract-case.ts";
import { deposited, everything, LedgerEvents, noted, ParcelEvents } from "./contract-events.ts";
import { sequencesOf } from "./gather.ts";
import { listen } from "./listen.ts";
import { eventually, within } from "./within.ts";

/** What a subscription delivers. */
export const subscribeCases: readonly CaseDefinition[] = [
  {
    guarantee: "history comes first, then what is stored live",
    alsoJson: true,
    async check({ store }) {
      const history = await appendEach(store, "a", 5);
      const listener = listen((signal) => store.subscribe(LedgerEvents, { signal }));
      await listener.until((items) => items.length === 5, "history");
      const live = await appendEach(store, "a", 5, history.at(-1)!.head);
      await listener.until((items) => items.length === 10, "live events");
      assert.deepEqual(
        listener.items.map(({ event }) => event),
        [...history, ...live].map((_, n) => deposited((n % 5) + 1)),
      );
      assert.deepEqual(sequencesOf(listener.items), sequencesOfPublished([...history, ...live]));
      await listener.stop();
    },
  },
  {
    guarantee: "an empty store can be waited on",
    async check({ store }) {
      const listener = listen((signal) => store.subscribe(everything, { signal }));
      const { head } = await sendParcel(store, "a");
      await listener.until((items) => items.length === 1, "the first event of the store");
      assert.equal(listener.items[0]?.sequence, head.sequence);
      await listener.stop();
    },
  },
  {
    guarantee: "while writers write all the time there is no gap and no repeat",
    async check({ store }) {
      const all: Sequence[] = [];
      const { written, halfway } = writeAllTheTime(store, all);
      await within(halfway, "half of the commits", 40_000);
      const listener = listen((signal) => store.subscribe(everything, { signal }));
      const late = listen((signal) => store.subscribe(LedgerEvents.of("ledger-1"), { signal }));
      await within(written, "all commits", 40_000);
      await listener.until((items) => items.length >= all.length, "every commit");
      await late.until((items) => items.length >= 150, "every commit of one aggregate");
      assert.deepEqual(
        sequencesOf(listener.items),
        all.sort((x, y) => x - y),
      );
      assert.deepEqual(
        late.items.map(({ revision }) => revision),
        late.items.map((_, index) => index + 1),
      );
      await Promise.all([listener.stop(), late.stop()]);
    },
  },
  {
    guarantee: "a reader that leaves and resumes after its last commit misses and repeats nothing",
    async check({ store }) {
      const all: Sequence[] = [];
      const { written } = writeAllTheTime(store, all);
      const read: Sequence[] = [];
      const readSome = async (): Promise<void> => {
        for await (const { sequence } of store.subscribe(everything, { after: read.at(-1) ?? 0 })) {
          read.push(sequence);
          if (read.length % 50 === 0) break;
        }
      };
      while (read.length < 600) await within(readSome(), "50 commits", 40_000);
      await written;
      assert.deepEqual(
        read,
        all.sort((x, y) => x - y),
      );
    },
  },
  {
    guarantee: "`after` is exclusive",
    async check({ store }) {
      const published = await appendEach(store, "a", 6);
      const sequences = sequencesOfPublished(published);
      for (const selection of [LedgerEvents, LedgerEvents.of("a")]) {
        for (const from of [0, 3, 5]) {
          const after = sequences[from]!;
          const listener = listen((signal) => store.subscribe(selection, { after, signal }));
          const end = (await append(store, "a", "any", [deposited(7)])).head.sequence;
          await listener.until((items) => items.at(-1)?.sequence === end, "the end");
          sequences.push(end);
          assert.deepEqual(
            sequencesOf(listener.items),
            sequences.filter((n) => n > after),
          );
          await listener.stop();
        }
      }
    },
  },
  {
    guarantee: '"new" gives only what is stored after the subscription began',
    async check({ store }) {
      await appendEach(store, "a", 5);
      let caughtUp = false;
      const onCaughtUp = (): void => void (caughtUp = true);
      const listener = listen((signal) =>
        store.subscribe(LedgerEvents, { after: "new", onCaughtUp, signal }),
      );
      await eventually(() => assert.ok(caughtUp, "the subscription begins"));
      const live: Published[] = [];
      for (let n = 0; n < 3; n++) live.push(await append(store, "a", "any", [deposited(n)]));
      await listener.until((items) => items.length >= 3, "live events");
      assert.deepEqual(sequencesOf(listener.items), sequencesOfPublished(live));
      await listener.stop();
    },
  },
  {
    guarantee: "only what is selected is delivered, however much lies between",
    async check({ store }) {
      const write = async (): Promise<Published[]> => {
        const parcels: Published[] = [];
        for (let n = 0; n < 10; n++) {
          const ids = Array.from({ length: 20 }, (_, index) => `ledger-${index}`);
          await Promise.all(ids.map((id) => append(store, id, "any", [deposited(n)])));
          parcels.push(await sendParcel(store, n % 2 === 0 ? "even" : "odd"));
        }
        return parcels;
      };
      const parcels = await write();
      const all = listen((signal) => store.subscribe(ParcelEvents, { signal }));
      const even = listen((signal) => store.subscribe(ParcelEvents.of("even"), { signal }));
      const none = listen((signal) => store.subscribe(ParcelEvents.only("Arrived"), { signal }));
      parcels.push(...(await write()));
      await all.until((items) => items.length >= 20, "all parcels");
      await even.until((items) => items.length >= 10, "even parcels");
      const sequences = sequencesOfPublished(parcels);
      assert.deepEqual(sequencesOf(all.items), sequences);
      assert.deepEqual(
        sequencesOf(even.items),
        sequences.filter((_, n) => n % 2 === 0),
      );
      assert.equal(none.items.length, 0);
      await Promise.all([all.stop(), even.stop(), none.stop()]);
    },
  },
  {
    guarantee: "two subscriptions each get everything",
    async check({ store }) {
      const [first, second] = [1, 2].map(() =>
        listen((signal) => store.subscribe(LedgerEvents, { signal })),
      );
      const published = await appendEach(store, "a", 50);
      for (const listener of [first!, second!]) {
        await listener.until((items) => items.length >= 50, "all events");
        assert.deepEqual(sequencesOf(listener.items), sequencesOfPublished(published));
        await listener.stop();
      }
    },
  },
  {
    guarantee: "a slow reader gets everything, and nobody waits for it",
    async check({ store }) {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const slow = listen(
        (signal) => store.subscribe(LedgerEvents, { signal }),
        () => held,
      );
      let head: Head = (await append(store, "a", "new", [deposited(0)])).head;
      await slow.until((items) => items.length === 1, "the first event");
      const value = "x".repeat(10_000);
      for (let n = 0; n < 800; n++) ({ head } = await append(store, "a", head, [noted(value)]));
      assert.equal(slow.items.length, 1);
      release();
      await slow.until((items) => items.length >= 801, "everything");
      assert.deepEqual(
        slow.items.map(({ revision }) => revision),
        Array.from({ length: 801 }, (_, n) => n + 1),
      );
      await slow.stop();
    },
  },
];

/** 600 commits of four ledgers at once; their sequences come into `all`. */
function writeAllTheTime(
  store: CaseContext["store"],
  all: Sequence[],
): { written: Promise<unknown>; halfway: Promise<void> } {
  let reached = (): void => undefined;
  const halfway = new Promise<void>((resolve) => (reached = resolve));
  const write = async (id: string): Promise<void> => {
    for (let n = 0; n < 150; n++) {
      all.push((await append(store, id, "any", [deposited(n)])).head.sequence);
      if (all.length >= 300) reached();
    }
  };
  const written = Promise.all([0, 1, 2, 3].map((n) => write(`ledger-${n}`)));
  written.catch(() => undefined);
  return { written, halfway };
}

import assert from "node:assert/strict";
import type { Head, Sequence } from "../../../event/index.ts";
import { append, appendEach, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, noted } from "../contract-events.ts";
import { sequencesOf } from "../gather.ts";
import { listen } from "../listen.ts";
import { within } from "../within.ts";
import { writeAllTheTime } from "./write-all-the-time.ts";

/** Subscriptions beside writers and beside each other, at any pace. */
export const paceCases: readonly CaseDefinition[] = [
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

import assert from "node:assert/strict";
import { append, appendEach, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { gather, gatherFirst, sequencesOf } from "../gather.ts";
import { listen } from "../listen.ts";
import { refused, thrownBy } from "../refused.ts";
import { eventually, within } from "../within.ts";

/** How a subscription ends. */
export const endCases: readonly CaseDefinition[] = [
  {
    guarantee: "an aborted signal ends it without an error, also when nothing comes",
    async check({ store }) {
      await appendEach(store, "a", 3);
      for (const selection of [LedgerEvents, LedgerEvents.of("nobody")]) {
        let caughtUp = false;
        const onCaughtUp = (): void => void (caughtUp = true);
        const listener = listen((signal) => store.subscribe(selection, { onCaughtUp, signal }));
        await eventually(() => assert.ok(caughtUp, "the subscription is idle"));
        await listener.stop();
      }
    },
  },
  {
    guarantee: "a signal that was aborted before gives nothing, without an error",
    async check({ store }) {
      await appendEach(store, "a", 3);
      const signal = AbortSignal.abort(new Error("before it began"));
      for (const after of [0, "new"] as const) {
        const subscription = store.subscribe(LedgerEvents, { after, signal });
        assert.deepEqual(await gather(subscription), []);
        assert.deepEqual(await gather(subscription.deliveries()), []);
      }
    },
  },
  {
    guarantee: "nothing is delivered after the signal was aborted",
    async check({ store }) {
      await appendEach(store, "a", 100);
      const stop = new AbortController();
      let count = 0;
      const read = async (): Promise<void> => {
        for await (const _ of store.subscribe(LedgerEvents, { signal: stop.signal })) {
          if (++count === 10) stop.abort();
        }
      };
      await within(read(), "a subscription that is aborted");
      assert.equal(count, 10);
    },
  },
  {
    guarantee: "it can be left with break, any number of times, in history and live",
    async check({ store }) {
      await appendEach(store, "a", 20);
      for (let round = 0; round < 20; round++) {
        const read = await gatherFirst(store.subscribe(LedgerEvents), 5);
        assert.equal(read.at(-1)?.revision, 5);
      }
      for (let round = 0; round < 5; round++) {
        const live = gatherFirst(store.subscribe(LedgerEvents), 21 + round);
        await append(store, "a", "any", [deposited(round)]);
        assert.equal((await live).length, 21 + round);
      }
    },
  },
  {
    guarantee: "an error of the reader ends it and is the reader's own",
    async check({ store }) {
      await appendEach(store, "a", 5);
      const own = new Error("the reader's");
      const thrown = await thrownBy("a reader that throws", async () => {
        for await (const { revision } of store.subscribe(LedgerEvents)) {
          if (revision === 3) throw own;
        }
      });
      assert.equal(thrown, own);
    },
  },
  {
    guarantee: "subscriptions that are left, aborted or closed leave no reader behind",
    needs: ["readers"],
    async check({ store, harness }) {
      await appendEach(store, "a", 20);
      const before = await harness.readersOf!(store);
      for (const selection of [
        LedgerEvents,
        LedgerEvents.of("a"),
        LedgerEvents.only("Deposited"),
      ]) {
        await gatherFirst(store.subscribe(selection), 3);
        await gatherFirst(store.subscribe(selection), 20);
        const listener = listen((signal) => store.subscribe(selection, { signal }));
        await listener.until((items) => items.length === 20, "history");
        await listener.stop();
      }
      await eventually(async () => assert.equal(await harness.readersOf!(store), before));
    },
  },
  {
    guarantee: "options that break a rule are refused",
    async check({ store }) {
      for (const after of [Number.NaN, -1, 1.5, "1", "old", null] as never[]) {
        await refused("invalid-input", `after ${String(after)}`, () =>
          gatherFirst(store.subscribe(LedgerEvents, { after }), 1),
        );
      }
      await refused("invalid-input", "no selection", () => gatherFirst(store.subscribe([]), 1));
    },
  },
  {
    guarantee: "truncation beside it does not disturb it",
    async check({ store }) {
      const { head } = (await appendEach(store, "a", 20)).at(-1)!;
      const listener = listen((signal) => store.subscribe(LedgerEvents, { signal }));
      await listener.until((items) => items.length === 20, "history");
      const live = await appendEach(store, "a", 5, head);
      await listener.until((items) => items.length === 25, "what is to be truncated");
      await store.truncate(LedgerEvents, "a", live.at(-1)!.head.sequence);
      live.push(...(await appendEach(store, "a", 5, live.at(-1)!.head)));
      await listener.until((items) => items.at(-1)?.revision === 30, "what came afterwards");
      const later = sequencesOf(listener.items.filter(({ revision }) => revision >= 25));
      assert.deepEqual(later, sequencesOfPublished(live.slice(4)));
      await listener.stop();
    },
  },
];

import assert from "node:assert/strict";
import type { Published } from "../../../event/index.ts";
import { append, appendEach, sendParcel, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, ParcelEvents } from "../contract-events.ts";
import { sequencesOf } from "../gather.ts";
import { listen } from "../listen.ts";
import { eventually } from "../within.ts";

/** What a subscription delivers. */
export const deliveryCases: readonly CaseDefinition[] = [
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
];

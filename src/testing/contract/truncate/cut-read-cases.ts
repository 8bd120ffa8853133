import assert from "node:assert/strict";
import { appendEach, sendParcel, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { everything, LedgerEvents } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { listen } from "../listen.ts";
import { refused } from "../refused.ts";
import { rebase } from "./rebase.ts";

/** Reading what was cut. */
export const cutReadCases: readonly CaseDefinition[] = [
  {
    guarantee: "an aggregate whose start was cut, without a base, cannot be read from its start",
    alsoJson: true,
    async check({ store }) {
      const sequences = sequencesOfPublished(await appendEach(store, "a", 10));
      await store.truncate(LedgerEvents, "a", sequences[6]!);
      const of = LedgerEvents.of("a");
      for (const until of [undefined, sequences[8]!, sequences[6]!, sequences[3]!]) {
        const error = await refused("truncated", `reading until ${until}`, () =>
          gather(store.replay(of, until === undefined ? {} : { until })),
        );
        assert.deepEqual([error.family, error.id], ["Ledger", "a"]);
        assert.equal(error.firstSequence, sequences[6]);
      }
      await refused("truncated", "reading its commits", () => gather(store.replay(of).commits()));
    },
  },
  {
    guarantee: "what was not cut can be read on from where the reader stands",
    async check({ store }) {
      const sequences = sequencesOfPublished(await appendEach(store, "a", 10));
      await store.truncate(LedgerEvents, "a", sequences[6]!);
      for (const from of [5, 6, 8, 9]) {
        const after = sequences[from]!;
        const read = await gather(store.replay(LedgerEvents.of("a"), { after }));
        assert.deepEqual(sequencesOf(read), sequences.slice(from + 1));
      }
    },
  },
  {
    guarantee: "reads over many aggregates give what is left",
    async check({ store }) {
      const a = await appendEach(store, "a", 10);
      const b = await appendEach(store, "b", 2);
      const { head } = await sendParcel(store, "p");
      await store.truncate(LedgerEvents, "a", a[7]!.head.sequence);
      const expected = [...sequencesOfPublished([...a.slice(7), ...b]), head.sequence];
      assert.deepEqual(sequencesOf(await gather(store.replay(everything))), expected);
      const listener = listen((signal) => store.subscribe(everything, { signal }));
      await listener.until((items) => items.length >= expected.length, "what is left");
      assert.deepEqual(sequencesOf(listener.items), expected);
      await listener.stop();
    },
  },
  {
    guarantee: "a reader of many aggregates is told how many revisions were cut",
    async check({ store }) {
      const published = await appendEach(store, "a", 5);
      await appendEach(store, "whole", 3);
      await store.truncate(LedgerEvents, "a", published[3]!.head.sequence);
      const missingOf = async (id: string, after = 0): Promise<number[]> => {
        const commits = await gather(store.replay(LedgerEvents, { after }).commits());
        return commits.filter((commit) => commit.id === id).map(({ missing }) => missing);
      };
      assert.deepEqual(await missingOf("whole"), [0, 0, 0]);
      assert.equal((await missingOf("a"))[0], 3);
      const { sequence } = await rebase(store);
      await store.truncate(LedgerEvents, "a", sequence);
      assert.deepEqual(await missingOf("a"), [5]);
    },
  },
];

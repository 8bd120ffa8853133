import assert from "node:assert/strict";
import { append, appendEach, sendParcel, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { sequencesOf } from "../gather.ts";
import { refusedAs } from "../refused.ts";
import { rebase } from "../truncate/rebase.ts";
import { historyOf, lastOf } from "./history-of.ts";

/** Histories of which a part is gone, or stands for another. */
export const cutCases: readonly CaseDefinition[] = [
  {
    guarantee: "it begins with the newest base, whether what is below was cut or not",
    alsoJson: true,
    async check({ store }) {
      await appendEach(store, "a", 20);
      await rebase(store);
      await appendEach(store, "a", 5, (await lastOf(store)).head);
      const { head, sequence } = await rebase(store);
      assert.deepEqual(sequencesOf(await historyOf(store, await lastOf(store))), [sequence]);
      const later = sequencesOfPublished(await appendEach(store, "a", 20, head));
      const last = await lastOf(store);
      const before = later[0]! - 1;
      for (const bound of [0, sequence - 12, sequence]) {
        if (bound > 0) await store.truncate(LedgerEvents, "a", bound);
        const read = await historyOf(store, last);
        assert.deepEqual(sequencesOf(read), [sequence, ...later]);
        assert.equal(read[0]?.base?.reducerVersion, 3);
        assert.deepEqual(sequencesOf(await historyOf(store, last, 3)), [sequence, ...later]);
        assert.deepEqual(sequencesOf(await historyOf(store, last, before)), later);
      }
    },
  },
  {
    guarantee: "what is left can be read after where it was cut, though links lead further back",
    async check({ store }) {
      for (const between of [0, 3]) {
        const id = `among-${between}`;
        const sequences: number[] = [];
        for (let n = 0; n < 40; n++) {
          sequences.push((await append(store, id, "any", [deposited(n)])).head.sequence);
          for (let i = 0; i < between; i++) await sendParcel(store, "p");
        }
        await store.truncate(LedgerEvents, id, sequences[30]!);
        const last = await lastOf(store, id);
        for (const from of [29, 30, 35, 38]) {
          const read = await historyOf(store, last, sequences[from]);
          assert.deepEqual(sequencesOf(read), sequences.slice(from + 1));
        }
      }
    },
  },
  {
    guarantee: "a history whose beginning was cut is an error, never a shorter one",
    async check({ store }) {
      const sequences = sequencesOfPublished(await appendEach(store, "a", 60));
      for (const cut of [1, 10, 50, 59]) {
        await store.truncate(LedgerEvents, "a", sequences[cut]!);
        const last = await lastOf(store);
        await refusedAs(["truncated", "corrupt"], `reading what begins at ${cut}`, () =>
          historyOf(store, last),
        );
      }
    },
  },
];

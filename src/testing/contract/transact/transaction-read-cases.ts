import assert from "node:assert/strict";
import { append, endOf, sendParcel, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import {
  deposited,
  everything,
  LedgerEvents,
  opened,
  ParcelEvents,
  sent,
} from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { listen } from "../listen.ts";
import { within } from "../within.ts";

/** What readers see of a transaction. */
export const transactionReadCases: readonly CaseDefinition[] = [
  {
    guarantee: "a subscription gets the parts one after another and knows where they end",
    async check({ store }) {
      const listener = listen((signal) => store.subscribe(everything, { signal }));
      await append(store, "a", "new", [opened()]);
      const published = await store.transact([
        { family: LedgerEvents, id: "b", expect: "new", events: [opened()] },
        { family: ParcelEvents, id: "b", expect: "new", events: [sent()] },
      ]);
      await sendParcel(store, "c");
      await listener.until((items) => items.length === 4, "receiving a transaction live");
      const parts = listener.items.slice(1, 3);
      assert.deepEqual(sequencesOf(parts), sequencesOfPublished(published));
      for (const { commit } of parts) {
        assert.equal(commit.transactionEnd, published[1]!.head.sequence);
      }
      await listener.stop();
    },
  },
  {
    guarantee: "a replay that begins while transactions are stored ends with a whole one",
    async check({ store }) {
      let writing = true;
      const write = async (): Promise<void> => {
        for (let n = 0; writing && n < 500; n++) {
          await store.transact([
            { family: LedgerEvents, id: "a", expect: "any", events: [deposited(n)] },
            { family: LedgerEvents, id: "b", expect: "any", events: [deposited(n)] },
            { family: ParcelEvents, id: "a", expect: "any", events: [sent()] },
          ]);
        }
      };
      const writer = write().finally(() => (writing = false));
      try {
        for (let round = 0; round < 30; round++) {
          const commits = await gather(store.replay(everything).commits());
          const last = commits.at(-1);
          assert.equal(last?.transactionEnd, last?.sequence, "the last part of a transaction");
          assert.equal(commits.length % 3, 0);
        }
      } finally {
        writing = false;
        await within(writer, "the writer's last transaction");
      }
      assert.ok((await endOf(store)) > 0);
    },
  },
];

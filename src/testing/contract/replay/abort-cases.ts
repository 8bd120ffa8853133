import assert from "node:assert/strict";
import { appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { LedgerEvents } from "../contract-events.ts";
import { gather, gatherFirst } from "../gather.ts";
import { thrownBy } from "../refused.ts";
import { eventually } from "../within.ts";

/** Replays that do not come to their end. */
export const abortCases: readonly CaseDefinition[] = [
  {
    guarantee: "an aborted read throws the signal's reason",
    async check({ store }) {
      const [published] = await appendEach(store, "a", 3);
      const reason = { why: "not an Error, but the reason" };
      const options = { signal: AbortSignal.abort(reason) };
      const reads: [string, () => unknown][] = [
        ["replay", () => gather(store.replay(LedgerEvents, options))],
        ["commits", () => gather(store.replay(LedgerEvents, options).commits())],
        ["replay of one aggregate", () => gather(store.replay(LedgerEvents.of("a"), options))],
        ["last", () => store.last(LedgerEvents, "a", options)],
        ["at", () => store.at(LedgerEvents, published!.head.sequence, options)],
        ["end", () => store.end(LedgerEvents, options)],
        ["ids", () => gather(store.ids(LedgerEvents, options))],
        ["truncate", () => store.truncate(LedgerEvents, "a", 1, options)],
      ];
      for (const [what, read] of reads) assert.equal(await thrownBy(what, read), reason, what);
    },
  },
  {
    guarantee: "a replay aborted in the middle gives no more events and throws the reason",
    async check({ store }) {
      await appendEach(store, "a", 300);
      for (const selection of [LedgerEvents, LedgerEvents.of("a")]) {
        const stop = new AbortController();
        const reason = new Error("enough");
        let count = 0;
        const thrown = await thrownBy("a replay that is aborted", async () => {
          for await (const _ of store.replay(selection, { signal: stop.signal })) {
            if (++count === 10) stop.abort(reason);
          }
        });
        assert.equal(thrown, reason);
        assert.equal(count, 10);
      }
    },
  },
  {
    guarantee: "a replay can be left early, any number of times",
    async check({ store }) {
      await appendEach(store, "a", 100);
      for (let round = 0; round < 50; round++) {
        const selection = round % 2 === 0 ? LedgerEvents : LedgerEvents.of("a");
        assert.equal((await gatherFirst(store.replay(selection), 3)).length, 3);
      }
      assert.equal((await gather(store.replay(LedgerEvents))).length, 100);
    },
  },
  {
    guarantee: "an error of the reader ends the replay and is the reader's own",
    async check({ store }) {
      await appendEach(store, "a", 10);
      const own = new Error("the reader's");
      const thrown = await thrownBy("a reader that throws", async () => {
        for await (const { revision } of store.replay(LedgerEvents)) if (revision === 3) throw own;
      });
      assert.equal(thrown, own);
      assert.equal((await gather(store.replay(LedgerEvents))).length, 10);
    },
  },
  {
    guarantee: "replays that end, are left, fail or are aborted leave no reader behind",
    needs: ["readers"],
    async check({ store, harness }) {
      await appendEach(store, "a", 20);
      const before = await harness.readersOf!(store);
      for (const selection of [LedgerEvents, LedgerEvents.of("a"), LedgerEvents.only("Noted")]) {
        await gather(store.replay(selection));
        await gatherFirst(store.replay(selection), 3);
        const stop = new AbortController();
        await thrownBy("a replay that is aborted", async () => {
          for await (const _ of store.replay(selection, { signal: stop.signal })) stop.abort();
          throw new Error("had nothing to read");
        });
      }
      await eventually(async () => assert.equal(await harness.readersOf!(store), before));
    },
  },
];

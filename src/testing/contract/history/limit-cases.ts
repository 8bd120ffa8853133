import assert from "node:assert/strict";
import { appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { gather, gatherFirst, sequencesOf } from "../gather.ts";
import { refused, thrownBy } from "../refused.ts";
import { historyOf, lastOf } from "./history-of.ts";

/** Where a history begins and ends. */
export const limitCases: readonly CaseDefinition[] = [
  {
    guarantee: "nothing is read when it begins at the last commit, or after it",
    async check({ store }) {
      await appendEach(store, "a", 20);
      const last = await lastOf(store);
      for (const after of [last.sequence, last.sequence + 1, Number.MAX_SAFE_INTEGER]) {
        assert.deepEqual(await historyOf(store, last, after), []);
      }
    },
  },
  {
    guarantee: "it ends with the commit that was given, whatever was written since",
    async check({ store }) {
      const first = await appendEach(store, "a", 20);
      const last = await lastOf(store);
      await appendEach(store, "a", 20, last.head);
      const sequences = first.map(({ head }) => head.sequence);
      assert.deepEqual(sequencesOf(await historyOf(store, last)), sequences);
    },
  },
  {
    guarantee: "a beginning that is no sequence is refused",
    async check({ store }) {
      await appendEach(store, "a", 3);
      const last = await lastOf(store);
      for (const after of [-1, 1.5, Number.NaN, Infinity, "1", 1n, null] as never[]) {
        const error = await refused("invalid-input", `after ${String(after)}`, () =>
          historyOf(store, last, after),
        );
        assert.equal(error.field, "after");
      }
    },
  },
  {
    guarantee: "it may be read again, and left early",
    async check({ store }) {
      await appendEach(store, "a", 40);
      const last = await lastOf(store);
      for (let round = 0; round < 20; round++) {
        const first = await gatherFirst(store.history(last, { after: 0 }), 3);
        assert.equal(first.length, 3);
      }
      assert.equal((await historyOf(store, last)).length, 40);
    },
  },
  {
    guarantee: "aborted, it throws the signal's reason",
    async check({ store }) {
      await appendEach(store, "a", 40);
      const last = await lastOf(store);
      const reason = new Error("the caller's");
      const aborted = AbortSignal.abort(reason);
      const read = (): unknown => gather(store.history(last, { after: 0, signal: aborted }));
      assert.equal(await thrownBy("a history aborted before", read), reason);
      const stop = new AbortController();
      const reading = gather(store.history(last, { after: 0, signal: stop.signal }));
      stop.abort(reason);
      assert.equal(await thrownBy("a history aborted meanwhile", () => reading), reason);
    },
  },
];

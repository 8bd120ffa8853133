import assert from "node:assert/strict";
import { append, appendEach, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";

/** A decision that is made again under one commit id: `retryOf`. */
export const retryOfCases: readonly CaseDefinition[] = [
  {
    guarantee: "retryOf finds what an earlier attempt stored, whatever is decided now",
    alsoJson: true,
    async check({ store }) {
      const start = await append(store, "a", "new", [opened()]);
      const commitId = "decision";
      const stored = await append(store, "a", start.head, [deposited(1)], { commitId });
      const [other] = await appendEach(store, "a", 1, stored.head);
      const retryOf = start.head.sequence;
      for (const expect of [other!.head, start.head, "any"] as const) {
        const again = await append(store, "a", expect, [deposited(2)], { commitId, retryOf });
        assert.deepEqual(again, { ...stored, repeated: true });
      }
      assert.equal(await endOf(store), other!.head.sequence, "nothing was stored");
    },
  },
  {
    guarantee: "retryOf 0 looks from the aggregate's first commit on",
    async check({ store }) {
      const stored = await append(store, "a", "new", [opened()], { commitId: "decision" });
      const later = await appendEach(store, "a", 40, stored.head);
      const options = { commitId: "decision", retryOf: 0 };
      const again = await append(store, "a", later.at(-1)!.head, [deposited(2)], options);
      assert.deepEqual(again, { ...stored, repeated: true });
      assert.equal((await gather(store.replay(LedgerEvents.of("a")))).length, 41);
    },
  },
  {
    guarantee: "retryOf appends when no earlier attempt was stored",
    async check({ store }) {
      const start = await append(store, "a", "new", [opened()]);
      const [other] = await appendEach(store, "a", 1, start.head);
      const options = { commitId: "decision", retryOf: start.head.sequence };
      const stored = await append(store, "a", other!.head, [deposited(2)], options);
      assert.equal(stored.repeated, false);
      assert.equal(stored.head.revision, 3);
    },
  },
  {
    guarantee: "retryOf is no way around a conflict",
    async check({ store }) {
      const start = await append(store, "a", "new", [opened()]);
      const [other] = await appendEach(store, "a", 1, start.head);
      const options = { commitId: "decision", retryOf: start.head.sequence };
      const error = await refused("conflict", "a retry on a stale head", () =>
        append(store, "a", start.head, [deposited(2)], options),
      );
      assert.equal(error.actual, other!.head.sequence);
      assert.equal(await endOf(store), other!.head.sequence, "nothing was stored");
    },
  },
];

import assert from "node:assert/strict";
import { find, newRoot, read, type Root } from "../../../aggregate/index.ts";
import type { EventStore } from "../../../event/index.ts";
import { appendEach, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { LedgerEvents } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { refused } from "../refused.ts";
import { eventually } from "../within.ts";
import { Ledger, type LedgerState } from "./ledger.ts";

const lengths = [1, 16, 17, 100, 300];

/** Every way to load it gives what its replay folds to. */
async function assertLoads(store: EventStore, id: string, length: number): Promise<void> {
  const envelopes = await gather(store.replay(LedgerEvents.of(id)));
  assert.equal(envelopes.length, length);
  let state = Ledger.initial();
  for (const { event } of envelopes) state = Ledger.apply(state, event);
  const { sequence, revision } = envelopes.at(-1)!;
  const check = (root: Root<LedgerState>): void => {
    assert.deepEqual(root.state, state);
    assert.deepEqual([root.head.sequence, root.head.revision], [sequence, revision]);
  };
  check(await read(store, Ledger, id, { fresh: "leader" }));
  check(await read(store, Ledger, id, { until: sequence }));
  // A replica may not have heard of the last ones yet.
  await eventually(async () => check(await read(store, Ledger, id)));
  for (const half of [Math.ceil(length / 2), length - 1]) {
    const until = envelopes[half - 1]?.sequence;
    if (until === undefined) continue;
    const earlier = await read(store, Ledger, id, { until });
    assert.deepEqual([earlier.state.events, earlier.head.sequence], [half, until]);
  }
}

/** Aggregates as they are loaded, nothing in memory. */
export const loadCases: readonly CaseDefinition[] = [
  {
    guarantee: `aggregates of ${lengths.join(", ")} commits side by side load as their replay folds`,
    options: { cachedRoots: 0 },
    async check({ store }) {
      for (const length of lengths) {
        await appendEach(store, `of-${length}`, length);
        await assertLoads(store, `of-${length}`, length);
      }
    },
  },
  {
    guarantee: `aggregates of ${lengths.join(", ")} commits far apart load as their replay folds`,
    options: { cachedRoots: 0 },
    async check({ store }) {
      let writing = true;
      const noise = async (id: string): Promise<void> => {
        while (writing) await sendParcel(store, id);
      };
      const others = ["p", "q", "r", "s"].map(noise);
      await Promise.all(lengths.map((length) => appendEach(store, `of-${length}`, length)));
      writing = false;
      await Promise.all(others);
      for (const length of lengths) await assertLoads(store, `of-${length}`, length);
    },
  },
  {
    guarantee: "an aggregate without a commit is not found, and begins with its initial state",
    async check({ store }) {
      for (const fresh of [undefined, "leader", "cached", { maxStaleMs: 1000 }] as const) {
        const options = fresh === undefined ? {} : { fresh };
        assert.equal(await find(store, Ledger, "a", options), undefined);
        const error = await refused("not-found", "reading nothing", () =>
          read(store, Ledger, "a", options),
        );
        assert.deepEqual([error.family, error.id], ["Ledger", "a"]);
      }
      assert.equal(store.roots.size, 0, "nothing is kept of what is not there");
      assert.deepEqual(newRoot(Ledger, "a").state, Ledger.initial());
    },
  },
];

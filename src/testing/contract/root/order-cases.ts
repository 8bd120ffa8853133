import assert from "node:assert/strict";
import { find, type LoadStore, read, write } from "../../../aggregate/index.ts";
import type { EventStore } from "../../../event/index.ts";
import { appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited } from "../contract-events.ts";
import { Ledger } from "./ledger.ts";

const cached = { fresh: "cached" } as const;
const leader = { fresh: "leader" } as const;

/** The same store and memory, but what `last` gives is held back until it is let go. */
function slowed(store: EventStore): { readonly slow: LoadStore; letGo(): void } {
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const { name, roots, snapshots, storeId, onWarning } = store;
  const slow: LoadStore = {
    name,
    roots,
    snapshots,
    storeId,
    onWarning,
    replay: (selection, options) => store.replay(selection, options),
    history: (last, options) => store.history(last, options),
    at: (selection, sequence, options) => store.at(selection, sequence, options),
    stampAt: (sequence, options) => store.stampAt(sequence, options),
    last: async (family, id, options) => {
      const last = await store.last(family, id, options);
      await gate;
      return last;
    },
  };
  return { slow, letGo };
}

/** What memory holds never goes back. */
export const orderCases: readonly CaseDefinition[] = [
  {
    guarantee: "a read that began before a write never takes its place in memory",
    async check({ store }) {
      await appendEach(store, "a", 20);
      for (const known of [false, true]) {
        if (known) await read(store, Ledger, "a", leader);
        const { slow, letGo } = slowed(store);
        const before = await read(store, Ledger, "a", leader);
        if (!known) store.roots.delete("Ledger.a");
        const early = find(slow, Ledger, "a", leader);
        const written = await write(store, Ledger, before, [deposited(1)]);
        letGo();
        // It answers as of when it asked; what is kept is newer.
        assert.ok((await early)!.head.sequence <= written.head.sequence);
        assert.deepEqual((await read(store, Ledger, "a", cached)).head, written.head);
      }
    },
  },
  {
    guarantee: "reads and writes at once leave the newest root in memory",
    async check({ store }) {
      await appendEach(store, "a", 3);
      let root = await read(store, Ledger, "a", leader);
      for (let round = 0; round < 50; round++) {
        const reads = Array.from({ length: 5 }, (_, n) =>
          read(store, Ledger, "a", n % 2 === 0 ? leader : {}),
        );
        root = await write(store, Ledger, root, [deposited(round)]);
        const later = read(store, Ledger, "a");
        await Promise.all([...reads, later]);
        const kept = await read(store, Ledger, "a", cached);
        assert.deepEqual([kept.head, kept.state], [root.head, root.state]);
      }
    },
  },
];

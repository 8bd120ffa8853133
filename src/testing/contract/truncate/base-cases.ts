import assert from "node:assert/strict";
import { append, appendEach, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { listen } from "../listen.ts";
import { refused } from "../refused.ts";
import { base, rebase } from "./rebase.ts";

/** The base that stands for what was cut. */
export const baseCases: readonly CaseDefinition[] = [
  {
    guarantee: "a base is a commit without events that holds the state as of its revision",
    alsoJson: true,
    async check({ store }) {
      await appendEach(store, "a", 5);
      const { head, sequence } = await rebase(store);
      assert.equal(head.revision, 5);
      const last = await store.last(LedgerEvents, "a", { fresh: "leader" });
      assert.deepEqual([last?.sequence, last?.envelopes.length], [sequence, 0]);
      assert.deepEqual([last?.firstRevision, last?.lastRevision], [6, 5]);
      assert.equal(last?.base?.reducerVersion, 3);
      const held = last?.base;
      assert.ok(last && held);
      assert.deepEqual(held.value ?? last.codec.decode(held.state, "Ledger"), base.state);
      assert.equal((await append(store, "a", head, [deposited(6)])).head.revision, 6);
      assert.equal((await gather(store.replay(LedgerEvents.of("a")))).length, 6);
    },
  },
  {
    guarantee: "the commits of an aggregate whose base is left can be read from there",
    alsoJson: true,
    async check({ store }) {
      await appendEach(store, "a", 5);
      const { head, sequence } = await rebase(store);
      const later = await appendEach(store, "a", 3, head);
      assert.equal(await store.truncate(LedgerEvents, "a", sequence), 5);
      const expected = [sequence, ...sequencesOfPublished(later)];
      for (const selection of [LedgerEvents.of("a"), LedgerEvents, everything]) {
        const commits = await gather(store.replay(selection).commits());
        assert.deepEqual(sequencesOf(commits), expected);
        assert.equal(commits[0]?.base?.reducerVersion, 3);
      }
      const events = await gather(store.replay(LedgerEvents));
      assert.deepEqual(
        events.map(({ revision }) => revision),
        [6, 7, 8],
      );
      const listener = listen((signal) => store.subscribe(LedgerEvents, { signal }).deliveries());
      await listener.until((items) => items.length >= 4, "the base and what follows");
      assert.deepEqual(sequencesOf(listener.items.slice(0, 4)), expected);
      await listener.stop();
    },
  },
  {
    guarantee: "the events of an aggregate alone are never read without those that a base replaced",
    async check({ store }) {
      await appendEach(store, "a", 5);
      const { head, sequence } = await rebase(store);
      await appendEach(store, "a", 3, head);
      await store.truncate(LedgerEvents, "a", sequence);
      await refused("truncated", "reading events whose beginning is a base", () =>
        gather(store.replay(LedgerEvents.of("a"))),
      );
      const read = await gather(store.replay(LedgerEvents.of("a"), { after: sequence }));
      assert.equal(read.length, 3);
    },
  },
  {
    guarantee: "commits left over below a base are of no use, so commits begin at the base",
    async check({ store }) {
      const before = sequencesOfPublished(await appendEach(store, "a", 5));
      const { head, sequence } = await rebase(store);
      const [later] = await appendEach(store, "a", 1, head);
      assert.equal(await store.truncate(LedgerEvents, "a", before[2]!), 2);
      const commits = await gather(store.replay(LedgerEvents.of("a")).commits());
      assert.deepEqual(sequencesOf(commits), [sequence, later!.head.sequence]);
    },
  },
  {
    guarantee: "below a base that is left, history is truncated all the same",
    async check({ store }) {
      const before = sequencesOfPublished(await appendEach(store, "a", 5));
      const { sequence } = await rebase(store);
      await store.truncate(LedgerEvents, "a", sequence);
      const error = await refused("truncated", "reading until before the base", () =>
        gather(store.replay(LedgerEvents.of("a"), { until: before[3]! })),
      );
      assert.equal(error.firstSequence, sequence);
      const until = { until: sequence };
      const commits = await gather(store.replay(LedgerEvents.of("a"), until).commits());
      assert.deepEqual(sequencesOf(commits), [sequence]);
    },
  },
  {
    guarantee: "a base is given to readers of certain types too: it stands for events of theirs",
    async check({ store }) {
      await appendEach(store, "a", 5);
      const { sequence } = await rebase(store);
      await store.truncate(LedgerEvents, "a", sequence);
      const commits = await gather(store.replay(LedgerEvents.only("Deposited")).commits());
      assert.deepEqual(sequencesOf(commits), [sequence]);
    },
  },
];

import assert from "node:assert/strict";
import type { NewBase, Published, Sequence } from "../../event/index.ts";
import { append, appendEach, sendParcel, sequencesOfPublished } from "./append.ts";
import type { CaseContext, CaseDefinition } from "./contract-case.ts";
import { deposited, everything, LedgerEvents } from "./contract-events.ts";
import { gather, sequencesOf } from "./gather.ts";
import { listen } from "./listen.ts";
import { refused } from "./refused.ts";

const base: NewBase = { reducerVersion: 3, state: { cents: 15, owners: ["Ada"], none: null } };

/** Reading what was cut, and the base that stands for it. */
export const truncatedReadCases: readonly CaseDefinition[] = [
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
      assert.equal((await missingOf("a", 1))[0], 0, "a read from the middle cannot know");
      const { sequence } = await rebase(store);
      await store.truncate(LedgerEvents, "a", sequence);
      assert.deepEqual(await missingOf("a"), [5]);
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

/** Append a base to ledger "a". */
async function rebase(
  store: CaseContext["store"],
): Promise<Published & { readonly sequence: Sequence }> {
  const commit = { family: LedgerEvents, id: "a", expect: "any", events: [], base } as const;
  const published = await store.publish(commit);
  return { ...published, sequence: published.head.sequence };
}

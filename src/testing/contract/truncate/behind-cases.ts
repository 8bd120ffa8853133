import assert from "node:assert/strict";
import type { Commit, Sequence } from "../../../event/index.ts";
import { append, appendEach, sendParcel, sequencesOfPublished } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, noted } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { refused } from "../refused.ts";
import { rebase } from "./rebase.ts";

/** Reads that go on behind what was cut since, from where they had come. */
export const behindCases: readonly CaseDefinition[] = [
  {
    guarantee: "who goes on behind a cut is given the base, marked, and no events in its place",
    alsoJson: true,
    async check({ store }) {
      const { after, base, later } = await cutBehind(store, 11);
      for (const selection of [LedgerEvents, LedgerEvents.of("a"), LedgerEvents.only("Noted")]) {
        const commits = await gather(store.replay(selection, { after }).commits());
        const own = commits.filter(({ id }) => id === "a");
        assert.equal(own[0]?.sequence, base);
        assert.ok(own[0].base !== undefined && own[0].missing > 0);
        assert.equal(own[0].hole?.code, "truncated");
        assert.ok(own.slice(1).every(({ missing, hole }) => missing === 0 && hole === undefined));
        const error = await refused("truncated", "reading events only", () =>
          gather(store.replay(selection, { after })),
        );
        assert.deepEqual([error.family, error.id, error.firstSequence], ["Ledger", "a", base]);
      }
      const read = await gather(store.replay(LedgerEvents, { after: base }));
      assert.deepEqual(sequencesOf(read), [later]);
    },
  },
  {
    guarantee: "commits left over below the base are marked, and the base comes",
    async check({ store }) {
      const { after, left, base, later } = await cutBehind(store, 8);
      const commits = await gather(store.replay(LedgerEvents, { after }).commits());
      assert.deepEqual(sequencesOf(ownOf(commits)), [...left, base, later]);
      const missing = ownOf(commits).map((commit) => commit.missing > 0);
      assert.deepEqual(missing, [true, true, true, true, false]);
    },
  },
  {
    guarantee: "behind a cut without a base a read ends with an error, after all that is whole",
    async check({ store }) {
      const [third, ...rest] = sequencesOfPublished((await appendEach(store, "a", 10)).slice(2));
      const parcel = await sendParcel(store, "p");
      await store.truncate(LedgerEvents, "a", rest[4]!);
      const options = { after: third! };
      const commits: Commit[] = [];
      await refused("truncated", "reading commits", async () => {
        for await (const commit of store.replay(everything, options).commits()) {
          commits.push(commit);
        }
      });
      assert.deepEqual(sequencesOf(commits), [...rest.slice(4), parcel.head.sequence]);
      assert.ok(commits[0]!.missing > 0 && commits[0]!.hole !== undefined);
      await refused("truncated", "reading events", () => gather(store.replay(everything, options)));
      for (const until of [rest[2]!, rest[5]!]) {
        await refused("truncated", `reading one aggregate until ${until}`, () =>
          gather(store.replay(LedgerEvents.of("a"), { ...options, until }).commits()),
        );
      }
    },
  },
  {
    guarantee: "who has come as far as the cut misses nothing behind it",
    async check({ store }) {
      const { cutUpTo, left, base, later } = await cutBehind(store, 8);
      for (const selection of [everything, LedgerEvents.of("a")]) {
        const commits = await gather(store.replay(selection, { after: cutUpTo }).commits());
        assert.deepEqual(sequencesOf(ownOf(commits)), [...left, base, later]);
        assertWhole(commits);
      }
    },
  },
  {
    guarantee: "what is stored, but not selected or not begun with, is no hole",
    async check({ store }) {
      const bound = (await appendEach(store, "before", 3)).at(-1)!.head;
      await append(store, "before", bound, [noted(1)]);
      await append(store, "before", "any", [deposited(1)]);
      await append(store, "before", "any", []);
      await rebase(store);
      for (const id of ["a", "b", "before"]) {
        for (let n = 0; n < 3; n++) await append(store, id, "any", [noted(n)]);
      }
      const selections = [
        LedgerEvents,
        LedgerEvents.only("Noted"),
        LedgerEvents.of("before"),
        [LedgerEvents.of("before"), LedgerEvents.of("b")],
      ];
      const end = await store.end(LedgerEvents);
      for (const selection of selections) {
        for (let after: Sequence = 1; after < end; after++) {
          const commits = await gather(store.replay(selection, { after }).commits());
          assertWhole(commits);
        }
      }
    },
  },
  {
    guarantee: "nor is what the reader's policy skips",
    needs: ["foreign", "payload"],
    async check({ store, harness }) {
      const { head } = await append(store, "a", "new", [deposited(1)]);
      const bytes = (await harness.payloadOf!(store, head.sequence)).slice();
      bytes[bytes.length - 1]! ^= 1;
      await harness.putForeign!(store, "Ledger", "b", bytes);
      const spoiled = await store.end(LedgerEvents);
      const on = { sequence: spoiled, revision: 1, checksum: 7, links: [spoiled] };
      const next = await append(store, "b", on, [deposited(2)]);
      await append(store, "b", next.head, [deposited(3)]);
      const options = { after: head.sequence, poison: "skip" } as const;
      const commits = await gather(store.replay(LedgerEvents, options).commits());
      assert.deepEqual(
        commits.map(({ firstRevision }) => firstRevision),
        [2, 3],
      );
      assertWhole(commits);
    },
  },
  {
    guarantee: "nor is anything where a stream was copied, and its commits moved",
    needs: ["foreign", "payload"],
    async check(context) {
      for (const by of [2, 5]) {
        const copy = await movedCopy(context, by);
        for (let after = 1; after < 18; after++) {
          const commits = await gather(copy.replay(LedgerEvents, { after }).commits());
          assert.equal(commits.length, 18 - after);
          assertWhole(commits);
        }
      }
    },
  },
  {
    guarantee: "nor where links of such a copy lead to what was cut since of another aggregate",
    needs: ["foreign", "payload"],
    async check(context) {
      const copy = await movedCopy(context, 2);
      const { head } = await append(copy, "c", "any", [deposited(6)]);
      await copy.truncate(LedgerEvents, "c", head.sequence);
      for (let after = 1; after < 18; after++) {
        for (const selection of [
          LedgerEvents.of("a"),
          ["a", "b"].map((id) => LedgerEvents.of(id)),
        ]) {
          assertWhole(await gather(copy.replay(selection, { after }).commits()));
        }
      }
    },
  },
];

/** A new store with the Ledgers of another one, 18 commits of three, each moved to a lower sequence. */
async function movedCopy(
  { harness, open }: CaseContext,
  by: number,
): Promise<CaseContext["store"]> {
  const store = await open();
  for (let n = 0; n < by; n++) await sendParcel(store, "p");
  for (let n = 0; n < 6; n++) {
    for (const id of ["a", "b", "c"]) await append(store, id, "any", [deposited(n)]);
  }
  const copy = await open();
  for (const commit of await gather(store.replay(LedgerEvents).commits())) {
    const bytes = await harness.payloadOf!(store, commit.sequence);
    await harness.putForeign!(copy, "Ledger", commit.id, bytes);
  }
  return copy;
}

/**
 * Ledger "a" of 10 commits, a base and one commit more, cut before its `first`th (11: the base); a
 * reader had come to the third.
 */
async function cutBehind(
  store: CaseContext["store"],
  first: number,
): Promise<{
  readonly after: Sequence;
  readonly cutUpTo: Sequence;
  readonly left: readonly Sequence[];
  readonly base: Sequence;
  readonly later: Sequence;
}> {
  const sequences = sequencesOfPublished(await appendEach(store, "a", 10));
  await appendEach(store, "b", 2);
  const base = await rebase(store);
  const later = await append(store, "a", base.head, [noted("later")]);
  const left = first > 10 ? [] : sequences.slice(first - 1);
  await store.truncate(LedgerEvents, "a", left[0] ?? base.sequence);
  const [after, cutUpTo] = [sequences[2]!, sequences[first - 2]!];
  return { after, cutUpTo, left, base: base.sequence, later: later.head.sequence };
}

function ownOf(commits: readonly Commit[]): readonly Commit[] {
  return commits.filter(({ family, id }) => family === "Ledger" && id === "a");
}

function assertWhole(commits: readonly Commit[]): void {
  for (const { sequence, missing, hole } of commits) {
    assert.deepEqual([sequence, missing, hole], [sequence, 0, undefined]);
  }
}

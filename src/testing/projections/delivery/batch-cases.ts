import assert from "node:assert/strict";
import type { Envelope } from "../../../event/index.ts";
import {
  assertLines,
  lineOf,
  lines,
  listing,
  type ListingOptions,
  put,
  putEach,
} from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";
import type { ReadModel } from "../projection-harness.ts";

/** How many commits each call was given, and that they were whole. */
export interface Batches extends Pick<ListingOptions, "projectBatch"> {
  readonly commits: readonly (readonly number[])[];
  /** Commits of which a call was given some events and not the rest. */
  readonly parted: readonly number[];
}

/** A handler of batches that writes lines and remembers what it was given. */
export function batchesInto(model: ReadModel<unknown>): Batches {
  const commits: number[][] = [];
  const parted: number[] = [];
  return {
    commits,
    parted,
    async projectBatch(envelopes: readonly Envelope[], tx: unknown) {
      const sequences = [...new Set(envelopes.map(({ sequence }) => sequence))];
      commits.push(sequences);
      for (const sequence of sequences) {
        const own = envelopes.filter((envelope) => envelope.sequence === sequence);
        if (own.length !== own[0]!.commit.envelopes.length) parted.push(sequence);
      }
      for (const envelope of envelopes) await model.append(tx, lineOf(envelope));
    },
  };
}

/** What `projectBatch` is given. */
export const batchCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "projectBatch is given whole commits in order, at most so many at once",
    async check({ store, model, start }) {
      const sequences: number[] = [];
      for (let n = 0; n < 9; n++) sequences.push(await put(store, "a", 2));
      const { commits, parted, ...handler } = batchesInto(model());
      const batch = { commits: 3, ms: 1_000 };
      const running = start(listing(model(), { ...handler, batch }));
      await running.caughtUp();
      await assertLines(model(), lines("a", 18));
      assert.deepEqual(commits.flat(), sequences);
      assert.deepEqual(parted, []);
      assert.ok(commits.every(({ length }) => length <= 3));
      assert.ok(
        commits.some(({ length }) => length === 3),
        "history comes in full batches",
      );
    },
  },
  {
    guarantee: "a batch is handed over in time when few commits come",
    async check({ store, model, start }) {
      const handler = batchesInto(model());
      const batch = { commits: 100_000, ms: 20 };
      const running = start(listing(model(), { projectBatch: handler.projectBatch!, batch }));
      for (let n = 1; n <= 3; n++) {
        await running.reached(await put(store, "a"));
        await assertLines(model(), lines("a", n));
      }
      assert.deepEqual(
        handler.commits.map(({ length }) => length),
        [1, 1, 1],
      );
    },
  },
  {
    guarantee: "without being told otherwise, projectBatch is given much at once",
    async check({ store, model, start }) {
      await putEach(store, "a", 60);
      const handler = batchesInto(model());
      const running = start(listing(model(), { projectBatch: handler.projectBatch! }));
      await running.caughtUp();
      assert.ok(handler.commits.length <= 30, `${handler.commits.length} batches of 60 commits`);
      await running.stop();
      await put(store, "a");
      const again = start(listing(model(), { projectBatch: handler.projectBatch! }));
      await again.caughtUp();
      await assertLines(model(), lines("a", 61));
    },
  },
  {
    guarantee: "`project` goes by the event, however many commits are a batch",
    async check({ store, model, start }) {
      for (let n = 0; n < 10; n++) await put(store, "a", 2);
      const running = start(listing(model(), { batch: { commits: 4, ms: 20 } }));
      await running.caughtUp();
      await running.reached(await put(store, "a"));
      await assertLines(model(), lines("a", 21));
      assert.equal(running.handled, 21);
    },
  },
];

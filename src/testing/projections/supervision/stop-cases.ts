import assert from "node:assert/strict";
import { eventually } from "../../contract/within.ts";
import { Faults, parking, stopping } from "../faults.ts";
import { assertLines, failureOf, lineOf, lines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { batchesInto } from "../delivery/batch-cases.ts";

/** Handlers that fail for good, by the policy to stop. */
export const stopCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a projection that gives up tells of what, skips nothing, and can be started again",
    async check({ store, model, transactional, start }) {
      const before = await put(store, "a");
      const sequence = await put(store, "a", 2);
      await put(store, "b");
      const faults = new Faults();
      const error = faults.break("a:2");
      const failing = listing(model(), { before: faults.meet, onError: stopping });
      const running = start(failing);
      assert.equal(await failureOf(running), error);
      const { envelope, ...failure } = running.failure!;
      assert.deepEqual(failure, { family: "Ledger", id: "a", sequence, attempts: 2 });
      assert.equal(envelope?.revision, 2);
      // Once more, where it was rolled back together with others at first.
      const calls = faults.attempts("a:2");
      assert.ok(calls === 2 || (transactional && calls === 3), `called ${calls} times`);
      assert.equal(running.position, before);
      await assertLines(model(), ["a:1"]);
      const again = start(failing);
      assert.equal(await failureOf(again), error);
      assert.deepEqual(again.failure?.sequence, sequence);
      const mended = start(listing(model()));
      await mended.caughtUp();
      await assertLines(model(), ["a:1", "a:2", "a:3", "b:1"]);
    },
  },
  {
    guarantee: "a batch that fails is tried commit by commit, up to the one that fails",
    async check({ store, model, start }) {
      const sequences: number[] = [];
      for (const id of ["a", "b", "c", "d"]) sequences.push(await put(store, id));
      const faults = new Faults();
      faults.break("c:1");
      const { projectBatch } = batchesInto(model());
      const failing: typeof projectBatch = async (envelopes, tx, context) => {
        for (const envelope of envelopes) faults.meet(lineOf(envelope));
        await projectBatch!(envelopes, tx, context);
      };
      const running = start(listing(model(), { projectBatch: failing, onError: stopping }));
      await failureOf(running);
      assert.deepEqual([running.failure?.id, running.failure?.sequence], ["c", sequences[2]]);
      await assertLines(model(), ["a:1", "b:1"]);
      faults.mend("c:1");
      const again = start(listing(model(), { projectBatch: failing, onError: stopping }));
      await again.caughtUp();
      await assertLines(model(), ["a:1", "b:1", "c:1", "d:1"]);
    },
  },
  {
    guarantee: "of a commit that fails half-way nothing remains",
    needs: ["transactional"],
    async check({ store, model, start }) {
      await put(store, "b");
      await put(store, "a", 3);
      const faults = new Faults();
      faults.break("a:3");
      const stopped = start(listing(model(), { before: faults.meet, onError: stopping }));
      await failureOf(stopped);
      await assertLines(model(), ["b:1"]);
      const parked = start(listing(model(), { before: faults.meet, onError: parking }));
      await parked.caughtUp();
      await assertLines(model(), ["b:1"]);
      assert.equal(parked.parked.list()[0]?.handled, 0);
      faults.mend("a:3");
      assert.deepEqual(await parked.parked.retry(), []);
      await assertLines(model(), ["b:1", ...lines("a", 3)]);
    },
  },
  {
    guarantee: "a hook that fails stops it, and is called again by the next run",
    async check({ store, model, start }) {
      await put(store, "a");
      const error = new Error("no place");
      const create = (): never => {
        throw error;
      };
      assert.equal(await failureOf(start(listing(model(), { create }))), error);
      let created = 0;
      const running = start(listing(model(), { create: () => void created++ }));
      await running.caughtUp();
      await eventually(() => assert.equal(running.state, "live"));
      assert.equal(created, 1);
      await assertLines(model(), ["a:1"]);
    },
  },
];

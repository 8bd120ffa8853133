import assert from "node:assert/strict";
import type { Envelope } from "../../../event/index.ts";
import { eventually } from "../../contract/within.ts";
import { Faults, parking, persisting, stopping } from "../faults.ts";
import { assertLines, failureOf, lineOf, lines, linesIn, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** Effects that only note what they are called for. */
export function noting(into: string[]): { readonly effect: (envelope: Envelope) => void } {
  return { effect: (envelope) => void into.push(lineOf(envelope)) };
}

/** What events cause in the world outside. */
export const effectCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "effects come in order, each when its whole commit is in the read model",
    async check({ store, model, start }) {
      const done: string[] = [];
      const effect = async (envelope: Envelope): Promise<void> => {
        const there = await linesIn(model());
        const { id, commit } = envelope;
        assert.ok(there.includes(lineOf({ id, revision: commit.lastRevision })));
        done.push(lineOf(envelope));
      };
      await put(store, "a", 3);
      const running = start(listing(model(), { effect, onError: stopping }));
      await put(store, "b", 2);
      const last = await put(store, "a");
      await eventually(() => assert.equal(done.length, 6));
      await running.reached(last);
      assert.deepEqual(done, [...lines("a", 3), ...lines("b", 2), "a:4"]);
      assert.equal(running.error, undefined);
    },
  },
  {
    guarantee: "effects are not done again by the next run",
    async check({ store, model, start }) {
      const done: string[] = [];
      for (let n = 1; n <= 3; n++) {
        await put(store, "a");
        const running = start(listing(model(), noting(done)));
        await running.caughtUp();
        await running.stop();
        assert.deepEqual(done, lines("a", n));
      }
      await assertLines(model(), lines("a", 3));
    },
  },
  {
    guarantee: "an effect that fails is tried again, without its commit being handled again",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:2");
      const effect = (envelope: Envelope): void => faults.meet(lineOf(envelope));
      const running = start(listing(model(), { effect, onError: persisting }));
      await put(store, "a");
      await put(store, "a");
      await eventually(() => assert.ok(faults.attempts("a:2") >= 3));
      assert.equal(running.state, "retrying");
      faults.mend("a:2");
      await running.reached(await put(store, "a"));
      await eventually(() => assert.equal(faults.attempts("a:3"), 1));
      await assertLines(model(), lines("a", 3));
      assert.equal(faults.attempts("a:1"), 1);
    },
  },
  {
    guarantee: "an effect that fails for good stops it, and the next run begins with it",
    async check({ store, model, start }) {
      const faults = new Faults();
      const error = faults.break("a:2");
      const effect = (envelope: Envelope): void => faults.meet(lineOf(envelope));
      const projection = listing(model(), { effect, onError: stopping });
      await put(store, "a");
      const sequence = await put(store, "a");
      await put(store, "a");
      const running = start(projection);
      assert.equal(await failureOf(running), error);
      const { id, attempts, envelope } = running.failure!;
      assert.deepEqual([id, running.failure?.sequence, attempts], ["a", sequence, 2]);
      assert.equal(envelope?.revision, 2);
      assert.equal(faults.attempts("a:3"), 0);
      faults.mend("a:2");
      const again = start(projection);
      await again.caughtUp();
      await eventually(() => assert.equal(faults.attempts("a:3"), 1));
      assert.deepEqual([faults.attempts("a:1"), faults.attempts("a:2")], [1, 3]);
      await assertLines(model(), lines("a", 3));
    },
  },
  {
    guarantee: "what is set aside has no effect before it is handled, nor what is discarded",
    async check({ store, model, start }) {
      const done: string[] = [];
      const faults = new Faults();
      for (const line of ["a:1", "b:1"]) faults.break(line);
      const options = { ...noting(done), before: faults.meet, onError: parking };
      const running = start(listing(model(), options));
      for (const id of ["a", "a", "b", "b", "c"]) await put(store, id);
      await running.caughtUp();
      await eventually(() => assert.deepEqual(done, ["c:1"]));
      faults.mend("a:1");
      await running.parked.retry({ family: "Ledger", id: "a" });
      assert.deepEqual(done, ["c:1", "a:1", "a:2"]);
      await running.parked.discard({ family: "Ledger", id: "b" });
      assert.deepEqual(done, ["c:1", "a:1", "a:2", "b:2"]);
      await running.stop();
      const again = start(listing(model(), options));
      await again.reached(await put(store, "c"));
      await eventually(() => assert.deepEqual(done, ["c:1", "a:1", "a:2", "b:2", "c:2"]));
    },
  },
  {
    guarantee: "an effect that fails in a retry waits, and its commit is not handled again",
    async check({ store, model, start }) {
      const done: string[] = [];
      const [handling, mailing] = [new Faults(), new Faults()];
      handling.break("a:2");
      const error = mailing.break("a:2");
      const effect = (envelope: Envelope): void => {
        mailing.meet(lineOf(envelope));
        done.push(lineOf(envelope));
      };
      const projection = listing(model(), { effect, before: handling.meet, onError: parking });
      const running = start(projection);
      for (let n = 0; n < 3; n++) await put(store, "a");
      await running.reached(await put(store, "b"));
      handling.mend("a:2");
      const [left] = await running.parked.retry();
      assert.match(left!.error, new RegExp(error.message));
      await assertLines(model(), ["a:1", "b:1", "a:2"], "what is behind it waits");
      await running.parked.retry();
      await running.stop();
      mailing.mend("a:2");
      const again = start(projection);
      await again.caughtUp();
      await eventually(() => assert.deepEqual(again.parked.list(), []));
      await assertLines(model(), ["a:1", "b:1", "a:2", "a:3"]);
      assert.deepEqual(done, ["a:1", "b:1", "a:2", "a:3"]);
    },
  },
  {
    guarantee: "of an effect that keeps failing in retries a discard lets go",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:1");
      const done: string[] = [];
      const effect = (envelope: Envelope): void => {
        if (lineOf(envelope) === "a:1") throw new Error("no such address");
        done.push(lineOf(envelope));
      };
      const running = start(listing(model(), { effect, before: faults.meet, onError: parking }));
      await put(store, "a");
      await put(store, "a");
      await running.reached(await put(store, "b"));
      faults.mend("a:1");
      assert.equal((await running.parked.retry()).length, 1);
      assert.deepEqual(await running.parked.discard({ family: "Ledger", id: "a" }), []);
      await assertLines(model(), ["b:1", "a:1", "a:2"]);
      assert.deepEqual(done, ["b:1", "a:2"]);
    },
  },
];

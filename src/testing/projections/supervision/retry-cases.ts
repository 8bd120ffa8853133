import assert from "node:assert/strict";
import { UnavailableError } from "../../../event/index.ts";
import type { RunState } from "../../../project/index.ts";
import { eventually } from "../../contract/within.ts";
import { Faults, parking, persisting } from "../faults.ts";
import { assertLines, lines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** Handlers that fail and then don't. */
export const retryCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a handler that throws is called again, and then it goes on in order",
    async check({ store, model, start }) {
      const faults = new Faults();
      const error = faults.break("a:2");
      const told: [RunState, unknown][] = [];
      const onState = (state: RunState, cause: unknown): unknown => told.push([state, cause]);
      const projection = listing(model(), { before: faults.meet, onError: persisting });
      const running = start(projection, { onState });
      await running.reached(await put(store, "a"));
      await put(store, "a");
      await put(store, "b");
      await eventually(() => assert.ok(faults.attempts("a:2") >= 3));
      assert.equal(running.state, "retrying");
      await assertLines(model(), ["a:1"]);
      faults.mend("a:2");
      await running.reached(await put(store, "a"));
      await assertLines(model(), ["a:1", "a:2", "b:1", "a:3"]);
      await eventually(() => assert.equal(running.state, "live"));
      assert.equal(running.handled, 4);
      assert.ok(told.some(([state, cause]) => state === "retrying" && cause === error));
      await eventually(() => assert.equal(told.at(-1)?.[0], "live"));
      assert.equal(faults.attempts("a:1"), 1);
    },
  },
  {
    guarantee: "when an event of a commit fails, those before it take effect once all the same",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:3");
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      await put(store, "b");
      await put(store, "a", 4);
      await eventually(() => assert.ok(faults.attempts("a:3") >= 3));
      faults.mend("a:3");
      await running.caughtUp();
      await assertLines(model(), ["b:1", ...lines("a", 4)]);
      assert.equal(running.handled, 5);
    },
  },
  {
    guarantee: "an outage is waited for: it is neither counted nor set aside",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:2", new UnavailableError("the read model is away"));
      const states: RunState[] = [];
      const onState = (state: RunState): unknown => states.push(state);
      const onError = { ...parking, retries: 0 };
      const running = start(listing(model(), { before: faults.meet, onError }), { onState });
      await running.reached(await put(store, "a"));
      await put(store, "a");
      await eventually(() => assert.ok(faults.attempts("a:2") >= 3));
      assert.equal(running.state, "waiting");
      faults.mend("a:2");
      await running.reached(await put(store, "a"));
      await assertLines(model(), lines("a", 3));
      assert.deepEqual(running.parked.list(), []);
      await eventually(() => assert.equal(running.state, "live"));
      assert.ok(!states.includes("retrying"));
    },
  },
  {
    guarantee: "it can be stopped while it tries again, and while it waits",
    async check({ store, model, start }) {
      await put(store, "a");
      for (const error of [new Error("broken"), new UnavailableError("away")]) {
        const faults = new Faults();
        faults.break("a:1", error);
        const running = start(listing(model(), { before: faults.meet, onError: persisting }));
        await eventually(() => assert.ok(faults.attempts("a:1") >= 2));
        await running.stop();
        assert.equal(running.state, "stopped");
      }
      const running = start(listing(model()));
      await running.caughtUp();
      await assertLines(model(), ["a:1"]);
    },
  },
];

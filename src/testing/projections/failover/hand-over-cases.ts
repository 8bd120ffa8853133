import assert from "node:assert/strict";
import type { RunState } from "../../../project/index.ts";
import { assertRefusal, refused } from "../../contract/refused.ts";
import { eventually, within } from "../../contract/within.ts";
import { Faults, stopping } from "../faults.ts";
import { assertLines, failureOf, lines, linesIn, listing, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { cutLeases } from "./cut-leases.ts";

/** Soon, and still some renewals: for who is to be taken over from. */
export const quick = { takeOverMs: 1_500 };

/** For who must not be, also on a machine that is busy; others look now and then. */
export const steady = { takeOverMs: 4_000 };

/** Longer than any case: who takes over all the same was given the lease. */
export const never = { takeOverMs: 600_000 };

/** From one runner to the next. */
export const handOverCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "of two runners one is active; when it stops, the other goes on without a gap",
    needs: ["durable"],
    async check({ store, model, start }) {
      await putEach(store, "a", 3);
      const first = start(listing(model()), { standby: steady });
      await first.caughtUp();
      const second = start(listing(model()), { standby: steady });
      await eventually(() => assert.equal(second.state, "standby"));
      await first.reached(await put(store, "a"));
      await eventually(() => assert.equal(first.state, "live"));
      assert.deepEqual([second.state, second.handled], ["standby", 0]);
      await first.stop();
      assert.deepEqual([first.state, first.error], ["stopped", undefined]);
      await second.reached(await put(store, "a"));
      await eventually(() => assert.deepEqual([second.state, second.handled], ["live", 1]));
      await assertLines(model(), lines("a", 5));
    },
  },
  {
    guarantee:
      "a lease that can't be renewed runs out: its holder stands by before another goes on",
    needs: ["durable"],
    async check({ store, model, start }) {
      const cuttable = cutLeases(store);
      const first = start(listing(model()), { standby: quick, store: cuttable.store });
      await first.reached(await put(store, "a"));
      let held: RunState | undefined;
      const onState = (state: RunState): void => {
        if (state === "catching-up") held = first.state;
      };
      const second = start(listing(model()), { standby: quick, onState });
      await eventually(() => assert.equal(second.state, "standby"));
      cuttable.cut();
      let written = 1;
      await eventually(async () => {
        await put(store, "a");
        written++;
        await eventually(() => assert.equal(second.state, "live"));
      });
      const idle: readonly (RunState | undefined)[] = ["standby", "waiting"];
      assert.ok(idle.includes(held), `${held} while another began`);
      await second.caughtUp();
      const all = await linesIn(model());
      assert.deepEqual([...new Set(all)], lines("a", written));
      assert.ok(idle.includes(first.state), first.state);
      await within(first.stop(), "stopping what is cut off");
    },
  },
  {
    guarantee: "whose checkpoint another has changed stands by, does not fail, and goes on later",
    needs: ["durable"],
    async check({ store, model, start, checkpoints, transactional }) {
      const told: [RunState, unknown][] = [];
      const onState = (state: RunState, cause: unknown): unknown => told.push([state, cause]);
      const running = start(listing(model()), { standby: steady, onState });
      await running.reached(await put(store, "a"));
      const owner = { store: store.name, name: "list", version: 1 };
      // A save that nobody awaits may be on its way.
      await eventually(async () => {
        const saved = await checkpoints().resume(owner);
        assert.equal(saved.at?.sequence, running.position);
      });
      const another = await checkpoints().resume(owner);
      await another.write({ checkpoint: () => another.at! });
      const sequence = await put(store, "a");
      await eventually(() => assert.ok(told.some(([state]) => state === "standby")));
      const [, cause] = told.find(([state]) => state === "standby")!;
      assertRefusal(["second-runner"], "what a former holder writes", cause);
      await eventually(() => assert.equal(running.state, "live"));
      await running.reached(sequence);
      if (transactional) await assertLines(model(), lines("a", 2));
      assert.deepEqual([...new Set(await linesIn(model()))], lines("a", 2));
      const writing = () => another.write({ checkpoint: () => another.at! });
      await refused("second-runner", "the other one's next write", writing);
    },
  },
  {
    guarantee: "who takes over is safe from the former holder before it has handled anything",
    needs: ["durable"],
    async check({ store, model, start, checkpoints }) {
      const first = start(listing(model()), { standby: steady });
      await first.reached(await put(store, "a"));
      await first.stop();
      const owner = { store: store.name, name: "list", version: 1 };
      const former = await checkpoints().resume(owner);
      const second = start(listing(model()), { standby: steady });
      await eventually(() => assert.equal(second.state, "live"));
      assert.equal(second.handled, 0);
      const writing = () => former.write({ checkpoint: () => former.at! });
      await refused("second-runner", "a former holder's write", writing);
      await second.reached(await put(store, "a"));
      await assertLines(model(), lines("a", 2));
    },
  },
  {
    guarantee: "who stops or fails gives the lease back at once",
    needs: ["durable"],
    async check({ store, model, start }) {
      await put(store, "a");
      const faults = new Faults();
      const error = faults.break("a:2");
      const failing = listing(model(), { before: faults.meet, onError: stopping });
      const stopped = start(failing, { standby: never });
      await stopped.caughtUp();
      await stopped.stop();
      await put(store, "a");
      assert.equal(await failureOf(start(failing, { standby: never })), error);
      const mended = start(listing(model()), { standby: never });
      await mended.caughtUp();
      await assertLines(model(), lines("a", 2));
    },
  },
];

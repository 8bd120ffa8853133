import assert from "node:assert/strict";
import type { StoreWarning } from "../../../event/index.ts";
import { type Projection, rebuild, type RunState } from "../../../project/index.ts";
import { eventually } from "../../contract/within.ts";
import { Faults, parking, stopping } from "../faults.ts";
import { assertLines, ended, failureOf, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

const own = new Error("the listener's own");

function throwing(): never {
  throw own;
}

function isListener({ code }: StoreWarning): boolean {
  return code === "listener";
}

/** What is told of a projection, and throws. */
export const listenerCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "listeners that throw or reject at every call are warnings, and change nothing else",
    async check({ open, model, start }) {
      const rejecting = (async () => throwing()) as () => unknown;
      for (const [n, listener] of [throwing, rejecting].entries()) {
        const name = `list-${n}`;
        const warnings: StoreWarning[] = [];
        const store = await open({ onWarning: (warning) => warnings.push(warning) });
        const faults = new Faults();
        faults.break("a:2");
        const told: RunState[] = [];
        const onState = (state: RunState): unknown => (told.push(state), listener());
        const options = { name, before: faults.meet, onError: parking };
        const running = start(listing(model(name), options), { store, onState });
        running.onChange(listener);
        let heard = 0;
        running.onChange(() => void heard++);
        await put(store, "a", 1);
        const parked = await put(store, "a", 1);
        await running.reached(await put(store, "b"));
        await assertLines(model(name), ["a:1", "b:1"]);
        assert.equal(running.parked.list()[0]?.sequence, parked);
        await eventually(() => assert.equal(running.state, "live"));
        assert.ok(heard > 0);
        await running.stop();
        await ended(running, "stopped");
        assert.equal(told.at(-1), "stopped");
        const again = { ...listing(model(name), { name }), project: () => undefined };
        const { handled } = await rebuild(store, again as Projection, { onProgress: listener });
        assert.equal(handled, 3);
        await eventually(() => {
          for (const called of ["onState", "onChange", "onProgress"]) {
            const of = warnings.filter(({ message }) => message.startsWith(`${called} threw`));
            assert.ok(of.length > 1, called);
          }
        });
        const causes = new Set(warnings.filter(isListener).map(({ cause }) => cause));
        assert.deepEqual([...causes], [own]);
      }
    },
  },
  {
    guarantee: "what it fails with is its own error, whatever is thrown by who is told",
    async check({ store, model, start }) {
      const faults = new Faults();
      const error = faults.break("a:1");
      const projection = listing(model(), { before: faults.meet, onError: stopping });
      const running = start(projection, { onState: throwing });
      await put(store, "a");
      assert.equal(await failureOf(running), error);
      await running.stop();
    },
  },
];

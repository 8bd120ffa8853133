import assert from "node:assert/strict";
import { assertRefusal } from "../../contract/refused.ts";
import { eventually } from "../../contract/within.ts";
import { assertLines, failureOf, lines, linesIn, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** One projection run twice at once. */
export const secondCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a second runner is noticed: one of the two fails with a SecondRunnerError",
    async check({ store, model, transactional, start }) {
      await put(store, "a");
      const projection = listing(model());
      const both = [start(projection)];
      await both[0]!.caughtUp();
      both.push(start(projection));
      await both[1]!.caughtUp();
      let written = 1;
      await eventually(async () => {
        await put(store, "a");
        written++;
        assert.ok(both.some(({ state }) => state === "failed"));
      });
      const loser = both.find(({ state }) => state === "failed")!;
      assertRefusal(["second-runner"], "a second runner", await failureOf(loser));
      const winner = both.find((one) => one !== loser)!;
      await winner.caughtUp();
      await winner.reached(await put(store, "a"));
      await eventually(() => assert.equal(winner.state, "live"));
      if (transactional) await assertLines(model(), lines("a", written + 1), "once each");
      const handled = new Set(await linesIn(model()));
      assert.deepEqual([...handled].sort(), lines("a", written + 1).sort(), "nothing is missing");
    },
  },
];

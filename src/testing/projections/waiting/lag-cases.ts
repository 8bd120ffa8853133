import assert from "node:assert/strict";
import { sendParcel } from "../../contract/append.ts";
import { within } from "../../contract/within.ts";
import { Faults, persisting } from "../faults.ts";
import { assertLines, ended, lines, listing, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** How far a projection is, and how it stops. */
export const lagCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "lag tells how many commits are to come, and nothing when it is through",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:4");
      const sequences = await putEach(store, "a", 10);
      await sendParcel(store, "p");
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      await running.reached(sequences[2]!);
      const lag = await within(running.lag(), "the lag");
      assert.equal(lag.commits, 7);
      assert.ok(lag.ms >= 0 && Number.isFinite(lag.ms));
      faults.mend("a:4");
      await running.caughtUp();
      assert.deepEqual(await within(running.lag(), "the lag"), { commits: 0, ms: 0 });
    },
  },
  {
    guarantee: "progress tells what is done, what is to come and how long that takes",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:4");
      const sequences = await putEach(store, "a", 10);
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      await running.reached(sequences[2]!);
      const half = await within(running.progress(), "the progress");
      assert.deepEqual([half.done, half.total], [3, 10]);
      assert.ok(half.rate > 0 && half.leftMs > 0 && Number.isFinite(half.leftMs));
      faults.mend("a:4");
      await running.caughtUp();
      const { rate, ...all } = await within(running.progress(), "the progress");
      assert.deepEqual(all, { done: 10, total: 10, leftMs: 0 });
      assert.ok(rate > 0 && running.rate > 0);
    },
  },
  {
    guarantee: "stop finishes the commit in hand, and nothing after it",
    async check({ store, model, start }) {
      let enter: () => void = () => undefined;
      let leave: () => void = () => undefined;
      const entered = new Promise<void>((resolve) => (enter = resolve));
      const left = new Promise<void>((resolve) => (leave = resolve));
      const before = async (line: string): Promise<void> => {
        if (line !== "a:2") return;
        enter();
        await left;
      };
      const running = start(listing(model(), { before }));
      await put(store, "a", 3);
      try {
        await within(entered, "the handler");
        await put(store, "a");
        const stopped = running.stop();
        leave();
        await within(stopped, "stopping");
      } finally {
        leave();
      }
      await ended(running, "stopped");
      await assertLines(model(), lines("a", 3));
      await running.stop();
      const again = start(listing(model()));
      await again.caughtUp();
      await assertLines(model(), lines("a", 4));
    },
  },
];

import { setTimeout as delay } from "node:timers/promises";
import { until } from "../faults/until.ts";
import type { Life } from "./life.ts";

/** Who is killed, how often, and how what came of it is seen. */
export interface CrashPlan {
  readonly kills: number;
  /** The longest time from its first event to its end, in milliseconds; the shortest is 5. */
  readonly longestMs: number;
  readonly random: () => number;
  /** Load the n-th process. */
  prepare(n: number): Life;
  /** How far the stored checkpoint is. */
  checkpoint(): Promise<number>;
  /** How far the store is. */
  end(): Promise<number>;
}

/** What came of it. */
export interface Crashes {
  readonly kills: number;
  /** In so many lives the checkpoint moved: at least in every third one. */
  readonly moved: number;
  /** So many lives ended with work left: at least every other one. */
  readonly interrupted: number;
}

/**
 * Kill a process again and again at a random moment after its first event. The next one is loaded
 * meanwhile, and goes on at once.
 */
export async function crash(plan: CrashPlan): Promise<Crashes> {
  const { kills, longestMs, random } = plan;
  let moved = 0;
  let interrupted = 0;
  let before = 0;
  let life = plan.prepare(0);
  let next = life;
  try {
    for (let kill = 1; kill <= kills; kill++) {
      life.go();
      await life.handling();
      next = plan.prepare(kill);
      // Now and then with something saved in its life, however slow the machine is.
      if (kill % 3 === 0)
        await until("its checkpoint", async () => (await plan.checkpoint()) > before);
      await delay(5 + random() * (longestMs - 5));
      // Now and then with work left, however idle the machine is: it does no more, others write on.
      if (kill % 2 === 0) {
        life.freeze();
        const seen = await plan.end();
        await until("work that is left", async () => (await plan.end()) > seen);
      }
      await life.kill();
      life = next;
      const [at, end] = await Promise.all([plan.checkpoint(), plan.end()]);
      if (at > before) moved++;
      if (at < end) interrupted++;
      before = at;
    }
  } finally {
    await Promise.all([life.clear(), next.clear()]);
  }
  return { kills, moved, interrupted };
}

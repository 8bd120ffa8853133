import { setTimeout as delay } from "node:timers/promises";
import { until } from "../faults/until.ts";
import type { Life } from "./life.ts";

/** What is done to the active process. */
export type Fault = "killed" | "frozen";

/** Two processes that run one projection, and what is done to whichever is active. */
export interface FailoverPlan {
  readonly fault: Fault;
  readonly rounds: number;
  readonly random: () => number;
  /** Load the n-th process. */
  prepare(n: number): Life;
  /** How far the stored checkpoint is. */
  checkpoint(): Promise<number>;
  /** Is the active one, the n-th process, which has just been frozen, within a transaction? */
  isInTransaction?(n: number): Promise<boolean>;
}

/** One process whose place another one took. */
export interface TakeOver {
  /** Which one, and how often it had stood by until then. */
  readonly former: number;
  readonly standbys: number;
  /** How far the stored checkpoint was just before it was hit. */
  readonly saved: number;
  /** When it was hit, and when it was woken again if it was, in milliseconds since 1970. */
  readonly hitMs: number;
  readonly wokenMs: number | undefined;
  /** From then to the first event that its successor has handled. */
  readonly tookMs: number;
}

/** What came of it; the lives at the end are the caller's to clear. */
export interface Failovers {
  readonly takeOvers: readonly TakeOver[];
  /** So many were frozen within a transaction: one at least, if it can be told. */
  readonly open: number;
  /** In so many terms the checkpoint moved: at least in every other one. */
  readonly moved: number;
  readonly lives: readonly Numbered[];
}

/** A process, and the how many-th it is. */
export interface Numbered {
  readonly n: number;
  readonly life: Life;
}

/** Hit the active one of two processes again and again, at a random moment after its first event. */
export async function failOver(plan: FailoverPlan): Promise<Failovers> {
  const pair = [begin(plan, 0), begin(plan, 1)];
  let spare = prepared(plan, 2);
  const takeOvers: TakeOver[] = [];
  let open = 0;
  let moved = 0;
  let at = 0;
  try {
    for (let round = 1; round <= plan.rounds; round++) {
      const { active, other } = await roles(pair);
      // By turns with something saved in its term, and with nothing perhaps.
      if (round % 2 === 0)
        await until("its checkpoint", async () => (await plan.checkpoint()) > at);
      await delay(5 + plan.random() * 400);
      // The first one within a transaction, if it can be told, however rarely it is in one.
      if (plan.fault === "frozen" && (await freeze(plan, active, open === 0))) open++;
      const takeOver = await hit(plan, active, other);
      takeOvers.push(takeOver);
      const before = at;
      if ((at = await plan.checkpoint()) > before) moved++;
      if (plan.fault === "killed") {
        pair[pair.indexOf(active)] = spare;
        spare.life.go();
        spare = prepared(plan, spare.n + 1);
      }
      if (round % 10 === 0) console.info(`${plan.fault} ${round} times: ${spread(takeOvers)}`);
    }
  } catch (error) {
    await Promise.all(pair.map(({ life }) => life.clear()));
    throw error;
  } finally {
    await spare.life.clear();
  }
  return { takeOvers, open, moved, lives: pair };
}

function prepared(plan: FailoverPlan, n: number): Numbered {
  return { n, life: plan.prepare(n) };
}

function begin(plan: FailoverPlan, n: number): Numbered {
  const one = prepared(plan, n);
  one.life.go();
  return one;
}

/** Wait until one is at work, and the other stands by. */
async function roles(
  pair: readonly Numbered[],
): Promise<{ readonly active: Numbered; readonly other: Numbered }> {
  return until("one to be active, and one to stand by", () => {
    for (const { life } of pair) life.assertRunning();
    const other = pair.find(({ life }) => life.states.at(-1) === "standby");
    const active = pair.find((one) => one !== other && isHandling(one));
    return active !== undefined && other !== undefined && { active, other };
  });
}

/** It has handled something since it stood by last. */
function isHandling({ life }: Numbered): boolean {
  const { states, beginnings } = life;
  return beginnings > 0 && states.at(-1) !== "standby" && beginnings > life.beginningsAtStandby;
}

/** Freeze the active one; within a transaction if it `must`. @returns is it in one, if that can be told */
async function freeze(plan: FailoverPlan, { n, life }: Numbered, must: boolean): Promise<boolean> {
  if (plan.isInTransaction === undefined) return (life.freeze(), false);
  return until("one that is frozen within a transaction", async () => {
    life.freeze();
    const open = await plan.isInTransaction!(n);
    if (open || !must) return { open };
    life.thaw();
    return false;
  }).then(({ open }) => open);
}

/** Kill the active one, or leave it frozen, and wait until the other one has handled something. */
async function hit(plan: FailoverPlan, { n, life }: Numbered, other: Numbered): Promise<TakeOver> {
  const standbys = life.states.filter((state) => state === "standby").length;
  const saved = await plan.checkpoint();
  const hitMs = Date.now();
  const startedMs = performance.now();
  if (plan.fault === "killed") await life.kill();
  await until("another one to take over", () => {
    other.life.assertRunning();
    return isHandling(other);
  }).catch((cause: unknown) => {
    const states = other.life.states.slice(-5).join();
    throw new Error(`${n} was ${life.states.at(-1)}, ${other.n} ${states}: ${String(cause)}`);
  });
  const tookMs = performance.now() - startedMs;
  const at = { former: n, standbys, saved, hitMs, tookMs };
  if (plan.fault === "killed") return { ...at, wokenMs: undefined };
  // The other one is at work meanwhile.
  await delay(plan.random() * 200);
  const wokenMs = Date.now();
  life.thaw();
  await until("the woken one to stand by", () => {
    life.assertRunning();
    return life.states.at(-1) === "standby";
  });
  return { ...at, wokenMs };
}

/** How long taking over took, in words. */
export function spread(takeOvers: readonly TakeOver[]): string {
  const sorted = takeOvers.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  const [least, half, most] = [sorted[0]!, median, sorted.at(-1)!].map((ms) => ms.toFixed(0));
  return `taken over after ${least} to ${most} ms, median ${half} ms`;
}

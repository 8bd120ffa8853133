import type { Cafe } from "./cafe.ts";
import type { Check } from "./checks.ts";
import { rebuiltEqualsLive } from "./proofs.ts";
import { everybody, takeOrders } from "./staff.ts";
import type { Waiter } from "./team.ts";

/** The waiters' screen is off while everybody orders; then it is switched on again. */
export async function restartWaitersScreen(cafe: Cafe, team: readonly Waiter[]): Promise<Check> {
  await cafe.screens.waiters.stop();
  const before = cafe.tally.events;
  await everybody(team, (waiter) => takeOrders(cafe, waiter));
  const missed = cafe.tally.events - before;
  const handled = await cafe.screens.restartWaiters();
  return {
    claim: `a projection that was stopped handled the ${missed} events it had missed, and no other`,
    held: missed > 0 && handled === missed,
  };
}

/** The thread of the waiters' screen ends as it is; another one takes its place. */
export async function pullThePlug(cafe: Cafe, team: readonly Waiter[]): Promise<Check> {
  const screen = cafe.screens.waiters;
  const answered = await screen.query("pullThePlug").then(
    () => true,
    () => false,
  );
  await everybody(team, (waiter) => takeOrders(cafe, waiter));
  const { held } = await rebuiltEqualsLive(cafe);
  return {
    claim: "a screen whose plug was pulled came back by itself, and shows what history says",
    held: held && !answered && screen.restarts === 1,
  };
}

/** A new version is built from the start while the old one shows what is ordered; then it takes over. */
export async function replaceChefsScreen(cafe: Cafe, team: readonly Waiter[]): Promise<Check> {
  const ordering = everybody(team, (waiter) => takeOrders(cafe, waiter));
  const [replaced] = await Promise.all([cafe.screens.replaceChefs(cafe.store), ordering]);
  const { held } = await rebuiltEqualsLive(cafe);
  return {
    claim: "a new version of the chef's screen took over, and shows what history says",
    held: held && replaced,
  };
}

import type { Cafe } from "./cafe.ts";
import type { Check } from "./checks.ts";
import type { Display } from "./display.ts";
import { fromMenu, menu } from "./menu.ts";
import { pullThePlug, replaceChefsScreen, restartWaitersScreen } from "./mishaps.ts";
import {
  nothingWasLost,
  readsAsItWas,
  rebuiltEqualsLive,
  rememberTab,
  truncatedReadsTheSame,
} from "./proofs.ts";
import {
  cook,
  everybody,
  openTables,
  presentBills,
  serveWhatIsReady,
  tabAt,
  takeOrder,
  takeOrders,
  waitOnTables,
} from "./staff.ts";
import { regularsTable, type Waiter } from "./team.ts";
import { watchedListsAreRight, watchTodoLists } from "./watched-lists.ts";

/** Play an evening from the first guest to the last bill, and check on the way. */
export async function playEvening(
  cafe: Cafe,
  team: readonly Waiter[],
  display: Display,
): Promise<Check[]> {
  display.say(`Doors open: ${team.map(({ name }) => name).join(", ")} open their tabs.`);
  await everybody(team, (waiter) => openTables(cafe, waiter));
  await cafe.screensShowAll();
  const regularsTab = await tabAt(cafe, regularsTable);
  const lists = watchTodoLists(cafe);

  for (const round of [1, 2, 3]) {
    display.say(`Round ${round}; and the regulars call all four waiters at once.`);
    await serveRound(cafe, team, regularsTab);
  }
  await display.showBoard();

  display.say("The waiters' screen is switched off, and the guests go on ordering.");
  const restarted = await restartWaitersScreen(cafe, team);
  const rebuilt = await rebuiltEqualsLive(cafe);

  display.say("It is on again; and somebody stumbles over its cable.");
  const cameBack = await pullThePlug(cafe, team);
  await display.showBoard();

  display.say("The chef gets a new screen, built while the guests order.");
  const replaced = await replaceChefsScreen(cafe, team);
  const watched = await watchedListsAreRight(cafe, lists);
  await display.showBoard();

  display.say("The kitchen cooks what is left, and closes.");
  await cook(cafe, () => false);
  const kitchenClosed = await rememberTab(cafe, 3);

  display.say("Last drinks, and the bills.");
  const refused = await settleBills(cafe, team);
  const complete = await nothingWasLost(cafe, team);
  const past = await readsAsItWas(cafe, kitchenClosed);

  display.say("Closed. The regulars' tab is long: its history makes way for its state.");
  await cafe.screens.switchOff();
  const truncated = await truncatedReadsTheSame(cafe, regularsTab);
  return [complete, refused, rebuilt, watched, restarted, cameBack, replaced, past, truncated];
}

/** Waiters and chef at work at the same time, on the same tabs. */
async function serveRound(cafe: Cafe, team: readonly Waiter[], regularsTab: string): Promise<void> {
  let kitchenIsOpen = true;
  const serve = async (): Promise<void> => {
    await everybody(team, (waiter) => waitOnTables(cafe, waiter));
    for (let call = 0; call < 8; call++) {
      await everybody(team, async (waiter) => {
        await takeOrder(cafe, waiter, regularsTab);
        await serveWhatIsReady(cafe, waiter);
      });
      await cafe.pause(2);
    }
    await cafe.screensShowAll();
  };
  const served = serve().finally(() => {
    kitchenIsOpen = false;
  });
  await Promise.all([served, cook(cafe, () => kitchenIsOpen)]);
}

/** Drinks, bills, and what a tab does not let happen. */
async function settleBills(cafe: Cafe, team: readonly Waiter[]): Promise<Check> {
  const drinks = menu.filter((item) => item.isDrink);
  await everybody(team, (waiter) => takeOrders(cafe, waiter, drinks));
  await cafe.screensShowAll();
  const tab = await tabAt(cafe, 3);
  const again = { type: "OpenTab", tableNumber: 3, waiter: "Lena" } as const;
  const tooSoon = { type: "CloseTab", amountPaidCents: 1_000_00 } as const;
  const tooLittle = { type: "CloseTab", amountPaidCents: 1 } as const;
  const tooLate = { type: "PlaceOrder", items: fromMenu(1) } as const;
  const refused = [
    await cafe.isRefused("Lena", tab, again, "tab-already-open"),
    await cafe.isRefused("Lena", tab, tooSoon, "tab-has-unserved-items"),
  ];
  await everybody(team, (waiter) => serveWhatIsReady(cafe, waiter));
  refused.push(await cafe.isRefused("Lena", tab, tooLittle, "must-pay-enough"));
  await everybody(team, (waiter) => presentBills(cafe, waiter));
  refused.push(await cafe.isRefused("Lena", tab, tooLate, "tab-not-open"));
  return {
    claim: `${refused.length} commands against the rules were refused, each for the right reason`,
    held: refused.every(Boolean),
  };
}

import { type Aggregate, defineAggregate, Rejection } from "jetfold";
import { type OrderedItem, type TabEvent, TabEvents } from "./tab-events.ts";
import { take } from "./take.ts";

/** Everything that can be asked of a tab. */
export type TabCommand =
  | { readonly type: "OpenTab"; readonly tableNumber: number; readonly waiter: string }
  | { readonly type: "PlaceOrder"; readonly items: readonly OrderedItem[] }
  | { readonly type: "MarkDrinksServed"; readonly menuNumbers: readonly number[] }
  | { readonly type: "MarkFoodPrepared"; readonly menuNumbers: readonly number[] }
  | { readonly type: "MarkFoodServed"; readonly menuNumbers: readonly number[] }
  | { readonly type: "CloseTab"; readonly amountPaidCents: number };

/** What a tab must remember to decide. Lists hold one entry for each unit ordered. */
export interface TabState {
  readonly open: boolean;
  readonly outstandingDrinks: readonly OrderedItem[];
  readonly outstandingFood: readonly OrderedItem[];
  readonly preparedFood: readonly OrderedItem[];
  readonly servedItemsValueCents: number;
}

const newTab: TabState = {
  open: false,
  outstandingDrinks: [],
  outstandingFood: [],
  preparedFood: [],
  servedItemsValueCents: 0,
};

/** The tab of one table, from opening to payment. */
export const Tab: Aggregate<TabState, TabCommand, TabEvent> = defineAggregate({
  events: TabEvents,
  initial: () => newTab,

  process(tab: TabState, command: TabCommand): TabEvent[] {
    switch (command.type) {
      case "OpenTab": {
        if (tab.open) throw new Rejection("tab-already-open", "the tab is open already");
        const { tableNumber, waiter } = command;
        return [{ type: "TabOpened", tableNumber, waiter }];
      }
      case "PlaceOrder":
        return placeOrder(tab, command.items);
      case "MarkDrinksServed": {
        const { menuNumbers } = command;
        assertHolds(tab.outstandingDrinks, menuNumbers, "drinks-not-outstanding");
        return [{ type: "DrinksServed", menuNumbers }];
      }
      case "MarkFoodPrepared": {
        const { menuNumbers } = command;
        assertHolds(tab.outstandingFood, menuNumbers, "food-not-outstanding");
        return [{ type: "FoodPrepared", menuNumbers }];
      }
      case "MarkFoodServed": {
        const { menuNumbers } = command;
        assertHolds(tab.preparedFood, menuNumbers, "food-not-prepared");
        return [{ type: "FoodServed", menuNumbers }];
      }
      case "CloseTab":
        return closeTab(tab, command.amountPaidCents);
    }
  },

  apply(tab: TabState, event: TabEvent): TabState {
    switch (event.type) {
      case "TabOpened":
        return { ...newTab, open: true };
      case "DrinksOrdered":
        return { ...tab, outstandingDrinks: [...tab.outstandingDrinks, ...event.items] };
      case "FoodOrdered":
        return { ...tab, outstandingFood: [...tab.outstandingFood, ...event.items] };
      case "DrinksServed": {
        const { taken, left } = take(event.menuNumbers, tab.outstandingDrinks);
        return { ...served(tab, taken), outstandingDrinks: left };
      }
      case "FoodPrepared": {
        const { taken, left } = take(event.menuNumbers, tab.outstandingFood);
        return { ...tab, outstandingFood: left, preparedFood: [...tab.preparedFood, ...taken] };
      }
      case "FoodServed": {
        const { taken, left } = take(event.menuNumbers, tab.preparedFood);
        return { ...served(tab, taken), preparedFood: left };
      }
      case "TabClosed":
        return { ...tab, open: false };
    }
  },

  upcastState: [],
});

/** One order becomes up to two events: the bar and the kitchen each get theirs. */
function placeOrder(tab: TabState, items: readonly OrderedItem[]): TabEvent[] {
  assertOpen(tab);
  const drinks = items.filter((item) => item.isDrink);
  const food = items.filter((item) => !item.isDrink);
  const events: TabEvent[] = [];
  if (drinks.length > 0) events.push({ type: "DrinksOrdered", items: drinks });
  if (food.length > 0) events.push({ type: "FoodOrdered", items: food });
  return events;
}

function closeTab(tab: TabState, amountPaidCents: number): TabEvent[] {
  assertOpen(tab);
  const unserved = [...tab.outstandingDrinks, ...tab.outstandingFood, ...tab.preparedFood];
  if (unserved.length > 0) {
    throw new Rejection("tab-has-unserved-items", "something on the tab has not been served");
  }
  const orderValueCents = tab.servedItemsValueCents;
  if (amountPaidCents < orderValueCents) {
    const message = `${amountPaidCents} cents do not pay for ${orderValueCents}`;
    throw new Rejection("must-pay-enough", message, { orderValueCents });
  }
  const tipValueCents = amountPaidCents - orderValueCents;
  return [{ type: "TabClosed", amountPaidCents, orderValueCents, tipValueCents }];
}

function assertOpen({ open }: TabState): void {
  if (!open) throw new Rejection("tab-not-open", "the tab is not open");
}

/** All or nothing: a list that is right in part is wrong. */
function assertHolds(
  items: readonly OrderedItem[],
  menuNumbers: readonly number[],
  code: string,
): void {
  const { missing } = take(menuNumbers, items);
  if (missing.length > 0) throw new Rejection(code, `not so: ${missing.join(", ")}`, { missing });
}

function served(tab: TabState, items: readonly OrderedItem[]): TabState {
  const valueCents = items.reduce((sum, item) => sum + item.priceCents, 0);
  return { ...tab, servedItemsValueCents: tab.servedItemsValueCents + valueCents };
}

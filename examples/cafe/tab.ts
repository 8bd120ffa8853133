import { type Aggregate, defineAggregate } from "jetfold";
import { type OrderedItem, type TabEvent, TabEvents } from "./tab-events.ts";
import {
  DrinksNotOutstanding,
  FoodNotOutstanding,
  FoodNotPrepared,
  MustPayEnough,
  TabAlreadyOpen,
  TabHasUnservedItems,
  TabNotOpen,
} from "./tab-errors.ts";
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
        if (tab.open) throw new TabAlreadyOpen();
        const { tableNumber, waiter } = command;
        return [{ type: "TabOpened", tableNumber, waiter }];
      }
      case "PlaceOrder":
        return placeOrder(tab, command.items);
      case "MarkDrinksServed": {
        const { menuNumbers } = command;
        if (!holds(tab.outstandingDrinks, menuNumbers)) throw new DrinksNotOutstanding();
        return [{ type: "DrinksServed", menuNumbers }];
      }
      case "MarkFoodPrepared": {
        const { menuNumbers } = command;
        if (!holds(tab.outstandingFood, menuNumbers)) throw new FoodNotOutstanding();
        return [{ type: "FoodPrepared", menuNumbers }];
      }
      case "MarkFoodServed": {
        const { menuNumbers } = command;
        if (!holds(tab.preparedFood, menuNumbers)) throw new FoodNotPrepared();
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
  if (!tab.open) throw new TabNotOpen();
  const drinks = items.filter((item) => item.isDrink);
  const food = items.filter((item) => !item.isDrink);
  const events: TabEvent[] = [];
  if (drinks.length > 0) events.push({ type: "DrinksOrdered", items: drinks });
  if (food.length > 0) events.push({ type: "FoodOrdered", items: food });
  return events;
}

function closeTab(tab: TabState, amountPaidCents: number): TabEvent[] {
  if (!tab.open) throw new TabNotOpen();
  const unserved = [...tab.outstandingDrinks, ...tab.outstandingFood, ...tab.preparedFood];
  if (unserved.length > 0) throw new TabHasUnservedItems();
  const orderValueCents = tab.servedItemsValueCents;
  if (amountPaidCents < orderValueCents) throw new MustPayEnough(amountPaidCents, orderValueCents);
  const tipValueCents = amountPaidCents - orderValueCents;
  return [{ type: "TabClosed", amountPaidCents, orderValueCents, tipValueCents }];
}

/** All or nothing: a list that is right in part is wrong. */
function holds(items: readonly OrderedItem[], menuNumbers: readonly number[]): boolean {
  return take(menuNumbers, items).missing.length === 0;
}

function served(tab: TabState, items: readonly OrderedItem[]): TabState {
  const valueCents = items.reduce((sum, item) => sum + item.priceCents, 0);
  return { ...tab, servedItemsValueCents: tab.servedItemsValueCents + valueCents };
}

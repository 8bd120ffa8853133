import { defineEvents, type Family } from "jetfold";

/** One unit of what was ordered: two cokes are two of these. The price is the one at that time. */
export interface OrderedItem {
  readonly menuNumber: number;
  readonly description: string;
  readonly isDrink: boolean;
  readonly priceCents: number;
}

/** Everything that can happen to a tab. */
export type TabEvent =
  | { readonly type: "TabOpened"; readonly tableNumber: number; readonly waiter: string }
  | { readonly type: "DrinksOrdered"; readonly items: readonly OrderedItem[] }
  | { readonly type: "FoodOrdered"; readonly items: readonly OrderedItem[] }
  | { readonly type: "DrinksServed"; readonly menuNumbers: readonly number[] }
  | { readonly type: "FoodPrepared"; readonly menuNumbers: readonly number[] }
  | { readonly type: "FoodServed"; readonly menuNumbers: readonly number[] }
  | {
      readonly type: "TabClosed";
      readonly amountPaidCents: number;
      readonly orderValueCents: number;
      readonly tipValueCents: number;
    };

export const TabEvents: Family<TabEvent> = defineEvents<TabEvent>()({
  name: "Tab",
  types: {
    TabOpened: {},
    DrinksOrdered: {},
    FoodOrdered: {},
    DrinksServed: {},
    FoodPrepared: {},
    FoodServed: {},
    TabClosed: {},
  },
});

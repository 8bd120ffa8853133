import { defineEvents, type Family, type Selection } from "../../event/index.ts";

/** Most cases write these. */
export type LedgerEvent =
  | { readonly type: "Opened"; readonly owner: string }
  | { readonly type: "Deposited"; readonly cents: number }
  | { readonly type: "Noted"; readonly value: unknown };

/** The family most cases write. */
export const LedgerEvents: Family<LedgerEvent> = defineEvents<LedgerEvent>()({
  name: "Ledger",
  types: { Opened: {}, Deposited: {}, Noted: {} },
});

/** A second family, for what concerns several. */
export type ParcelEvent =
  | { readonly type: "Sent"; readonly to: string }
  | { readonly type: "Arrived" };

/** See {@link ParcelEvent}. */
export const ParcelEvents: Family<ParcelEvent> = defineEvents<ParcelEvent>()({
  name: "Parcel",
  types: { Sent: {}, Arrived: {} },
});

/** All that cases usually store. */
export const everything: readonly Selection<LedgerEvent | ParcelEvent>[] = [
  LedgerEvents,
  ParcelEvents,
];

/** A ledger is opened. */
export function opened(owner = "Ada"): LedgerEvent {
  return { type: "Opened", owner };
}

/** Money comes in. */
export function deposited(cents: number): LedgerEvent {
  return { type: "Deposited", cents };
}

/** Anything that a codec may carry, or not. */
export function noted(value: unknown): LedgerEvent {
  return { type: "Noted", value };
}

/** A parcel goes out. */
export function sent(to = "Bergen"): ParcelEvent {
  return { type: "Sent", to };
}

/** One family as its code grows: the price of a ticket, in three versions, and later a second type. */
export interface BoughtV1 {
  readonly type: "Bought";
  readonly price: number;
}

/** The second version. */
export interface BoughtV2 {
  readonly type: "Bought";
  readonly cents: number;
}

/** Today's version. */
export interface BoughtV3 extends BoughtV2 {
  readonly currency: string;
}

/** The type that came later. */
export interface Refunded {
  readonly type: "Refunded";
}

const toCents = ({ type, price }: BoughtV1): BoughtV2 => ({ type, cents: price * 100 });
const toCurrency = (old: BoughtV2): BoughtV3 => ({ ...old, currency: "EUR" });

/** The family as the oldest code knows it. */
export const TicketEventsV1: Family<BoughtV1> = defineEvents<BoughtV1>()({
  name: "Ticket",
  types: { Bought: {} },
});

/** The family as older code knows it. */
export const TicketEventsV2: Family<BoughtV2> = defineEvents<BoughtV2>()({
  name: "Ticket",
  types: { Bought: { upcast: [toCents] } },
});

/** The family as it is today. */
export const TicketEventsV3: Family<BoughtV3 | Refunded> = defineEvents<BoughtV3 | Refunded>()({
  name: "Ticket",
  types: { Bought: { upcast: [toCents, toCurrency] }, Refunded: {} },
});

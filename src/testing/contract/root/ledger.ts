import { type Aggregate, defineAggregate } from "../../../aggregate/index.ts";
import { Rejection } from "../../../event/index.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";

/** What a ledger comes to. */
export interface LedgerState {
  readonly cents: number;
  readonly events: number;
}

/** Move so many cents: 0 does nothing, more than there is may not be taken out. */
export interface Move {
  readonly cents: number;
}

/** Why a ledger says no. */
export class Overdrawn extends Rejection<"overdrawn", { readonly had: number }> {
  constructor(had: number) {
    super("overdrawn", `there are ${had}`, { had });
  }
}

/** The aggregate of most cases; it leaves no snapshots. */
export const Ledger: Aggregate<LedgerState, Move, LedgerEvent> = defineAggregate({
  events: LedgerEvents,
  snapshots: false,
  upcastState: [],
  initial: (): LedgerState => ({ cents: 0, events: 0 }),
  process: ({ cents: had }: LedgerState, { cents }: Move): LedgerEvent[] => {
    if (had + cents < 0) throw new Overdrawn(had);
    // Nobody gets more than a thousand: what is beyond changes nothing.
    return cents === 0 || had >= 1000 ? [] : [deposited(cents)];
  },
  apply: ({ cents, events }: LedgerState, event: LedgerEvent): LedgerState => ({
    cents: cents + (event.type === "Deposited" ? event.cents : 0),
    events: events + 1,
  }),
});

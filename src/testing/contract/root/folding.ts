import { type Aggregate, defineAggregate } from "../../../aggregate/index.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";

/** A state that is a number. */
export type Fold = Aggregate<number, number, LedgerEvent>;

/** A definition that folds so. */
export function folding(apply: Fold["apply"], name?: string): Fold {
  return defineAggregate({
    events: LedgerEvents,
    initial: () => 0,
    process: (_: number, cents: number): LedgerEvent[] => [deposited(cents)],
    apply,
    upcastState: [],
    snapshots: false,
    ...(name !== undefined && { name }),
  });
}

/** The sum of what was deposited. */
export const add: Fold["apply"] = (sum, event) =>
  sum + (event.type === "Deposited" ? event.cents : 0);
/** The number of all events. */
export const count: Fold["apply"] = (events) => events + 1;

import { type Aggregate, defineAggregate, defineEvents, type Family } from "jetfold";

/** The event of every measurement: 134 bytes as JSON. */
export interface Deposited {
  readonly type: "Deposited";
  readonly account: string;
  readonly cents: number;
  readonly currency: string;
  readonly reference: string;
  readonly at: string;
}

/** Its size as JSON. */
export const eventBytes = 134;

/** The n-th event; all are equally long. */
export function deposited(n: number): Deposited {
  return {
    type: "Deposited",
    account: "DE89370400440532",
    cents: 100_000 + (n % 900_000),
    currency: "EUR",
    reference: "invoice 77",
    at: "2026-11-21T10:00:00Z",
  };
}

/** A family of these events. */
export function familyOf(name: string): Family<Deposited> {
  return defineEvents<Deposited>()({ name, types: { Deposited: {} } });
}

/** What is folded: enough to prove that every body was decoded. */
export interface Balance {
  readonly cents: number;
  readonly deposits: number;
}

export const noBalance: Balance = Object.freeze({ cents: 0, deposits: 0 });

/** Fold one event. */
export function deposit({ cents, deposits }: Balance, event: Deposited): Balance {
  return { cents: cents + event.cents, deposits: deposits + 1 };
}

/** The aggregate of these events, with every option left as it is by default. */
export const Account: Aggregate<Balance, number, Deposited> = defineAggregate({
  events: familyOf("Account"),
  initial: () => noBalance,
  process: (_, n: number): Deposited[] => [deposited(n)],
  apply: deposit,
});

import {
  type Aggregate,
  defineAggregate,
  defineEvents,
  type EventStore,
  type Family,
  newRoot,
  Rejection,
  type Root,
  write,
} from "jetfold";

export type AccountEvent =
  | { readonly type: "Opened"; readonly owner: string }
  | { readonly type: "Deposited"; readonly cents: number };

export const AccountEvents: Family<AccountEvent> = defineEvents<AccountEvent>()({
  name: "Account",
  types: { Opened: {}, Deposited: {} },
});

/** A second family, for readers and transactions of several. */
export interface Renamed {
  readonly type: "Renamed";
  readonly name: string;
}

export const CustomerEvents: Family<Renamed> = defineEvents<Renamed>()({
  name: "Customer",
  types: { Renamed: {} },
});

export interface AccountState {
  readonly owner: string;
  readonly cents: number;
}

export type AccountCommand =
  | { readonly type: "Open"; readonly owner: string }
  | { readonly type: "Deposit"; readonly amounts: readonly number[] };

/** The domain's own error. */
export class NotOpen extends Rejection<"not-open"> {
  constructor(message: string) {
    super("not-open", message);
  }
}

/** One command may lead to no event, to one or to many. */
export const Account: Aggregate<AccountState, AccountCommand, AccountEvent> = defineAggregate({
  events: AccountEvents,
  initial: (): AccountState => ({ owner: "", cents: 0 }),
  process(account: AccountState, command: AccountCommand): AccountEvent[] {
    if (command.type === "Open") return [opened(command.owner)];
    if (account.owner === "") throw new NotOpen("open the account first");
    return command.amounts.map(deposited);
  },
  apply: (account: AccountState, event: AccountEvent): AccountState =>
    event.type === "Opened"
      ? { ...account, owner: event.owner }
      : { ...account, cents: account.cents + event.cents },
  upcastState: [],
});

export function opened(owner: string): AccountEvent {
  return { type: "Opened", owner };
}

export function deposited(cents: number): AccountEvent {
  return { type: "Deposited", cents };
}

/** Open an account and deposit 1 cent, 2 cents and so on: `commits` commits of one event each. */
export async function fill(
  store: EventStore,
  id: string,
  commits: number,
): Promise<Root<AccountState>> {
  let root = await write(store, Account, newRoot(Account, id), [opened(id)]);
  for (let cents = 1; cents < commits; cents++) {
    root = await write(store, Account, root, [deposited(cents)]);
  }
  return root;
}

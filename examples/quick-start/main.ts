import { connect } from "@nats-io/transport-node";
import {
  defineAggregate,
  defineEvents,
  defineProjection,
  execute,
  observe,
  read,
  Rejection,
} from "jetfold";
import { NatsStore } from "jetfold/nats";
import { startNatsServer } from "jetfold/testing";

// What can happen to an account, and nothing else: a plain union.
type AccountEvent = { type: "Opened"; owner: string } | { type: "Deposited"; cents: number };
type AccountCommand = { type: "Open"; owner: string } | { type: "Deposit"; cents: number };

const AccountEvents = defineEvents<AccountEvent>()({
  name: "Account",
  types: { Opened: {}, Deposited: {} },
});

// Decide on commands, fold events. No store in sight, so it is tested without one.
const Account = defineAggregate({
  events: AccountEvents,
  initial: () => ({ owner: "", cents: 0 }),
  process(account, command: AccountCommand) {
    if (command.type === "Open") return [{ type: "Opened", owner: command.owner }];
    if (account.owner === "") throw new Rejection("not-open", "open the account first");
    return [{ type: "Deposited", cents: command.cents }];
  },
  apply(account, event) {
    return event.type === "Opened"
      ? { ...account, owner: event.owner }
      : { ...account, cents: account.cents + event.cents };
  },
});

// A read model: whatever you like, fed with every event once it is stored.
const balances = new Map<string, number>();
const balanceSheet = defineProjection({
  name: "balance-sheet",
  events: AccountEvents,
  project({ id, type, event }) {
    if (type === "Deposited") balances.set(id, (balances.get(id) ?? 0) + event.cents);
  },
});

const server = await startNatsServer(); // or connect to your own: 2.12.3 or newer, run with -js
const connection = await connect({
  servers: server.url,
  maxReconnectAttempts: -1, // by default the client gives up after 20 s
  ignoreAuthErrorAbort: true,
});
const store = await NatsStore.open(connection, { name: "bank" });

const running = observe(store, balanceSheet);
await execute(store, Account, "ada", { type: "Open", owner: "Ada" });
const ada = await execute(store, Account, "ada", { type: "Deposit", cents: 1250 });

await running.reached(ada.head.sequence); // read your own write
console.log(balances.get("ada")); // 1250
console.log((await read(store, Account, "ada")).state); // { owner: "Ada", cents: 1250 }
for await (const { revision, type } of store.replay(AccountEvents)) console.log(revision, type);

await store.close(); // ends the projection, too
await connection.close(); // yours: nobody else closes it, and the process ends no sooner
await server.close();

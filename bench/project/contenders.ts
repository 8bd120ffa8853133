import { defineProjection, observe, type Projection } from "jetfold";
import type { NatsStore } from "jetfold/nats";
import { postgresCheckpoints, type Sql } from "jetfold/postgres";
import type { Contender } from "../harness/interleave.ts";
import { Account, type Deposited } from "../work/account.ts";
import { BalanceTable } from "./balances.ts";
import type { Databases } from "./databases.ts";
import { perSecond, waitMs } from "./per-second.ts";

/** How jetfold brings events into the table. */
export type Way =
  /** One upsert each, as many in a transaction as it makes of what has come. */
  | "default"
  /** Each in a transaction of its own. */
  | "apart"
  /** So many by one statement, in one transaction. */
  | "batches";

/** What is projected. */
export interface Projected {
  readonly events: number;
  /** So many events make a transaction, where not each is one. */
  readonly together: number;
}

/** `observe`, with checkpoints in the read model's own transaction, until it has caught up. */
export function jetfoldProjection(
  store: NatsStore,
  { jetfoldPool: pool, suffix }: Databases,
  way: Way,
  { events, together }: Projected,
): Contender {
  const round = async (index: number): Promise<number> => {
    const name = `balances_${way}_${index}`;
    const table = new BalanceTable(name);
    const projection = projectionInto(table, name, way, together);
    const rate = await perSecond(events, async () => {
      const running = observe(store, projection, { checkpoints: postgresCheckpoints(pool) });
      await running.caughtUp({ timeoutMs: waitMs });
      return () => running.stop();
    });
    await table.drop(events, (text) => pool.query(text));
    return rate;
  };
  const apart = way === "apart" ? ", each apart" : "";
  return { name: `jetfold${apart}${suffix}`, round };
}

function projectionInto(
  table: BalanceTable,
  name: string,
  way: Way,
  commits: number,
): Projection<typeof Account.events, Sql> {
  const base = {
    name,
    events: Account.events,
    create: async (tx: Sql): Promise<void> => {
      await table.create((text) => tx.query(text));
    },
  };
  if (way === "batches") {
    return defineProjection<typeof Account.events, Sql>({
      ...base,
      batch: { commits },
      async projectBatch(envelopes, tx) {
        const accounts = envelopes.map(({ id }) => id);
        const cents = envelopes.map(({ event }) => event.cents);
        await table.addAll(accounts, cents, (text, values) => tx.query(text, values));
      },
    });
  }
  return defineProjection<typeof Account.events, Sql>({
    ...base,
    ...(way === "apart" && { batch: { commits: 1, ms: 0 } }),
    async project({ id, event }, tx) {
      await table.add(id, event, (text, values) => tx.query(text, values));
    },
  });
}

/** Emmett rests so long after the first batch, whatever its settings; it is not counted. */
const firstPauseMs = 100;

/** An async projector in a consumer of Emmett's, until the last event's transaction is over. */
export function emmettProjection(
  { emmett: { name, peer }, emmettPool: pool }: Databases,
  { events, together }: Projected,
  maxRounds: number,
): Contender {
  const round = async (index: number): Promise<number> => {
    const table = new BalanceTable(`balances_${index}`);
    const work = (): Promise<void> =>
      peer.project({
        name: `balances_${index}`,
        type: "Deposited",
        create: (query) => table.create(query),
        project: (account, data, query) => table.add(account, data as Deposited, query),
        events,
        batchSize: together,
        pauseMs: 0,
      });
    const rate = await perSecond(events, work, events > together ? firstPauseMs : 0);
    await table.drop(events, (text) => pool.query(text));
    return rate;
  };
  return { name, round, maxRounds };
}

import { type JetStreamClient, jetstream } from "@nats-io/jetstream";
import { type EventStore, read } from "jetfold";
import type { Contender } from "../harness/interleave.ts";
import { p50Us } from "../harness/statistics.ts";
import { plainName } from "../site/plain-stream.ts";
import type { Site } from "../site/site.ts";
import { Account, type Balance, deposit, type Deposited, noBalance } from "../work/account.ts";
import { idOfAggregate } from "./stream.ts";

/** What contenders that load share. */
export interface Loads {
  /** Loads a round; each is of the aggregate after the one before, so that none is loaded twice. */
  readonly loads: number;
  /** Events each aggregate has. */
  readonly events: number;
  readonly signal: AbortSignal;
  readonly name?: string;
}

/** `read` of jetfold, of aggregates that this store has not seen before. */
export async function jetfoldLoads(
  site: Site,
  { loads, events, signal, name = "jetfold" }: Loads,
): Promise<Contender> {
  const store = await site.openStore();
  const round = (index: number): Promise<number> =>
    p50Us(loads, signal, (i) => jetfoldLoad(store, index * loads + i, events));
  return { name, round };
}

/** One load. @throws when not all events were folded */
export async function jetfoldLoad(
  store: EventStore,
  aggregate: number,
  events: number,
): Promise<void> {
  const { state } = await read(store, Account, idOfAggregate(aggregate));
  assertFolded(state, events);
}

/** An ordered consumer with a filter, read to its end. */
export async function natsjsLoads(
  site: Site,
  { loads, events, signal, name = "natsjs" }: Loads,
): Promise<Contender> {
  const client = jetstream(await site.connect());
  const round = (index: number): Promise<number> =>
    p50Us(loads, signal, (i) => natsjsLoad(client, index * loads + i, events));
  return { name, round };
}

/** One load: create the consumer, fold what it has, delete it. @throws when not all events were folded */
export async function natsjsLoad(
  client: JetStreamClient,
  aggregate: number,
  events: number,
): Promise<void> {
  const filter = `${plainName}.${Account.events.name}.${idOfAggregate(aggregate)}`;
  const consumer = await client.consumers.get(plainName, { filter_subjects: [filter] });
  let state = noBalance;
  for await (const message of await consumer.consume()) {
    state = deposit(state, message.json<Deposited>());
    if (message.info.pending === 0) break;
  }
  await consumer.delete();
  assertFolded(state, events);
}

function assertFolded({ deposits }: Balance, events: number): void {
  if (deposits !== events) throw new Error(`${deposits} of ${events} events were folded`);
}

import { jetstream } from "@nats-io/jetstream";
import type { Family } from "jetfold";
import type { Contender } from "../harness/interleave.ts";
import { wallMs } from "../harness/statistics.ts";
import { plainName } from "../site/plain-stream.ts";
import { rawReplay } from "../site/raw-replay.ts";
import type { Site } from "../site/site.ts";
import { type Balance, deposit, type Deposited, noBalance } from "../work/account.ts";

/** What is to be read of a stream. */
export interface Wanted {
  readonly families: readonly Family<Deposited>[];
  /** How many events these families have. */
  readonly events: number;
}

/** `store.replay`, every body decoded and folded. */
export async function jetfoldReplay(site: Site, { families, events }: Wanted): Promise<Contender> {
  const store = await site.openStore();
  const read = async (): Promise<void> => {
    let balance = noBalance;
    for await (const { event } of store.replay(families)) balance = deposit(balance, event);
    assertRead(balance, events);
  };
  return { name: "jetfold", round: () => wallMs(read) };
}

/** The whole stream by a raw push subscription, nothing decoded. */
export async function wireReplay(site: Site, total: number): Promise<Contender> {
  const connection = await site.connect();
  return { name: "wire", round: () => wallMs(() => rawReplay(connection, total)) };
}

/**
 * An ordered consumer with a filter subject for each family, every body decoded and folded.
 * @param part - of the events only so many are read, from the first; the time is scaled to all
 */
export async function natsjsReplay(
  site: Site,
  { families, events }: Wanted,
  part: number = events,
): Promise<Contender> {
  const client = jetstream(await site.connect());
  const filters = families.map(({ name }) => `${plainName}.${name}.*`);
  const read = async (): Promise<void> => {
    const consumer = await client.consumers.get(plainName, { filter_subjects: filters });
    let balance = noBalance;
    for await (const message of await consumer.consume()) {
      balance = deposit(balance, message.json<Deposited>());
      if (balance.deposits === part) break;
    }
    await consumer.delete();
    assertRead(balance, part);
  };
  return {
    name: "natsjs",
    round: async () => (await wallMs(read)) * (events / part),
    maxRounds: 3,
  };
}

/** @throws when not all events were read */
export function assertRead({ deposits }: Balance, events: number): void {
  if (deposits !== events) throw new Error(`${deposits} of ${events} events were read`);
}

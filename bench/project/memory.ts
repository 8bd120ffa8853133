import { jetstream } from "@nats-io/jetstream";
import { defineProjection, memoryCheckpoints, observe } from "jetfold";
import { type Contender, interleave, medianOf, ratios } from "../harness/interleave.ts";
import type { Context, Measured, Scenario } from "../harness/scenario.ts";
import { openFilledSite, wide, wideEvents } from "../load/stream.ts";
import { plainName } from "../site/plain-stream.ts";
import { rawReplay } from "../site/raw-replay.ts";
import type { Site } from "../site/site.ts";
import { Account, type Deposited } from "../work/account.ts";
import { perSecond, waitMs } from "./per-second.ts";

/** A read model in memory, built from all of history. */
export const memoryProjection: Scenario = { key: "project.memory", measure };

async function measure(context: Context): Promise<Measured> {
  const total = context.scale.pick(100_000, 20_000, 2_000);
  const site = await openFilledSite(context, wide(total), { plain: true });
  const figures = await interleave(context, "events/s", [
    await jetfoldProjection(site, total),
    await wire(site, total),
    await natsjs(site, total),
  ]);
  return {
    key: "project.memory",
    value: medianOf(figures, "jetfold"),
    unit: "events/s",
    scale: `${total} events of ${total / wideEvents} aggregates, by turns, one event a commit; a Map with the number and the sum of each aggregate's events, from the first event until all are in it`,
    ratio: ratios(figures, true),
    bars: [],
    figures,
    notes: ["one event at a time, checkpoints in memory; the wire only counts its messages"],
  };
}

/** The read model. */
class Balances {
  readonly #balances = new Map<string, { cents: number; deposits: number }>();

  add(account: string, { cents }: Deposited): void {
    const balance = this.#balances.get(account);
    if (balance === undefined) this.#balances.set(account, { cents, deposits: 1 });
    else {
      balance.cents += cents;
      balance.deposits++;
    }
  }

  /** @throws when not all events are in it */
  assertHolds(events: number): void {
    const held = [...this.#balances.values()].reduce((sum, { deposits }) => sum + deposits, 0);
    if (held !== events) throw new Error(`${held} of ${events} events were projected`);
  }
}

/** `observe`, from the start until it has caught up. */
async function jetfoldProjection(site: Site, events: number): Promise<Contender> {
  const store = await site.openStore();
  const round = async (): Promise<number> => {
    const balances = new Balances();
    const projection = defineProjection({
      name: "balances",
      events: Account.events,
      project: ({ id, event }) => balances.add(id, event),
    });
    const rate = await perSecond(events, async () => {
      const running = observe(store, projection, { checkpoints: memoryCheckpoints() });
      await running.caughtUp({ timeoutMs: waitMs });
      return () => running.stop();
    });
    balances.assertHolds(events);
    return rate;
  };
  return { name: "jetfold", round };
}

/** All messages by a raw push subscription, nothing decoded and nothing projected. */
async function wire(site: Site, events: number): Promise<Contender> {
  const connection = await site.connect();
  return { name: "wire", round: () => perSecond(events, () => rawReplay(connection, events)) };
}

/** An ordered consumer, every body decoded, into the same Map. */
async function natsjs(site: Site, events: number): Promise<Contender> {
  const client = jetstream(await site.connect());
  const stem = `${plainName}.${Account.events.name}.`;
  const round = async (): Promise<number> => {
    const balances = new Balances();
    const rate = await perSecond(events, async () => {
      const consumer = await client.consumers.get(plainName, { filter_subjects: [`${stem}*`] });
      let handled = 0;
      for await (const message of await consumer.consume()) {
        balances.add(message.subject.slice(stem.length), message.json<Deposited>());
        if (++handled === events) break;
      }
      return () => consumer.delete();
    });
    balances.assertHolds(events);
    return rate;
  };
  return { name: "natsjs", round, maxRounds: 3 };
}

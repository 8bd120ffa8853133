import type { NatsConnection } from "@nats-io/transport-node";
import { expect } from "vitest";
import { consumersOf, subscriptionsOf } from "../faults/follower.ts";
import { type Client, type Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";

/** What a client holds when nothing is under way, to be compared with what it holds later. */
export interface Holdings {
  /** Wait until it holds no more: no subscription, no consumer on the server, no timer. */
  restored(): Promise<void>;
}

/** How many timers this process has set. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
}

/**
 * Note what a client holds.
 * @param witness - another connection, by which the server is asked
 * @param alone - no other test runs meanwhile, so that all timers are this one's
 */
export function holdingsOf(
  { connection, store }: Client,
  witness: NatsConnection,
  alone = true,
): Holdings {
  const subscriptions = subscriptionsOf(connection);
  const timed = timers();
  return {
    async restored() {
      // The server forgets a consumer nobody listens to after 10 s: what is left before is a leak.
      await until(
        "no consumer to be left",
        async () => (await consumersOf(witness, store.name)).length === 0,
        5_000,
      );
      // What nobody waits for any more is forgotten when its time is over.
      if (alone) await until("no timer to be left", () => timers() <= timed, 5_000);
      // What was left while the server was away ends behind.
      await until("no subscription", () => subscriptionsOf(connection) <= subscriptions, 5_000);
      expect(subscriptionsOf(connection)).toBe(subscriptions);
    },
  };
}

/**
 * A new store on a connection of its own, used, and closed: it must leave the connection as it was.
 * Closing ends the inbox of all requests only when none is waiting any more.
 */
export async function leavingNothing(
  site: Site,
  use: (client: Client, witness: NatsConnection) => Promise<void>,
  alone = true,
): Promise<void> {
  const witness = await site.connect();
  const connection = await site.connect();
  const before = subscriptionsOf(connection);
  const store = await site.open(connection, storeName());
  const holdings = holdingsOf({ connection, store }, witness, alone);
  await use({ connection, store }, witness);
  await holdings.restored();
  await store.close();
  await until("no subscription to be left", () => subscriptionsOf(connection) === before, 5_000);
}

import type { Context } from "../harness/scenario.ts";
import { type Filling, fillPlain, fillStore } from "../site/fill.ts";
import { openSite, type Site } from "../site/site.ts";
import { Account } from "../work/account.ts";

/** The id of the n-th aggregate. */
export function idOfAggregate(n: number): string {
  return `account-${n}`;
}

/** Aggregates of 50 events each, written by turns: an aggregate's events lie as far apart as can be. */
export function wide(total: number): Filling {
  const aggregates = total / wideEvents;
  return filling(total, aggregates, (n) => n % aggregates);
}

/** How many events an aggregate of {@link wide} has. */
export const wideEvents = 50;

/** Aggregates of so many events each, one aggregate after the other. */
export function contiguous(aggregates: number, events: number): Filling {
  return filling(aggregates * events, aggregates, (n) => Math.floor(n / events));
}

function filling(total: number, aggregates: number, aggregateOf: (n: number) => number): Filling {
  const family = Account.events.name;
  const addressOf = (n: number) => ({ family, id: idOfAggregate(n) });
  return { total, aggregates, aggregateOf, addressOf };
}

/** A server with a store filled so, and if asked for the same events for nats.js. */
export async function openFilledSite(
  context: Context,
  of: Filling,
  { plain }: { readonly plain: boolean },
): Promise<Site> {
  const site = await openSite(context);
  await site.openStore();
  await fillStore(context, site, of);
  if (plain) await fillPlain(context, site, of);
  return site;
}

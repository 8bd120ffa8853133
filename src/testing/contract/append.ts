import {
  type EventStore,
  type Expectation,
  type Head,
  noHead,
  type Publish,
  type Published,
  type PublishOptions,
  type Sequence,
} from "../../event/index.ts";
import {
  deposited,
  everything,
  type LedgerEvent,
  LedgerEvents,
  ParcelEvents,
  sent,
} from "./contract-events.ts";
import { within } from "./within.ts";

/** Append one commit to a ledger. */
export async function append(
  store: Publish,
  id: string,
  expect: Expectation,
  events: readonly LedgerEvent[],
  options?: PublishOptions,
): Promise<Published> {
  const commit = { family: LedgerEvents, id, expect, events };
  return within(store.publish(commit, options), `publishing to ledger ${id}`);
}

/** Append commits of one deposit each (1 cent, 2 cents …) to a ledger, each on the head before. */
export async function appendEach(
  store: Publish,
  id: string,
  count: number,
  head: Head = noHead,
): Promise<Published[]> {
  const published: Published[] = [];
  for (let n = 1; n <= count; n++) {
    const expect = published.at(-1)?.head ?? head;
    published.push(await append(store, id, expect, [deposited(n)]));
  }
  return published;
}

/** Send one parcel: a commit of the second family. */
export async function sendParcel(
  store: Publish,
  id: string,
  expect: Expectation = "any",
): Promise<Published> {
  const commit = { family: ParcelEvents, id, expect, events: [sent()] };
  return within(store.publish(commit), `publishing to parcel ${id}`);
}

/** Where each commit lies. */
export function sequencesOfPublished(published: readonly Published[]): Sequence[] {
  return published.map(({ head }) => head.sequence);
}

/** The last sequence of all that is stored, as the leader has it: unchanged when nothing was stored. */
export async function endOf(store: EventStore): Promise<Sequence> {
  return within(store.end(everything), "asking for the end");
}

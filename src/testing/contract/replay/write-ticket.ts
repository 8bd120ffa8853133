import type { CaseContext } from "../contract-case.ts";
import { TicketEventsV1, TicketEventsV3 } from "../contract-events.ts";

/** A commit of a ticket, as an old reader will meet it. */
export interface Written {
  readonly write: string;
  readonly id: string;
  readonly sequence: number;
}

/** A commit of a version that the first version's reader does not know. */
export async function newerVersion(store: CaseContext["store"]): Promise<Written> {
  const events = [{ type: "Bought", cents: 100, currency: "NOK" }] as const;
  const id = "newer";
  const { head } = await store.publish({ family: TicketEventsV3, id, expect: "any", events });
  return { write: "a newer version", id, sequence: head.sequence };
}

/** A commit of which one event is known to the first version's reader and one is not. */
export async function unknownType(store: CaseContext["store"]): Promise<Written> {
  const family = { ...TicketEventsV3, upcasters: new Map([...TicketEventsV1.upcasters, refunded]) };
  const events = [{ type: "Bought", price: 1 }, { type: "Refunded" }];
  const id = "unknown";
  const { head } = await store.publish({ family, id, expect: "any", events } as never);
  return { write: "an unknown type", id, sequence: head.sequence };
}

const refunded = ["Refunded", []] as const;

/** A commit that every reader knows. */
export async function knownVersion(store: CaseContext["store"]): Promise<Written> {
  const events = [{ type: "Bought", price: 5 }] as const;
  const id = "known";
  const { head } = await store.publish({ family: TicketEventsV1, id, expect: "any", events });
  return { write: "a known version", id, sequence: head.sequence };
}

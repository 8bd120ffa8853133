import type { Expectation, NewCommit } from "../../../event/index.ts";
import { deposited, type LedgerEvent, LedgerEvents } from "../contract-events.ts";

/** A part of a transaction: one deposit. */
export function part(id: string, expect: Expectation): NewCommit<LedgerEvent> {
  return { family: LedgerEvents, id, expect, events: [deposited(1)] };
}

import type { NewCommit } from "../../../event/index.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";

/** A part of a transaction: one deposit. */
export function part(id: string, expect: NewCommit["expect"]) {
  return { family: LedgerEvents, id, expect, events: [deposited(1)] };
}

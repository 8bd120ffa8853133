import type { NewBase, Published, Sequence } from "../../../event/index.ts";
import type { CaseContext } from "../contract-case.ts";
import { LedgerEvents } from "../contract-events.ts";

/** What cases replace history with. */
export const base: NewBase = {
  reducerVersion: 3,
  state: { cents: 15, owners: ["Ada"], none: null },
};

/** Append a base to a ledger. */
export async function rebase(
  store: CaseContext["store"],
  id = "a",
): Promise<Published & { readonly sequence: Sequence }> {
  const commit = { family: LedgerEvents, id, expect: "any", events: [], base } as const;
  const published = await store.publish(commit);
  return { ...published, sequence: published.head.sequence };
}

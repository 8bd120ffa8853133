import assert from "node:assert/strict";
import type { InvalidInputError, NewCommit, PublishOptions } from "../../../event/index.ts";
import { endOf } from "../append.ts";
import type { CaseContext } from "../contract-case.ts";
import { LedgerEvents, opened } from "../contract-events.ts";
import { refused } from "../refused.ts";

/** Try to publish something made of a good commit, and see that nothing came of it. */
export async function refusedInput(
  store: CaseContext["store"],
  change: Record<string, unknown>,
  options?: Record<string, unknown>,
): Promise<InvalidInputError> {
  const good = { family: LedgerEvents, id: "a", expect: "any", events: [opened()] };
  const before = await endOf(store);
  const error = await refused(
    "invalid-input",
    `publishing with ${described(change, options)}`,
    () => store.publish({ ...good, ...change } as unknown as NewCommit, options as PublishOptions),
  );
  assert.equal(await endOf(store), before, "nothing was stored");
  return error;
}

function described(...parts: unknown[]): string {
  const plain = (_: string, value: unknown): unknown =>
    ["bigint", "number", "undefined"].includes(typeof value) ? String(value) : value;
  return JSON.stringify(parts, plain).slice(0, 200);
}

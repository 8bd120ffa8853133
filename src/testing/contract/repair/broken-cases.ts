import assert from "node:assert/strict";
import type { PoisonPolicy, Sequence } from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { listen } from "../listen.ts";
import { refusedAs } from "../refused.ts";
import { type Breakage, breakages } from "./breakages.ts";

/** Readers of a family in which one aggregate is broken. */
export const brokenCases: readonly CaseDefinition[] = breakages.map((breakage) => ({
  guarantee: `readers of many aggregates stop at ${breakage.what}, or leave it out, as they say`,
  needs: ["foreign", "payload"],
  check: (context) => checkPolicies(context, breakage),
}));

async function checkPolicies(context: CaseContext, { wreck }: Breakage): Promise<void> {
  const { store } = context;
  await appendEach(store, "a", 3);
  const [wrong] = await wreck(context);
  await append(store, "b", "new", [deposited(1)]);
  const fails = () => gather(store.replay(LedgerEvents, { poison: "fail" }));
  await refusedAs(["poison", "corrupt"], "failing at it", fails);
  const asked: Sequence[] = [];
  const policies: PoisonPolicy[] = ["skip", ({ sequence }) => (asked.push(sequence), "skip")];
  for (const poison of policies) {
    const read = await gather(store.replay(LedgerEvents, { poison }));
    const ids = read.map(({ id, revision }) => id + revision);
    assert.deepEqual(ids.slice(0, 3), ["a1", "a2", "a3"]);
    assert.ok(ids.includes("b1"));
    assert.ok(read.every(({ sequence }) => sequence !== wrong));
    const listener = listen((signal) => store.subscribe(LedgerEvents, { poison, signal }));
    await listener.until((items) => items.at(-1)?.id === "b", "the last event");
    await append(store, "c", "any", [deposited(1)]);
    await listener.until((items) => items.at(-1)?.id === "c", "what comes live");
    await listener.stop();
  }
  assert.equal(asked[0], wrong);
}

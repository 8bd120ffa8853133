import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { execute, read } from "../../../aggregate/index.ts";
import type { EventStore } from "../../../event/index.ts";
import { append, appendEach, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { gather, gatherFirst } from "../gather.ts";
import { add, folding } from "../root/folding.ts";

const Sum = folding(add);

/** Calls that take a signal, or look for what may be stored: each with the signal of the case. */
export const calls: Readonly<
  Record<string, (store: EventStore, signal: AbortSignal) => Promise<unknown>>
> = {
  "a known command": (store, signal) => execute(store, Sum, "a", 1, { commitId: "known", signal }),
  "a known commit": (store, signal) =>
    append(store, "b", "any", [deposited(1)], { commitId: "known", signal }),
  "a read": (store, signal) => read(store, Sum, "a", { signal }),
  "a read until then": (store, signal) => read(store, Sum, "a", { until: 1, signal }),
  "a replay": (store, signal) => gather(store.replay(LedgerEvents, { signal })),
  "a replay of one aggregate": (store, signal) =>
    gather(store.replay(LedgerEvents.of("a"), { signal })),
  "a replay that is left": (store, signal) =>
    gatherFirst(store.replay(LedgerEvents, { signal }), 1),
  "a history": async (store, signal) => {
    const last = await store.last(LedgerEvents, "a", { signal });
    return gather(store.history(last!, { after: 0, signal }));
  },
  "a subscription": (store, signal) => gatherFirst(store.subscribe(LedgerEvents, { signal }), 1),
  "a subscription that is aborted": async (store) => {
    const stop = new AbortController();
    for await (const _ of store.subscribe(LedgerEvents, { signal: stop.signal })) stop.abort();
  },
  ids: (store, signal) => gather(store.ids(LedgerEvents, { signal })),
  "an end": (store, signal) => store.end(LedgerEvents, { signal }),
  "a count": (store, signal) => store.count(LedgerEvents, 0, { signal }),
  "a stamp": (store, signal) => store.stampAt(1, { signal }),
};

/** What the calls find. */
export async function prepareCalls(store: EventStore): Promise<void> {
  await execute(store, Sum, "a", 1, { commitId: "known" });
  await append(store, "b", "any", [deposited(1)], { commitId: "known" });
  await sendParcel(store, "p");
}

/** How many listeners a signal has, and how many signals Node makes abort with it (Node 20.20). */
export function heldBy(signal: AbortSignal): number {
  const members = Object.getOwnPropertySymbols(signal)
    .filter(({ description }) => description?.includes("Dependant"))
    .map((symbol) => (signal as never as Record<symbol, { readonly size?: number }>)[symbol]);
  const listeners = getEventListeners(signal, "abort").length;
  return members.reduce((sum, joined) => sum + (joined?.size ?? 0), listeners);
}

const rounds = 5;

/** What calls leave behind. */
export const signalCases: readonly CaseDefinition[] = [
  {
    guarantee: "a call leaves nothing at the store's signal, nor at its own",
    async check({ store }) {
      await prepareCalls(store);
      await appendEach(store, "c", 3);
      const before = heldBy(store.signal);
      const { signal } = new AbortController();
      for (const [what, call] of Object.entries(calls)) {
        await Promise.all(Array.from({ length: rounds }, () => call(store, signal)));
        assert.equal(heldBy(store.signal), before, `at the store's after ${what}`);
        assert.equal(heldBy(signal), 0, `at its own after ${what}`);
      }
    },
  },
];

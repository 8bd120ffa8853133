import assert from "node:assert/strict";
import type { EventStore, StoreWarning } from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { LedgerEvents, opened } from "../contract-events.ts";
import { gather, gatherFirst } from "../gather.ts";
import { listen } from "../listen.ts";
import { assertRefusal, refused } from "../refused.ts";
import { eventually, within } from "../within.ts";

/** Closing a store. */
export const closeCases: readonly CaseDefinition[] = [
  {
    guarantee: "closing twice, and at once, is closing once",
    async check({ store }) {
      await append(store, "a", "new", [opened()]);
      await within(Promise.all([store.close(), store.close()]), "closing twice at once");
      await within(store.close(), "closing once more");
      await within(store[Symbol.asyncDispose](), "disposing of it");
    },
  },
  {
    guarantee: "disposing of a store closes it",
    async check({ open }) {
      let kept: EventStore;
      {
        await using store = await open();
        await append(store, "a", "new", [opened()]);
        kept = store;
      }
      await refused("closed", "using it", () => kept.end(LedgerEvents));
    },
  },
  {
    guarantee: "a closed store refuses every call with a typed error",
    async check({ store }) {
      const { head } = await append(store, "a", "new", [opened()]);
      await store.close();
      const commit = { family: LedgerEvents, id: "a", expect: head, events: [opened()] };
      const calls: [string, () => unknown][] = [
        ["publish", () => store.publish(commit)],
        ["transact", () => store.transact([commit])],
        ["replay", () => gather(store.replay(LedgerEvents))],
        ["replay of one aggregate", () => gather(store.replay(LedgerEvents.of("a")))],
        ["last", () => store.last(LedgerEvents, "a")],
        ["at", () => store.at(LedgerEvents, head.sequence)],
        ["end", () => store.end(LedgerEvents)],
        ["ids", () => gather(store.ids(LedgerEvents))],
        ["truncate", () => store.truncate(LedgerEvents, "a", 1)],
        ["subscribe", () => gatherFirst(store.subscribe(LedgerEvents), 1)],
        ["get", () => store.snapshots.get("key")],
        ["put", () => store.projections.put("key", Uint8Array.of(1))],
        ["remove", () => store.snapshots.remove("key")],
        ["keys", () => gather(store.snapshots.keys())],
      ];
      for (const [what, call] of calls) await refused("closed", what, call);
    },
  },
  {
    guarantee: "closing ends subscriptions, also idle ones",
    async check({ store }) {
      await appendEach(store, "a", 3);
      let caughtUp = 0;
      const onCaughtUp = (): void => void caughtUp++;
      const listeners = [LedgerEvents, LedgerEvents.of("nobody")].map((selection) =>
        listen((signal) => store.subscribe(selection, { onCaughtUp, signal })),
      );
      await eventually(() => assert.equal(caughtUp, 2));
      await within(store.close(), "closing");
      for (const { ended } of listeners) await endsTyped(ended, "a subscription");
    },
  },
  {
    guarantee: "closing ends replays that are under way",
    async check({ store }) {
      await appendEach(store, "a", 1200);
      const read = async (): Promise<void> => {
        let count = 0;
        for await (const _ of store.replay(LedgerEvents)) {
          if (++count === 10) await within(store.close(), "closing while reading");
        }
        assert.equal(count, 1200, "ended without an error, so it is whole");
      };
      await endsTyped(read(), "a replay");
    },
  },
  {
    guarantee: "closing waits for deferred work, and a failure of it is a warning",
    async check({ open }) {
      const warnings: StoreWarning[] = [];
      const store = await open({ onWarning: (warning) => warnings.push(warning) });
      const before = warnings.length;
      let finish = (): void => undefined;
      let done = false;
      const work = new Promise<void>((resolve) => (finish = resolve)).then(() => {
        done = true;
      });
      store.defer(work, "something slow");
      const cause = new Error("the work's own");
      store.defer(Promise.reject(cause), "something that fails");
      const closing = store.close().then(() => done);
      await eventually(() => assert.equal(warnings.length, before + 1, "one warning"));
      assert.equal(warnings.at(-1)?.cause, cause);
      assert.ok(warnings.at(-1)?.message.includes("something that fails"));
      finish();
      assert.equal(await within(closing, "closing"), true, "the work was done before");
    },
  },
];

/** It ends in time: either in order or with an error that says why. */
async function endsTyped(ended: Promise<void>, what: string): Promise<void> {
  let failed: unknown;
  await within(
    ended.catch((error: unknown) => (failed = error)),
    `${what} after closing`,
  );
  if (failed === undefined) return;
  assertRefusal(["closed"], `${what} after closing`, failed);
}

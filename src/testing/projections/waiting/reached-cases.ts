import assert from "node:assert/strict";
import type { EventStore, ReadOptions, Sequence } from "../../../event/index.ts";
import { sendParcel } from "../../contract/append.ts";
import { assertRefusal, refused, thrownBy } from "../../contract/refused.ts";
import { Faults, persisting, stopping } from "../faults.ts";
import { assertLines, failureOf, lines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

const soon = { timeoutMs: 50 };

/** The same store; something is stored just before it is asked for its stamp at `sequence`. */
function storedBeforeStamp(
  store: EventStore,
  sequence: Sequence,
  storeIt: () => Promise<unknown>,
): EventStore {
  let before: Promise<unknown> | undefined;
  return new Proxy(store, {
    get(of, name) {
      const value: unknown = Reflect.get(of, name, of);
      if (typeof value !== "function") return value;
      if (name !== "stampAt") return value.bind(of) as unknown;
      return async (at: Sequence, options?: ReadOptions) => {
        if (at === sequence) await (before ??= storeIt());
        return of.stampAt(at, options);
      };
    },
  });
}

/** Reading one's own writes. */
export const reachedCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "reached resolves when the commit is in the read model",
    async check({ store, model, start }) {
      const running = start(listing(model()));
      await running.reached(0);
      for (let n = 1; n <= 10; n++) {
        const sequence = await put(store, "a");
        await running.reached(sequence);
        await assertLines(model(), lines("a", n));
        assert.ok(running.position >= sequence);
      }
    },
  },
  {
    guarantee: "it resolves for a sequence that is not selected, when what is before it is handled",
    async check({ store, model, start }) {
      const faults = new Faults();
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      await running.reached((await sendParcel(store, "p")).head.sequence);
      faults.break("a:1");
      await put(store, "a");
      const { sequence } = (await sendParcel(store, "p")).head;
      await refused("timeout", "waiting for less", () => running.reached(sequence, soon));
      faults.mend("a:1");
      await running.reached(sequence);
      await assertLines(model(), lines("a", 1));
    },
  },
  {
    guarantee: "it waits for a sequence that is not stored yet, and says so when none comes",
    async check({ store, model, start }) {
      const running = start(listing(model()));
      const stored = await put(store, "a");
      await running.caughtUp();
      const waiting = running.reached(stored + 2);
      let resolved = false;
      void waiting.then(() => (resolved = true)).catch(() => undefined);
      const error = await refused("timeout", "waiting for what is not stored", () =>
        running.reached(stored + 9, { timeoutMs: 50 }),
      );
      assert.match(error.message, /nothing is stored there/);
      assert.equal(resolved, false);
      await put(store, "a");
      await put(store, "b");
      await waiting;
      await assertLines(model(), ["a:1", "a:2", "b:1"]);
      // One that is not selected is stored, too.
      const unselected = running.reached(stored + 3);
      await sendParcel(store, "p");
      await unselected;
    },
  },
  {
    guarantee: "what is stored between its questions is waited for as well",
    async check({ store, model, start }) {
      const faults = new Faults();
      const asked = storedBeforeStamp(store, 1, () => put(store, "a"));
      const projection = listing(model(), { before: faults.meet, onError: persisting });
      const running = start(projection, { store: asked });
      faults.break("a:1");
      await refused("timeout", "waiting for less", () => running.reached(1, soon));
      faults.mend("a:1");
      await running.reached(1);
      await assertLines(model(), lines("a", 1));
    },
  },
  {
    guarantee: "who waits is told when it fails, and so is who asks later",
    async check({ store, model, start }) {
      const faults = new Faults();
      const error = faults.break("a:1");
      const onError = { ...stopping, retries: 20 };
      const running = start(listing(model(), { before: faults.meet, onError }));
      const sequence = await put(store, "a");
      const waiting = () => running.reached(sequence);
      for (const when of ["before", "after"]) {
        const refusal = await refused("not-running", `waiting, asked ${when}`, waiting);
        assert.equal(refusal.cause, error);
      }
      assert.equal(await failureOf(running), error);
    },
  },
  {
    guarantee: "who waits is told when it stops before",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:1");
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      const sequence = await put(store, "a");
      const waiting = thrownBy("waiting for what is stopped", () => running.reached(sequence));
      await refused("timeout", "waiting a moment", () => running.reached(sequence, soon));
      await running.stop();
      assertRefusal(["not-running"], "waiting for what is stopped", await waiting);
    },
  },
  {
    guarantee: "waiting ends with its signal's reason, and the projection goes on",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:1");
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      const sequence = await put(store, "a");
      const reason = new Error("no longer wanted");
      const aborted = AbortSignal.abort(reason);
      const aborting = new AbortController();
      const waits = [running.reached(sequence, { signal: aborting.signal })];
      waits.push(running.caughtUp({ signal: aborting.signal }));
      const told = waits.map((wait) => thrownBy("an aborted wait", () => wait));
      aborting.abort(reason);
      for (const one of told) assert.equal(await one, reason);
      const late = () => running.reached(sequence, { signal: aborted });
      assert.equal(await thrownBy("a wait aborted before", late), reason);
      faults.mend("a:1");
      await running.reached(sequence);
    },
  },
  {
    guarantee: "caughtUp waits for all that is stored when it is asked",
    async check({ store, model, start }) {
      for (const id of ["a", "b", "c"]) await put(store, id);
      const running = start(listing(model()));
      await running.caughtUp();
      await assertLines(model(), ["a:1", "b:1", "c:1"]);
      for (let n = 2; n <= 20; n++) await put(store, "a");
      await running.caughtUp();
      await assertLines(model(), ["a:1", "b:1", "c:1", ...lines("a", 20, 2)]);
    },
  },
];

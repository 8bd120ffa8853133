import assert from "node:assert/strict";
import { sendParcel } from "../../contract/append.ts";
import { assertRefusal, refused, thrownBy } from "../../contract/refused.ts";
import { Faults, persisting, stopping } from "../faults.ts";
import { assertLines, failureOf, lines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

const soon = { timeoutMs: 50 };

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
      await refused("unavailable", "waiting for less", () => running.reached(sequence, soon));
      faults.mend("a:1");
      await running.reached(sequence);
      await assertLines(model(), lines("a", 1));
    },
  },
  {
    guarantee: "reached and caughtUp time out with an UnavailableError, and can be asked again",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:2");
      const running = start(listing(model(), { before: faults.meet, onError: persisting }));
      const first = await put(store, "a");
      const second = await put(store, "a");
      await running.reached(first);
      await refused("unavailable", "waiting in vain", () => running.reached(second, soon));
      await refused("unavailable", "waiting in vain", () => running.caughtUp(soon));
      faults.mend("a:2");
      await running.caughtUp();
      await running.reached(second);
      await assertLines(model(), lines("a", 2));
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
        const refusal = await refused("unavailable", `waiting, asked ${when}`, waiting);
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
      await refused("unavailable", "waiting a moment", () => running.reached(sequence, soon));
      await running.stop();
      assertRefusal(["unavailable"], "waiting for what is stopped", await waiting);
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

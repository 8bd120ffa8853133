import assert from "node:assert/strict";
import { assertRefusal, refused, thrownBy } from "../../contract/refused.ts";
import { eventually, within } from "../../contract/within.ts";
import { Faults, parking, persisting } from "../faults.ts";
import { assertLines, ended, lines, listing, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { never, steady } from "./hand-over-cases.ts";

/** What those who stand by do meanwhile. */
export const standbyCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "reached, caughtUp and activated resolve on standby, as the active one goes on",
    needs: ["durable"],
    async check({ store, model, start }) {
      await put(store, "a");
      const active = start(listing(model()), { standby: steady });
      await active.caughtUp();
      const standby = start(listing(model()), { standby: steady });
      await standby.activated();
      assert.equal(standby.active, true);
      for (let n = 2; n <= 4; n++) {
        const sequence = await put(store, "a");
        await standby.reached(sequence);
        assert.ok(standby.position >= sequence);
        await assertLines(model(), lines("a", n));
      }
      await putEach(store, "b", 10);
      await standby.caughtUp();
      await assertLines(model(), [...lines("a", 4), ...lines("b", 10)]);
      assert.deepEqual([standby.state, standby.handled], ["standby", 0]);
    },
  },
  {
    guarantee: "a standby stops at once, and the active one is none the wiser",
    needs: ["durable"],
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:2");
      const projection = listing(model(), { before: faults.meet, onError: persisting });
      const active = start(projection, { standby: never });
      await active.reached(await put(store, "a"));
      const standby = start(projection, { standby: never });
      await eventually(() => assert.equal(standby.state, "standby"));
      const sequence = await put(store, "a");
      const waiting = thrownBy("waiting on standby", () => standby.reached(sequence));
      await refused("timeout", "waiting a moment", () =>
        standby.reached(sequence, { timeoutMs: 50 }),
      );
      await within(standby.stop(), "stopping a standby", 1_000);
      assertRefusal(["not-running"], "waiting on standby", await waiting);
      assert.equal(standby.state, "stopped");
      faults.mend("a:2");
      await active.reached(sequence);
      await assertLines(model(), lines("a", 2));
    },
  },
  {
    guarantee: "what is set aside is seen on standby, and resolved where the projection is active",
    needs: ["durable"],
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:1");
      const projection = listing(model(), { before: faults.meet, onError: parking });
      const sequence = await put(store, "a");
      const active = start(projection, { standby: steady });
      await active.caughtUp();
      const standby = start(projection, { standby: steady });
      await eventually(() => assert.equal(standby.parked.list()[0]?.sequence, sequence));
      await refused("standby", "a retry on standby", () => standby.parked.retry());
      const a = { family: "Ledger", id: "a" };
      await refused("standby", "giving up on standby", () => standby.parked.discard(a));
      await refused("parked", "waiting for it", () => standby.reached(sequence));
      faults.mend("a:1");
      assert.deepEqual(await active.parked.retry(), []);
      await eventually(() => assert.deepEqual(standby.parked.list(), []));
      await assertLines(model(), lines("a", 1));
    },
  },
  {
    guarantee: "each version has a lease of its own; all of an old one end superseded",
    needs: ["durable"],
    async check({ store, model, start }) {
      await put(store, "a");
      const old = listing(model("v1"));
      const both = [start(old, { standby: steady }), start(old, { standby: steady })];
      for (const one of both) await one.caughtUp();
      const young = start(listing(model("v2"), { version: 2 }), { standby: steady });
      await young.activated();
      for (const one of both) await ended(one, "superseded");
      await young.reached(await put(store, "a"));
      await assertLines(model("v2"), lines("a", 2));
      const late = start(old, { standby: steady });
      await ended(late, "superseded");
    },
  },
  {
    guarantee: "an option that breaks its rule is refused, and so is standing by in memory",
    async check({ model, start, checkpoints }) {
      for (const takeOverMs of [299, 0, -1, 1.5, NaN, Infinity, 3_600_001, "5000" as never]) {
        const error = await refused("invalid-input", `${takeOverMs} ms`, () =>
          start(listing(model()), { standby: { takeOverMs } }),
        );
        assert.deepEqual([error.field, error.value], ["standby.takeOverMs", takeOverMs]);
      }
      const strange = () => start(listing(model()), { standby: "yes" as never });
      assert.equal((await refused("invalid-input", "a word", strange)).field, "standby");
      if (checkpoints().durable) return;
      await refused("config", "memory", () => start(listing(model()), { standby: true }));
    },
  },
];

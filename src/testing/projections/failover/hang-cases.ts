import assert from "node:assert/strict";
import { eventually } from "../../contract/within.ts";
import { assertLines, lines, linesIn, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { cutLeases } from "./cut-leases.ts";
import { quick } from "./hand-over-cases.ts";

/** What a process does that was silent for too long, in the middle of something. */
export const hangCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "whose lease is over finishes the event in hand, and begins no other",
    needs: ["durable"],
    async check({ store, model, start, transactional }) {
      const leases = cutLeases(store);
      const told: string[] = [];
      const before = async (line: string): Promise<void> => {
        told.push(line);
        if (told.length === 2) await leases.cutUntil(() => assert.ok(told.includes("standby")));
      };
      await put(store, "a", 3);
      const onState = (state: string): unknown => told.push(state);
      const options = { store: leases.store, standby: quick, onState };
      const running = start(listing(model(), { before }), options);
      await running.reached(await put(store, "a"));
      assert.deepEqual(told.slice(0, 3), ["a:1", "a:2", "standby"]);
      assert.ok(told.indexOf("catching-up") < told.indexOf("a:3"), told.join());
      assert.equal(running.error, undefined);
      if (transactional) await assertLines(model(), lines("a", 4));
      assert.deepEqual([...new Set(await linesIn(model()))], lines("a", 4));
    },
  },
  {
    guarantee: "so it is with effects",
    needs: ["durable"],
    async check({ store, model, start }) {
      const leases = cutLeases(store);
      const told: string[] = [];
      const effect = async ({ revision }: { readonly revision: number }): Promise<void> => {
        told.push(`effect ${revision}`);
        if (told.length === 1) await leases.cutUntil(() => assert.ok(told.includes("standby")));
      };
      await put(store, "a", 2);
      const onState = (state: string): unknown => told.push(state);
      const options = { store: leases.store, standby: quick, onState };
      const running = start(listing(model(), { effect }), options);
      await eventually(() => assert.ok(told.includes("effect 2")));
      assert.deepEqual(told.slice(0, 2), ["effect 1", "standby"]);
      assert.ok(told.indexOf("catching-up") < told.indexOf("effect 2"), told.join());
      await running.reached(await put(store, "a"));
      await eventually(() => assert.equal(told.at(-1), "effect 3"));
      assert.equal(running.error, undefined);
    },
  },
];

import assert from "node:assert/strict";
import { append, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { LedgerEvents, noted, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";

/** What is stored is nobody's object. */
export const isolationCases: readonly CaseDefinition[] = [
  {
    guarantee: "what is stored does not change with the objects it was made of",
    async check({ store }) {
      const value = { list: [1, 2], bytes: Uint8Array.of(1, 2, 3) };
      const events = [noted(value)];
      await append(store, "a", "new", events);
      value.list.push(3);
      value.bytes.fill(9);
      events.push(opened());
      const [envelope, ...others] = await gather(store.replay(LedgerEvents));
      assert.equal(others.length, 0);
      const stored = { list: [1, 2], bytes: Uint8Array.of(1, 2, 3) };
      assert.deepEqual(envelope?.event, noted(stored));
    },
  },
  {
    guarantee: "what a reader does to an event changes nothing that is stored",
    async check({ store }) {
      const original = { list: [1, 2], bytes: Uint8Array.of(1, 2, 3) };
      await append(store, "a", "new", [noted(original)]);
      const [first] = await gather(store.replay(LedgerEvents));
      assert.ok(first?.type === "Noted");
      const value = first.event.value as typeof original;
      value.list.push(3);
      value.bytes.fill(9);
      first.body.fill(0);
      const [second] = await gather(store.replay(LedgerEvents));
      assert.deepEqual(second?.event, noted(original));
      assert.equal(await endOf(store), second?.sequence);
    },
  },
];

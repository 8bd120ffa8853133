import assert from "node:assert/strict";
import type { Envelope } from "../../../event/index.ts";
import { append } from "../../contract/append.ts";
import { noted } from "../../contract/contract-events.ts";
import { assertLines, lineOf, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** As `postMessage` does with a transfer list. */
function moveBytes({ event, body }: Envelope): void {
  const { value } = event as { readonly value?: unknown };
  if (!(value instanceof Uint8Array)) return;
  structuredClone(value, { transfer: [value.buffer as ArrayBuffer] });
  if (body.byteLength > 0) structuredClone(body, { transfer: [body.buffer as ArrayBuffer] });
}

/** Handlers that give the bytes of their events to other threads. */
export const ownBytesCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a handler that moves its event's bytes takes nothing of its neighbours' along",
    async check({ store, model, start }) {
      const expected: string[] = [];
      for (let n = 0; n < 60; n++) {
        const id = `ledger-${n}`;
        await append(store, id, "new", [noted(new Uint8Array(100).fill(n))]);
        expected.push(lineOf({ id, revision: 1 }));
      }
      const projection = listing(model(), {
        before: (_, envelope) => moveBytes(envelope),
        onError: { policy: "park", retries: 0 },
      });
      const running = start(projection);
      await running.caughtUp();
      assert.deepEqual(running.parked.list(), []);
      await assertLines(model(), expected);
      await running.stop();
    },
  },
  {
    guarantee: "and its checkpoint is that of what is stored",
    needs: ["durable"],
    async check({ store, model, start }) {
      for (let n = 0; n < 60; n++) {
        await append(store, `ledger-${n}`, "new", [noted(new Uint8Array(100).fill(n))]);
      }
      const projection = listing(model(), { before: (_, envelope) => moveBytes(envelope) });
      const running = start(projection);
      await running.caughtUp();
      await running.stop();
      const sequence = await put(store, "later");
      const again = start(projection);
      await again.reached(sequence);
      assert.equal((await model().read()).at(-1), "later:1");
    },
  },
];

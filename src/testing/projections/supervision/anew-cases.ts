import assert from "node:assert/strict";
import { copyOf } from "../../../event/copy.ts";
import type { Envelope, EventStore, Sequence } from "../../../event/index.ts";
import { type LedgerEvent, LedgerEvents, noted } from "../../contract/contract-events.ts";
import { eventually } from "../../contract/within.ts";
import { persisting } from "../faults.ts";
import { assertLines, lineOf, lines, listing } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** What a handler is given of an event, all of which can be changed in place. */
interface Given {
  readonly value: { readonly list: string[]; readonly at: Date; readonly bytes: Uint8Array };
  readonly tags: unknown;
}

const stored: Given = {
  value: { list: ["a", "b"], at: new Date(1_000), bytes: Uint8Array.of(1, 2, 3) },
  tags: ["t"],
};

/** Store so many commits of one such event each. */
async function putStored(store: EventStore, commits: number): Promise<Sequence> {
  let last = 0;
  for (let n = 0; n < commits; n++) {
    const event: LedgerEvent = noted(stored.value);
    const commit = { family: LedgerEvents, id: "a", events: [event], metadata: { tags: ["t"] } };
    last = (await store.publish({ ...commit, expect: "any" })).head.sequence;
  }
  return last;
}

/** Note what a handler was given, and spoil it in every way. */
function consume(envelope: Envelope, into: Given[]): void {
  const { value } = envelope.event as unknown as Given;
  const { tags } = envelope.metadata;
  into.push(copyOf({ value, tags }));
  value.list.length = 0;
  value.at.setTime(0);
  value.bytes.fill(9);
  (tags as string[]).push("spoilt");
}

/** Another attempt is not given what an earlier one has made of it. */
export const anewCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "each attempt at an event is given it as it is stored, whatever an earlier one did",
    async check({ store, model, start }) {
      const last = await putStored(store, 4);
      const given: Given[] = [];
      let failures = 2;
      const before = (line: string, envelope: Envelope): void => {
        consume(envelope, given);
        if (line === "a:3" && failures-- > 0) throw new Error("not yet");
      };
      const running = start(listing(model(), { before, onError: persisting }));
      await running.reached(last);
      await assertLines(model(), lines("a", 4));
      assert.ok(given.length >= 6);
      for (const one of given) assert.deepEqual(one, stored);
    },
  },
  {
    guarantee: "each attempt at a batch is given its events as they are stored",
    async check({ store, model, start }) {
      const last = await putStored(store, 4);
      const given: Given[] = [];
      const lineModel = model();
      let failures = 2;
      const projectBatch = async (envelopes: readonly Envelope[], tx: unknown): Promise<void> => {
        const queue = envelopes as Envelope[];
        const written: string[] = [];
        for (let envelope = queue.shift(); envelope !== undefined; envelope = queue.shift()) {
          consume(envelope, given);
          written.push(lineOf(envelope));
        }
        if (failures-- > 0) throw new Error("not yet");
        for (const line of written) await lineModel.append(tx, line);
      };
      const running = start(listing(lineModel, { projectBatch, onError: persisting }));
      await running.reached(last);
      await assertLines(lineModel, lines("a", 4));
      assert.equal(running.handled, 4);
      for (const one of given) assert.deepEqual(one, stored);
    },
  },
  {
    guarantee: "each attempt at an effect is given the event as it is stored, too",
    async check({ store, model, start }) {
      const last = await putStored(store, 3);
      const given: Given[] = [];
      let failures = 2;
      const before = (_: string, envelope: Envelope): void => consume(envelope, []);
      const effect = (envelope: Envelope): void => {
        consume(envelope, given);
        if (failures-- > 0) throw new Error("not yet");
      };
      const running = start(listing(model(), { before, effect, onError: persisting }));
      await running.reached(last);
      await eventually(() => assert.equal(given.length, 5));
      for (const one of given) assert.deepEqual(one, stored);
    },
  },
];

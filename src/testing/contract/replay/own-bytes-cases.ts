import assert from "node:assert/strict";
import type { Commit, Envelope } from "../../../event/index.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { type LedgerEvent, LedgerEvents, noted } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { within } from "../within.ts";

const count = 60;

/** Bytes that a reader is given are its own, whatever they were received with. */
export const ownBytesCases: readonly CaseDefinition[] = [
  {
    guarantee: "who moves an event's bytes to another thread takes none of its neighbours'",
    async check({ store }) {
      await writeBytes(store);
      for (const take of [bytesOf, ({ body }: Envelope<LedgerEvent>) => body]) {
        const envelopes = await gather(store.replay(LedgerEvents));
        for (const [n, envelope] of envelopes.entries()) if (n % 2 === 0) move(take(envelope));
        assertUntouched(envelopes.filter((_, n) => n % 2 === 1));
      }
    },
  },
  {
    guarantee: "nor does who moves or changes what a commit's frame holds",
    async check({ store }) {
      await writeBytes(store);
      const commits = await gather(store.replay(LedgerEvents).commits());
      for (const { frame } of commits) {
        move(frame.content());
        move(frame.events[0]!.body);
        frame.events[0]!.body.fill(0);
        frame.metadata!.fill(0);
      }
      assertUntouched(commits.flatMap(({ envelopes }) => envelopes));
    },
  },
  {
    guarantee: "what was given away is as it was stored for the next attempt",
    async check({ store }) {
      await writeBytes(store);
      const commits = await gather(store.replay(LedgerEvents).commits());
      for (const { envelopes } of commits) {
        for (const envelope of envelopes) {
          bytesOf(envelope).fill(0);
          move(envelope.body);
        }
      }
      const again: Commit<LedgerEvent>[] = commits.map((commit) => commit.asStored());
      assertUntouched(again.flatMap(({ envelopes }) => envelopes));
    },
  },
  {
    guarantee: "bytes in an event are views into its body, which is nobody else's",
    async check({ store }) {
      await writeBytes(store);
      const buffers = new Set<unknown>();
      for (const envelope of await gather(store.replay(LedgerEvents))) {
        assert.equal(bytesOf(envelope).buffer, envelope.body.buffer);
        assert.equal(envelope.body.buffer.byteLength, envelope.body.byteLength);
        buffers.add(envelope.body.buffer);
      }
      assert.equal(buffers.size, count);
    },
  },
];

async function writeBytes(store: CaseContext["store"]): Promise<void> {
  for (let n = 0; n < count; n++) {
    const id = `ledger-${n}`;
    const events = [noted(new Uint8Array(100).fill(n))];
    const commit = {
      family: LedgerEvents,
      id,
      expect: "new",
      events,
      metadata: { actor: id },
    } as const;
    await within(store.publish(commit), "publishing bytes");
  }
}

function bytesOf({ event }: Envelope<LedgerEvent>): Uint8Array {
  return (event as { readonly value: Uint8Array }).value;
}

/** As `postMessage` does with a transfer list. */
function move(bytes: Uint8Array): void {
  structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  assert.equal(bytes.byteLength, 0);
}

function assertUntouched(envelopes: readonly Envelope<LedgerEvent>[]): void {
  assert.ok(envelopes.length > 0);
  for (const envelope of envelopes) {
    const [, n] = /^ledger-(\d+)/.exec(envelope.id)!;
    assert.deepEqual(bytesOf(envelope), new Uint8Array(100).fill(Number(n)));
    assert.ok(envelope.commitId.length > 0);
    assert.equal(envelope.metadata.actor, envelope.id);
  }
}

import assert from "node:assert/strict";
import type { Head } from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { assertRefusal, thrownBy } from "../refused.ts";

/** Replays of what is truncated meanwhile. */
export const cutCases: readonly CaseDefinition[] = [
  {
    guarantee: "a replay whose bound is truncated away meanwhile still ends",
    async check({ store }) {
      await appendEach(store, "b", 200);
      let head: Head = (await appendEach(store, "a", 1000)).at(-1)!.head;
      const read: number[] = [];
      for await (const { sequence } of store.replay(LedgerEvents)) {
        if (read.push(sequence) > 1) continue;
        head = (await append(store, "a", head, [deposited(1)])).head;
        assert.equal(await store.truncate(LedgerEvents, "a", head.sequence), 1000);
      }
      assert.ok(read.length >= 200, "what was left is read");
      assert.ok(read.every((sequence, index) => index === 0 || sequence > read[index - 1]!));
    },
  },
  {
    guarantee: "one aggregate that is truncated while it is read is read whole or is an error",
    async check({ store }) {
      let { head } = (await appendEach(store, "a", 1000)).at(-1)!;
      const revisions: number[] = [];
      const read = async (): Promise<void> => {
        for await (const { revision } of store.replay(LedgerEvents.of("a"))) {
          if (revisions.push(revision) > 1) continue;
          head = (await append(store, "a", head, [deposited(1)])).head;
          await store.truncate(LedgerEvents, "a", head.sequence);
        }
        assert.equal(revisions.length, 1000, "ended without an error, so it is whole");
        throw new Error("whole");
      };
      const thrown = await thrownBy("reading while history is cut", read);
      if (!(thrown instanceof Error && thrown.message === "whole")) {
        assertRefusal(["truncated", "corrupt"], "reading while history is cut", thrown);
      }
      revisions.forEach((revision, index) => assert.equal(revision, index + 1));
    },
  },
];

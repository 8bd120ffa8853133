import assert from "node:assert/strict";
import type { Commit } from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { assertSame, historyOf, lastOf, writeAmong } from "./history-of.ts";

/** Around one and two rounds of 16 back-links. */
const lengths = [1, 2, 15, 16, 17, 18, 31, 32, 33, 34, 49, 70];

function shape(guarantee: string, between: number): CaseDefinition {
  return {
    guarantee,
    alsoJson: true,
    async check({ store }) {
      await writeAmong(store, Math.max(...lengths), between);
      const all: Commit[] = await gather(store.replay(LedgerEvents.of("a")).commits());
      for (const length of lengths) {
        const last = await store.at(LedgerEvents, all[length - 1]!.sequence);
        assert.ok(last);
        assertSame(await historyOf(store, last), all.slice(0, length));
        for (const from of new Set([1, 2, 15, 16, 17, length - 2, length - 1])) {
          if (from < 1 || from >= length) continue;
          const { sequence } = all[from - 1]!;
          assertSame(await historyOf(store, last, sequence), all.slice(from, length));
          // Between two of the aggregate's commits, where it is others'.
          const later = Math.min(sequence + between, last.sequence - 1);
          assertSame(await historyOf(store, last, later), all.slice(from, length));
        }
      }
    },
  };
}

/** Exactly these commits, wherever they lie. */
export const commitCases: readonly CaseDefinition[] = [
  shape("the commits up to and including one, oldest first, where they lie side by side", 0),
  shape("the same where every second commit is another's", 1),
  shape("the same where others' commits lie between", 6),
  {
    guarantee: "1,100 commits side by side are read whole, from the start and from the middle",
    async check({ store }) {
      const published = await appendEach(store, "a", 1_100);
      const last = await lastOf(store);
      const sequences = published.map(({ head }) => head.sequence);
      assert.deepEqual(sequencesOf(await historyOf(store, last)), sequences);
      const half = await historyOf(store, last, sequences[549]);
      assert.deepEqual(sequencesOf(half), sequences.slice(550));
    },
  },
  {
    guarantee: "a history of more than 5,000 events is read whole",
    async check({ store }) {
      const many = Array.from({ length: 1_300 }, (_, n) => deposited(n));
      for (let n = 0; n < 5; n++) await append(store, "a", "any", many);
      await appendEach(store, "a", 20, (await lastOf(store)).head);
      const last = await lastOf(store);
      assert.equal(last.lastRevision, 6_520);
      const all = await gather(store.replay(LedgerEvents.of("a")).commits());
      assert.equal(all.length, 25);
      assertSame(await historyOf(store, last), all);
      assertSame(await historyOf(store, last, all[2]!.sequence), all.slice(3));
    },
  },
];

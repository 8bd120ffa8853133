import assert from "node:assert/strict";
import { append, appendEach, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { within } from "../within.ts";

/** Where a replay ends when it was not told. */
export const endCases: readonly CaseDefinition[] = [
  {
    guarantee: "what is stored while reading is not read",
    async check({ store }) {
      const published = await appendEach(store, "a", 5);
      for (const selection of [LedgerEvents, LedgerEvents.of("a"), everything]) {
        const whole = sequencesOf(await gather(store.replay(selection)));
        const read: number[] = [];
        for await (const { sequence } of store.replay(selection)) {
          if (read.length === 0) await append(store, "a", "any", [deposited(9)]);
          read.push(sequence);
        }
        assert.deepEqual(read, whole);
      }
      assert.equal((await gather(store.replay(LedgerEvents))).length, published.length + 3);
    },
  },
  {
    guarantee: "a replay ends while writers go on, with all that was stored when it began",
    async check({ store }) {
      let writing = true;
      const write = async (id: string): Promise<void> => {
        for (let n = 0; writing && n < 1000; n++) await append(store, id, "any", [deposited(n)]);
      };
      const writers = Promise.all(["a", "b", "c"].map(write)).finally(() => (writing = false));
      try {
        for (let round = 0; round < 20; round++) {
          const { head } = await sendParcel(store, "p");
          const read = await gather(store.replay(everything), "a replay beside writers");
          assert.ok(read.some(({ sequence }) => sequence === head.sequence));
          assert.deepEqual(
            sequencesOf(read),
            sequencesOf(read).sort((x, y) => x - y),
          );
        }
      } finally {
        writing = false;
        await within(writers, "the writers' last commits");
      }
    },
  },
  {
    guarantee: "a replay begins when it is iterated, and anew each time",
    async check({ store }) {
      await append(store, "a", "new", [opened()]);
      const stream = store.replay(everything);
      await append(store, "a", "any", [deposited(1)]);
      assert.equal((await gather(stream)).length, 2);
      assert.equal((await gather(stream)).length, 2);
      await sendParcel(store, "p");
      assert.equal((await gather(stream)).length, 3);
      assert.equal((await gather(stream.commits())).length, 3);
    },
  },
];

import assert from "node:assert/strict";
import type { Published } from "../../event/index.ts";
import { append, appendEach, sendParcel, sequencesOfPublished } from "./append.ts";
import type { CaseContext, CaseDefinition } from "./contract-case.ts";
import { deposited, everything, LedgerEvents, opened, ParcelEvents } from "./contract-events.ts";
import { gather, sequencesOf } from "./gather.ts";
import { refused } from "./refused.ts";
import { within } from "./within.ts";

/** Where a replay begins and ends. */
export const replayBoundsCases: readonly CaseDefinition[] = [
  {
    guarantee: "`after` is exclusive and `until` a sequence is inclusive",
    async check({ store }) {
      const all = sequencesOfPublished(await alternating(store, 10));
      for (const selection of [LedgerEvents, LedgerEvents.of("a"), everything]) {
        const selected = sequencesOf(await gather(store.replay(selection)));
        for (const after of [0, all[0]!, all[3]!, all[4]!, all[9]!]) {
          for (const until of [0, all[0]!, all[4]!, all[5]!, all[9]!]) {
            const read = await gather(store.replay(selection, { after, until }));
            const expected = selected.filter((n) => n > after && n <= until);
            assert.deepEqual(sequencesOf(read), expected, `after ${after} until ${until}`);
          }
        }
      }
    },
  },
  {
    guarantee: "bounds beyond the end are no bounds, and reading still ends",
    async check({ store }) {
      const all = sequencesOfPublished(await alternating(store, 6));
      const far = all.at(-1)! + 1000;
      for (const selection of [LedgerEvents, LedgerEvents.of("a"), everything]) {
        const whole = await gather(store.replay(selection));
        const until = await gather(store.replay(selection, { until: far }));
        assert.deepEqual(sequencesOf(until), sequencesOf(whole));
        assert.deepEqual(await gather(store.replay(selection, { after: far })), []);
        assert.deepEqual(await gather(store.replay(selection, { after: far, until: 1 })), []);
      }
    },
  },
  {
    guarantee: "`until` a time is inclusive, and a prefix in the order of sequences",
    async check({ store }) {
      await overTime(store, 3);
      for (const selection of [LedgerEvents, LedgerEvents.of("a"), everything]) {
        const whole = await gather(store.replay(selection));
        for (const { timeMs } of whole) {
          const later = whole.findIndex((one) => one.timeMs > timeMs);
          const expected = later === -1 ? whole : whole.slice(0, later);
          const read = await gather(store.replay(selection, { until: new Date(timeMs) }));
          assert.deepEqual(sequencesOf(read), sequencesOf(expected), `until ${timeMs}`);
        }
      }
    },
  },
  {
    guarantee: "`until` a time before everything gives nothing, one in the future everything",
    async check({ store }) {
      await alternating(store, 6);
      for (const selection of [LedgerEvents, LedgerEvents.of("a")]) {
        const [first] = await gather(store.replay(selection));
        const before = { until: new Date(first!.timeMs - 1) };
        assert.deepEqual(await gather(store.replay(selection, before)), []);
        assert.deepEqual(await gather(store.replay(selection, { until: new Date(0) })), []);
        const future = { until: new Date(Date.now() + 3_600_000) };
        assert.equal((await gather(store.replay(selection, future))).length, 3);
      }
    },
  },
  {
    guarantee: "bounds that are none are refused",
    async check({ store }) {
      await append(store, "a", "new", [opened()]);
      const numbers = [Number.NaN, -1, 1.5, Infinity, "1", null, 1n];
      const untils = [...numbers, new Date(Number.NaN), "2020-01-01"];
      for (const after of numbers as never[]) {
        await refused("invalid-input", `after ${String(after)}`, () =>
          gather(store.replay(LedgerEvents, { after })),
        );
      }
      for (const until of untils as never[]) {
        await refused("invalid-input", `until ${String(until)}`, () =>
          gather(store.replay(LedgerEvents, { until })),
        );
      }
    },
  },
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

/** Commits of a ledger and a parcel in turn. */
async function alternating(store: CaseContext["store"], count: number): Promise<Published[]> {
  const published: Published[] = [];
  for (let n = 0; n < count; n++) {
    published.push(
      n % 2 === 0 ? await append(store, "a", "any", [deposited(n)]) : await sendParcel(store, "p"),
    );
  }
  return published;
}

/** Write until the store's clock has moved a few times, several commits at each time if it will. */
async function overTime(store: CaseContext["store"], times: number): Promise<void> {
  const seen = new Set<number>();
  const write = async (): Promise<void> => {
    while (seen.size < times) {
      const { head } = await append(store, "a", "any", [deposited(1)]);
      await Promise.all([sendParcel(store, "p"), append(store, "b", "any", [deposited(2)])]);
      seen.add((await store.at(LedgerEvents, head.sequence))!.timeMs);
    }
  };
  await within(write(), "the store's clock moving on");
  assert.ok((await store.end(ParcelEvents)) > 0);
}

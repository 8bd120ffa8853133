import assert from "node:assert/strict";
import type { Published } from "../../../event/index.ts";
import { append, sendParcel, sequencesOfPublished } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, everything, LedgerEvents, opened, ParcelEvents } from "../contract-events.ts";
import { gather, sequencesOf } from "../gather.ts";
import { refused } from "../refused.ts";
import { within } from "../within.ts";

/** Where a replay begins and ends, as it was told. */
export const boundsCases: readonly CaseDefinition[] = [
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

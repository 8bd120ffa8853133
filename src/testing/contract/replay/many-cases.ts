import assert from "node:assert/strict";
import { append, appendEach, sendParcel } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, ParcelEvents } from "../contract-events.ts";
import { gather, gatherFirst, sequencesOf } from "../gather.ts";

/** More than any backend asks for one by one; every second one is never stored. */
const ids = Array.from({ length: 400 }, (_, n) => `many-${n}`);
const many = ids.map((id) => LedgerEvents.of(id));
const stored = ids.filter((_, n) => n % 40 === 0);

/** Selections of very many aggregates. */
export const manyCases: readonly CaseDefinition[] = [
  {
    guarantee: "of many single aggregates, that is read which is theirs, to the last of theirs",
    async check({ store }) {
      const written: number[] = [];
      for (const id of stored) {
        const [first, second] = await appendEach(store, id, 2);
        written.push(first!.head.sequence, second!.head.sequence);
      }
      const last = written.at(-1)!;
      for (const others of [0, 3, 30]) {
        for (let n = 0; n < others; n++) await append(store, `other-${n}`, "any", [deposited(n)]);
        assert.equal(await store.end(many), last, `the end before ${others} others`);
        assert.equal(await store.count(many, 0), written.length);
        assert.equal(await store.count(many, written[3]!), written.length - 4);
        assert.equal(await store.count(many, last), 0);
        assert.deepEqual(sequencesOf(await gather(store.replay(many))), written);
      }
      const parcel = await sendParcel(store, "p");
      assert.equal(await store.end([...many, ParcelEvents]), parcel.head.sequence);
      assert.equal(await store.count([...many, ParcelEvents], 0), written.length + 1);
    },
  },
  {
    guarantee: "of many single aggregates, none of which is stored, there is no end and no count",
    async check({ store }) {
      await appendEach(store, "other", 3);
      assert.equal(await store.end(many), 0);
      assert.equal(await store.count(many, 0), 0);
      assert.deepEqual(await gather(store.replay(many)), []);
    },
  },
  {
    guarantee: "a subscription to many single aggregates is given what is theirs, and nothing else",
    async check({ store }) {
      const before = await append(store, ids[0]!, "new", [deposited(1)]);
      await append(store, "other", "new", [deposited(2)]);
      const expected = [before.head.sequence];
      let caughtUp: (() => void) | undefined;
      const isLive = new Promise<void>((resolve) => (caughtUp = resolve));
      const subscription = store.subscribe(many, { onCaughtUp: () => caughtUp!() });
      const reading = gatherFirst(subscription, 1 + stored.length);
      await isLive;
      for (const id of stored) {
        await append(store, "other", "any", [deposited(2)]);
        expected.push((await append(store, id, "any", [deposited(3)])).head.sequence);
      }
      assert.deepEqual(sequencesOf(await reading), expected);
    },
  },
];

import assert from "node:assert/strict";
import {
  type EventStore,
  type Expectation,
  isJetfoldError,
  type Published,
} from "../../../event/index.ts";
import { append, appendEach } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";
import { within } from "../within.ts";

const writers = 16;

/** Many writers at the same time. */
export const concurrencyCases: readonly CaseDefinition[] = [
  {
    guarantee: `of ${writers} writers on one head exactly one wins`,
    alsoJson: true,
    async check({ store }) {
      let head = (await append(store, "a", "new", [opened()])).head;
      for (let round = 0; round < 5; round++) {
        head = (await raceOn(Array<EventStore>(writers).fill(store), head)).head;
      }
      assert.equal(head.revision, 6);
    },
  },
  {
    guarantee: `of ${writers} writers that create an aggregate exactly one wins`,
    async check({ store }) {
      const { head } = await raceOn(Array<EventStore>(writers).fill(store), "new");
      assert.equal(head.revision, 1);
    },
  },
  {
    guarantee: "two handles of one store never both win",
    needs: ["reopen"],
    async check({ store, open }) {
      const other = await open({ name: store.name });
      let head = (await append(store, "a", "new", [opened()])).head;
      for (let round = 0; round < 10; round++) head = (await raceOn([store, other], head)).head;
      assert.equal(head.revision, 11);
    },
  },
  {
    guarantee: `${writers} writers that expect "any" are all stored`,
    async check({ store }) {
      const all = await Promise.all(
        Array.from({ length: writers }, (_, n) => append(store, "a", "any", [deposited(n)])),
      );
      const read = await gather(store.replay(LedgerEvents.of("a")));
      assert.deepEqual(
        read.map(({ revision }) => revision),
        all.map((_, index) => index + 1),
      );
      const cents = read.map(({ event }) => (event.type === "Deposited" ? event.cents : -1));
      assert.deepEqual(
        cents.sort((x, y) => x - y),
        all.map((_, index) => index),
      );
      const answered = all.map(({ head }) => head.revision).sort((x, y) => x - y);
      assert.deepEqual(
        answered,
        [...answered.keys()].map((n) => n + 1),
      );
    },
  },
  {
    guarantee: "writers of different aggregates do not disturb each other",
    alsoJson: true,
    async check({ store }) {
      const ids = Array.from({ length: 20 }, (_, n) => `ledger-${n}`);
      const chains = await within(
        Promise.all(ids.map((id) => appendEach(store, id, 10))),
        "writing to 20 aggregates at once",
      );
      const sequences = chains.flat().map(({ head }) => head.sequence);
      assert.equal(new Set(sequences).size, 200);
      for (const id of ids) {
        const read = await gather(store.replay(LedgerEvents.of(id)));
        assert.deepEqual(
          read.map(({ event }) => event),
          Array.from({ length: 10 }, (_, n) => deposited(n + 1)),
        );
      }
    },
  },
];

/** Let all write at once on one expectation; the only winner. */
async function raceOn(
  stores: readonly EventStore[],
  expect: Exclude<Expectation, "any">,
): Promise<Published> {
  const outcomes = await within(
    Promise.allSettled(stores.map((store, n) => append(store, "a", expect, [deposited(n)]))),
    "writing at once",
  );
  const winners = outcomes.filter((outcome) => outcome.status === "fulfilled");
  assert.equal(winners.length, 1, `winners among ${stores.length} writers`);
  const winner = winners[0]!.value;
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") continue;
    const error: unknown = outcome.reason;
    assert.ok(isJetfoldError(error, "conflict"), `a loser gets a conflict, got ${String(error)}`);
    assert.equal((error as { actual?: unknown }).actual, winner.head.sequence);
  }
  const last = await within(stores[0]!.last(LedgerEvents, "a", { fresh: "leader" }), "the last");
  assert.deepEqual(last?.head, winner.head);
  return winner;
}

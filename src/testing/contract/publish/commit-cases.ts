import assert from "node:assert/strict";
import { maxLinks } from "../../../event/index.ts";
import { append, appendEach, sendParcel, sequencesOfPublished } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, opened } from "../contract-events.ts";
import { gather } from "../gather.ts";

/** What a commit becomes when it is stored. */
export const commitCases: readonly CaseDefinition[] = [
  {
    guarantee: "the first commit of an aggregate is stored and its head returned",
    alsoJson: true,
    async check({ store }) {
      const published = await append(store, "a", "new", [opened()], { commitId: "first" });
      const { head } = published;
      assert.ok(Number.isSafeInteger(head.sequence) && head.sequence >= 1);
      assert.equal(head.revision, 1);
      assert.deepEqual(head.links, [head.sequence]);
      assert.ok(Number.isSafeInteger(head.checksum) && head.checksum > 0);
      assert.equal(published.commitId, "first");
      assert.equal(published.repeated, false);
      assert.deepEqual((await store.last(LedgerEvents, "a"))?.head, head);
    },
  },
  {
    guarantee: "each commit follows on the head that the one before returned",
    alsoJson: true,
    async check({ store }) {
      const published = await appendEach(store, "a", maxLinks + 4);
      const sequences = sequencesOfPublished(published);
      published.forEach(({ head }, index) => {
        assert.equal(head.revision, index + 1);
        const links = sequences.slice(0, index + 1).reverse();
        assert.deepEqual(head.links, links.slice(0, maxLinks), `links after commit ${index + 1}`);
      });
      const events = await gather(store.replay(LedgerEvents.of("a")));
      assert.deepEqual(
        events.map(({ revision }) => revision),
        published.map((_, index) => index + 1),
      );
    },
  },
  {
    guarantee: "sequences grow over all aggregates of the store",
    async check({ store }) {
      const published = [
        await append(store, "a", "new", [opened()]),
        await sendParcel(store, "a", "new"),
        await append(store, "b", "new", [opened()]),
      ];
      const sequences = sequencesOfPublished(published);
      assert.deepEqual(
        sequences,
        [...sequences].sort((x, y) => x - y),
      );
      assert.equal(new Set(sequences).size, 3);
      assert.deepEqual(
        published.map(({ head }) => head.revision),
        [1, 1, 1],
        "revisions are each aggregate's own, also under the same id in another family",
      );
    },
  },
  {
    guarantee: "n events of a commit share its sequence and have contiguous revisions",
    alsoJson: true,
    async check({ store }) {
      const first = await append(store, "a", "new", [opened(), deposited(1)]);
      const count = 300;
      const events = Array.from({ length: count }, (_, n) => deposited(n));
      const second = await append(store, "a", first.head, events);
      assert.equal(second.head.revision, 2 + count);
      const read = await gather(store.replay(LedgerEvents.of("a"), { after: first.head.sequence }));
      assert.deepEqual(
        read.map(({ event }) => event),
        events,
      );
      read.forEach(({ sequence, index, revision, commitId }, n) => {
        assert.deepEqual([sequence, index, revision], [second.head.sequence, n, 3 + n]);
        assert.equal(commitId, second.commitId);
      });
    },
  },
  {
    guarantee: "a commit without events is stored and moves the head, but no revision",
    alsoJson: true,
    async check({ store }) {
      const first = await append(store, "a", "new", [opened(), deposited(1)]);
      const empty = await append(store, "a", first.head, []);
      assert.ok(empty.head.sequence > first.head.sequence);
      assert.equal(empty.head.revision, 2);
      const last = await store.last(LedgerEvents, "a");
      assert.equal(last?.sequence, empty.head.sequence);
      assert.deepEqual(
        [last?.envelopes.length, last?.firstRevision, last?.lastRevision],
        [0, 3, 2],
      );
      const third = await append(store, "a", empty.head, [deposited(2)]);
      assert.equal(third.head.revision, 3);
    },
  },
  {
    guarantee: "an aggregate may begin with a commit without events",
    async check({ store }) {
      const empty = await append(store, "a", "new", []);
      assert.equal(empty.head.revision, 0);
      const first = await append(store, "a", empty.head, [opened()]);
      assert.equal(first.head.revision, 1);
      assert.equal((await gather(store.replay(LedgerEvents.of("a")))).length, 1);
    },
  },
  {
    guarantee: "every commit gets an id of its own when none is given",
    async check({ store }) {
      const published = await appendEach(store, "a", 3);
      const ids = published.map(({ commitId }) => commitId);
      assert.equal(new Set(ids).size, 3);
      for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{1,128}$/);
      const read = await gather(store.replay(LedgerEvents).commits());
      assert.deepEqual(
        read.map(({ commitId }) => commitId),
        ids,
      );
    },
  },
];

import assert from "node:assert/strict";
import type { ImportedCommit, ImportMismatchError } from "../../../event/index.ts";
import { append, endOf } from "../append.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, noted, opened } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { eventually } from "../within.ts";
import { imported, ledger } from "./histories.ts";

/** Somebody else wrote where the source has something, too. */
export const foreignCases: readonly CaseDefinition[] = [
  {
    guarantee: "another event where the source goes on is an error that names it",
    alsoJson: true,
    async check({ store }) {
      await imported(store, ledger("a", 3));
      await appendForeign(store, "a");
      const error = await refusedImport(store, [...ledger("b", 2), ...ledger("a", 6)]);
      assert.equal(error.index, 5);
      assert.match(error.message, /Ledger "a" has at revision 4\b/);
    },
  },
  {
    guarantee: "an event that differs from what was imported is an error that names it",
    alsoJson: true,
    async check({ store }) {
      const events = [opened(), deposited(1), deposited(2)];
      await imported(store, [{ family: LedgerEvents, id: "a", events }]);
      const others = [
        [opened(), deposited(1), deposited(3)],
        [opened(), deposited(1), noted(2)],
      ];
      for (const other of others) {
        const again = { family: LedgerEvents, id: "a", events: other };
        const error = await refusedImport(store, [again, ...ledger("b", 1)]);
        assert.equal(error.index, 0);
        assert.match(error.message, /Ledger "a" has at revision 3\b/);
      }
    },
  },
  {
    guarantee: "events that are stored in other commits are an error",
    async check({ store }) {
      const events = [1, 2, 3, 4].map(deposited);
      await imported(store, [{ family: LedgerEvents, id: "a", events }]);
      const error = await refusedImport(store, ledger("a", 6));
      assert.equal(error.index, 3);
      assert.match(error.message, /Ledger "a"/);
    },
  },
  {
    guarantee: "a stored revision in the middle of a commit is an error that names it",
    async check({ store }) {
      await imported(store, ledger("a", 2));
      const events = [1, 2, 3].map(deposited);
      const error = await refusedImport(store, [{ family: LedgerEvents, id: "a", events }]);
      assert.equal(error.index, 0);
      assert.match(error.message, /Ledger "a" is stored up to revision 2\b/);
    },
  },
  {
    guarantee: "a foreign event while it runs is a conflict that names the aggregate",
    async check({ store }) {
      async function* source(): AsyncGenerator<ImportedCommit> {
        yield* ledger("a", 2);
        await storedUpTo(store, "a", 2);
        await appendForeign(store, "a");
        yield* ledger("a", 3).slice(2);
      }
      const error = await refused("conflict", "an import with a rival", () =>
        imported(store, source()),
      );
      assert.deepEqual([error.family, error.id], ["Ledger", "a"]);
      assert.equal((await store.last(LedgerEvents, "a", { fresh: "leader" }))!.lastRevision, 3);
    },
  },
  {
    guarantee: "an aggregate that has more events than the source is an error in the end",
    async check({ store }) {
      await imported(store, ledger("a", 3));
      const error = await refusedImport(store, [...ledger("a", 2), ...ledger("b", 2)]);
      assert.equal(error.index, undefined);
      assert.match(error.message, /Ledger "a", which has 3\b/);
      await storedUpTo(store, "b", 2);
    },
  },
  {
    guarantee: "so it is when the event came after the last one of the source",
    async check({ store }) {
      async function* source(): AsyncGenerator<ImportedCommit> {
        yield* ledger("a", 2);
        await storedUpTo(store, "a", 2);
        await appendForeign(store, "a");
      }
      const error = await refusedImport(store, source());
      assert.match(error.message, /Ledger "a", which has 3\b/);
    },
  },
  {
    guarantee: "other aggregates of the family are nobody's business",
    async check({ store }) {
      await append(store, "other", "new", [opened()]);
      async function* source(): AsyncGenerator<ImportedCommit> {
        yield* ledger("a", 2);
        await append(store, "another", "any", [opened()]);
      }
      assert.equal((await imported(store, source())).stored, 2);
      assert.ok((await endOf(store)) >= 4);
    },
  },
];

async function appendForeign(store: CaseContext["store"], id: string): Promise<void> {
  const last = await store.last(LedgerEvents, id, { fresh: "leader" });
  await append(store, id, last!.head, [noted("foreign")]);
}

async function storedUpTo(
  store: CaseContext["store"],
  id: string,
  revision: number,
): Promise<void> {
  await eventually(async () => {
    const last = await store.last(LedgerEvents, id, { fresh: "leader" });
    assert.equal(last?.lastRevision, revision);
  });
}

function refusedImport(
  store: CaseContext["store"],
  source: Parameters<typeof imported>[1],
): Promise<ImportMismatchError> {
  return refused("import-mismatch", "an import over something else", () => imported(store, source));
}

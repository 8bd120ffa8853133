import assert from "node:assert/strict";
import type { ImportedCommit, ImportMismatchError } from "../../../event/index.ts";
import type { CaseContext, CaseDefinition } from "../contract-case.ts";
import { deposited, LedgerEvents, noted } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { rebase } from "../truncate/rebase.ts";
import { contentsOf, histories, imported, ledger } from "./histories.ts";

/** An import of what is not what was imported before, though it ends alike. */
export const compareCases: readonly CaseDefinition[] = [
  {
    guarantee: "a source that begins in the middle is an error, and nothing of it is stored",
    alsoJson: true,
    async check({ store }) {
      await imported(store, ledger("a", 10));
      const before = await contentsOf(store);
      for (const from of [1, 5, 9]) {
        const error = await refusedImport(store, ledger("a", 10).slice(from));
        assert.equal(error.index, 0);
        assert.match(error.message, /Ledger "a" has at revision 1\b/);
      }
      const longer = [...ledger("a", 10).slice(5), ...ledger("a", 20).slice(10)];
      await refusedImport(store, longer);
      assert.deepEqual(await contentsOf(store), before);
    },
  },
  {
    guarantee: "a source that was corrected since is an error that names the first difference",
    alsoJson: true,
    async check({ store }) {
      const commits = ledger("a", 40);
      await imported(store, [...ledger("b", 3), ...commits]);
      for (const at of [0, 17, 38]) {
        for (const event of [deposited(1_000), noted(at + 1)]) {
          const corrected = commits.with(at, { ...commits[at]!, events: [event] });
          const error = await refusedImport(store, [...ledger("b", 3), ...corrected]);
          assert.equal(error.index, at + 3);
          assert.match(error.message, new RegExp(`Ledger "a" has at revision ${at + 1}\\b`));
        }
      }
    },
  },
  {
    guarantee: "so is one whose commits have changed places, or are others in between",
    async check({ store }) {
      const commits = ledger("a", 6);
      await imported(store, commits);
      const [first, second, third, ...rest] = commits;
      const error = await refusedImport(store, [first!, third!, second!, ...rest]);
      assert.match(error.message, /Ledger "a" has at revision 2\b/);
      const both = { ...second!, events: [...second!.events, ...third!.events] };
      const joined = await refusedImport(store, [first!, both, ...rest]);
      assert.equal(joined.index, 1);
      assert.match(joined.message, /Ledger "a" has a commit up to revision 2\b/);
    },
  },
  {
    guarantee: "what was truncated since can't be compared, which is an error too",
    async check({ store }) {
      await imported(store, ledger("a", 5));
      const { sequence } = await rebase(store);
      await imported(store, ledger("a", 8));
      await store.truncate(LedgerEvents, "a", sequence);
      const error = await refusedImport(store, ledger("a", 8));
      assert.equal(error.index, 0);
      assert.match(error.message, /revision 1 of Ledger "a" was truncated/);
    },
  },
  {
    guarantee: "one commit of many that differs is found, wherever it is",
    async check({ store }) {
      const commits = histories(40, 12);
      await imported(store, commits);
      const ledgers = commits.flatMap(({ family }, n) => (family === LedgerEvents ? [n] : []));
      for (const at of [ledgers[0]!, ledgers[70]!, ledgers.at(-1)!]) {
        const events = commits[at]!.events.map(() => noted("corrected"));
        const corrected = commits.with(at, { ...commits[at]!, events });
        const error = await refusedImport(store, corrected);
        assert.equal(error.index, at);
        assert.ok(error.message.includes(`Ledger "${commits[at]!.id}"`));
      }
    },
  },
];

function refusedImport(
  store: CaseContext["store"],
  source: readonly ImportedCommit[],
): Promise<ImportMismatchError> {
  return refused("import-mismatch", "an import of something else", () => imported(store, source));
}

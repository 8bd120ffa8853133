import assert from "node:assert/strict";
import type { ImportedCommit } from "../../../event/index.ts";
import { startTimer } from "../../../event/backend/timer.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { thrownBy } from "../refused.ts";
import { contentsExpected, contentsOf, histories, imported, ledger } from "./histories.ts";

/** What an import does with its source. */
export const sourceCases: readonly CaseDefinition[] = [
  {
    guarantee: "an asynchronous source is as good as a list",
    async check({ store }) {
      const commits = histories(20, 8);
      async function* source(): AsyncGenerator<ImportedCommit> {
        for (const [i, commit] of commits.entries()) {
          if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
          yield commit;
        }
      }
      await imported(store, source());
      assert.deepEqual(await contentsOf(store), contentsExpected(commits));
    },
  },
  {
    guarantee: "a source's error is the import's, and what came before it is stored",
    async check({ store }) {
      const own = new Error("the source's");
      const commits = histories(20, 8);
      const before = commits.slice(0, 60);
      function* source(): Generator<ImportedCommit> {
        yield* before;
        throw own;
      }
      async function* slowSource(): AsyncGenerator<ImportedCommit> {
        yield* source();
      }
      const failing = () => imported(store, source());
      assert.equal(await thrownBy("an import whose source throws", failing), own);
      assert.deepEqual(await contentsOf(store), contentsExpected(before));
      const again = () => imported(store, slowSource());
      assert.equal(await thrownBy("an import whose source rejects", again), own);
      const { stored, skipped } = await imported(store, commits);
      assert.deepEqual([stored, skipped], [commits.length - 60, 60]);
    },
  },
  {
    guarantee: "an abort ends it although the source waits for ever, and tells the source",
    async check({ store }) {
      const stop = new AbortController();
      const reason = new Error("enough");
      let left = false;
      const commits = ledger("a", 2);
      const source: AsyncIterable<ImportedCommit> = {
        [Symbol.asyncIterator]: () => ({
          next() {
            const value = commits.shift();
            if (value !== undefined) return Promise.resolve({ done: false, value });
            startTimer(20, () => stop.abort(reason));
            return new Promise(() => undefined);
          },
          async return() {
            left = true;
            return { done: true, value: undefined };
          },
        }),
      };
      const importing = () => imported(store, source, { signal: stop.signal });
      assert.equal(await thrownBy("an import that is aborted", importing), reason);
      assert.ok(left, "the source was told");
    },
  },
];

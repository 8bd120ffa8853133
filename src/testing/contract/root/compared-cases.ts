import assert from "node:assert/strict";
import { defineAggregate, execute, type ExecuteOptions, read } from "../../../aggregate/index.ts";
import { newId } from "../../../event/index.ts";
import { endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited } from "../contract-events.ts";
import { refused } from "../refused.ts";
import { Ledger } from "./ledger.ts";

interface Deposit {
  readonly cents: number;
  readonly note?: string | undefined;
  readonly at: Date;
}

const Deposits = defineAggregate({
  ...Ledger,
  process: (_state, { cents }: Deposit) => [deposited(cents)],
});

/** Commands that come again under a commit id. */
export const comparedCases: readonly CaseDefinition[] = [
  {
    guarantee: "another command under a commit id is told, where commands are compared",
    alsoJson: true,
    async check({ store }) {
      const options: ExecuteOptions = { commitId: newId(), compareCommand: true };
      const at = new Date(5);
      const first = await execute(store, Deposits, "a", { cents: 1, at }, options);
      const again = { at: new Date(5), note: undefined, cents: 1 };
      const { head } = await execute(store, Deposits, "a", again, options);
      assert.equal(head.sequence, first.head.sequence);
      const end = await endOf(store);
      const other = () => execute(store, Deposits, "a", { cents: 2, at }, options);
      const error = await refused("commit-id-reused", "another command", other);
      assert.equal(error.commitId, options.commitId);
      assert.equal(await endOf(store), end);
      // Who does not compare is given the first one's result, as is who finds nothing to compare with.
      const { commitId } = options as { commitId: string };
      const loose = await execute(store, Deposits, "a", { cents: 2, at }, { commitId });
      assert.equal(loose.head.sequence, first.head.sequence);
      const plain = { commitId: newId() };
      const stored = await execute(store, Deposits, "a", { cents: 3, at }, plain);
      const late = { ...plain, compareCommand: true };
      const found = await execute(store, Deposits, "a", { cents: 4, at }, late);
      assert.equal(found.head.sequence, stored.head.sequence);
    },
  },
  {
    guarantee: "of two commands at once under a commit id one is carried out, and the other told",
    async check({ store }) {
      const options = { commitId: newId(), compareCommand: true };
      const at = new Date(5);
      const both = await Promise.allSettled(
        [1, 2].map((cents) => execute(store, Deposits, "a", { cents, at }, options)),
      );
      const refusals = both.filter((one) => one.status === "rejected");
      assert.equal(refusals.length, 1);
      assert.equal((refusals[0]!.reason as { code?: string }).code, "commit-id-reused");
      assert.equal((await read(store, Deposits, "a", { fresh: "leader" })).head.revision, 1);
    },
  },
];

import assert from "node:assert/strict";
import { defineAggregate, execute, read } from "../../../aggregate/index.ts";
import { isJetfoldError, newId } from "../../../event/index.ts";
import { append, endOf } from "../append.ts";
import type { CaseDefinition } from "../contract-case.ts";
import { deposited } from "../contract-events.ts";
import { eventually } from "../within.ts";
import { Ledger } from "./ledger.ts";

const leader = { fresh: "leader" } as const;

/** The revision that was expected and the one that is there, of a command that was refused for it. */
async function mismatch(execution: Promise<unknown>): Promise<readonly [number, number]> {
  try {
    await execution;
  } catch (error) {
    assert.ok(isJetfoldError(error, "revision-mismatch"), String(error));
    return [error.expected, error.actual];
  }
  return assert.fail("was carried out");
}

/** Commands that are for one revision of the aggregate. */
export const expectedRevisionCases: readonly CaseDefinition[] = [
  {
    guarantee:
      "a command is decided on the revision that is expected, which it is told, or refused",
    async check({ store }) {
      const told: number[] = [];
      const telling = defineAggregate({
        ...Ledger,
        process(_state, cents: number, { revision }) {
          told.push(revision);
          return [deposited(cents), deposited(cents)];
        },
      });
      for (const expectedRevision of [0, 2, 4]) {
        await execute(store, telling, "a", 1, { expectedRevision });
      }
      assert.deepEqual(told, [0, 2, 4]);
      const end = await endOf(store);
      for (const expectedRevision of [0, 5, 7, Number.MAX_SAFE_INTEGER]) {
        const refused = execute(store, telling, "a", 1, { expectedRevision });
        assert.deepEqual(await mismatch(refused), [expectedRevision, 6]);
      }
      const none = execute(store, telling, "b", 1, { expectedRevision: 1 });
      assert.deepEqual(await mismatch(none), [1, 0]);
      assert.deepEqual([told.length, await endOf(store)], [3, end]);
    },
  },
  {
    guarantee: "of many commands for one revision one is carried out",
    async check({ store }) {
      await execute(store, Ledger, "a", { cents: 1 });
      const rivals = Array.from({ length: 20 }, async (_, n) =>
        execute(store, Ledger, "a", { cents: n + 1 }, { expectedRevision: 1 }),
      );
      const outcomes = await Promise.allSettled(rivals);
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      for (const outcome of outcomes) {
        if (outcome.status === "fulfilled") continue;
        assert.deepEqual(await mismatch(Promise.reject(outcome.reason as Error)), [1, 2]);
      }
      assert.equal((await read(store, Ledger, "a", leader)).head.revision, 2);
    },
  },
  {
    guarantee: "a root in memory that is behind refuses no command for a later revision",
    needs: ["reopen"],
    async check({ store, open }) {
      const other = await open({ name: store.name });
      await execute(store, Ledger, "a", { cents: 1 });
      await append(other, "a", "any", [deposited(2)]);
      const executed = await execute(store, Ledger, "a", { cents: 3 }, { expectedRevision: 2 });
      assert.deepEqual(executed.state, { cents: 6, events: 3 });
    },
  },
  {
    guarantee: "a root in memory that is behind rejects no command in the leader's stead",
    needs: ["reopen"],
    async check({ store, open }) {
      const other = await open({ name: store.name });
      await execute(store, Ledger, "a", { cents: 1 });
      await append(other, "a", "any", [deposited(2)]);
      for (const cents of [-100, 0, 1]) {
        const late = execute(store, Ledger, "a", { cents }, { expectedRevision: 1 });
        assert.deepEqual(await mismatch(late), [1, 2]);
        await append(other, "b", "any", [deposited(2)]);
      }
    },
  },
  {
    guarantee: "a command that was carried out is found again, whatever the revision is by now",
    needs: ["reopen"],
    async check({ store, open }) {
      const again = { commitId: newId(), expectedRevision: 0 };
      const first = await execute(store, Ledger, "a", { cents: 1 }, again);
      await execute(store, Ledger, "a", { cents: 2 });
      const other = await open({ name: store.name });
      await eventually(async () => {
        const { head } = await execute(other, Ledger, "a", { cents: 1 }, again);
        assert.deepEqual(head, first.head);
      });
    },
  },
];

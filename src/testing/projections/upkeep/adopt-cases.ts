import assert from "node:assert/strict";
import {
  type Envelope,
  type EventStore,
  isJetfoldError,
  type Sequence,
} from "../../../event/index.ts";
import { adoptCheckpoint, type AdoptOptions } from "../../../project/index.ts";
import { append, sendParcel } from "../../contract/append.ts";
import { deposited } from "../../contract/contract-events.ts";
import { refused } from "../../contract/refused.ts";
import { eventually, within } from "../../contract/within.ts";
import { Faults, parking } from "../faults.ts";
import { assertLines, lineOf, lines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition, ProjectionContext } from "../projection-case.ts";

/** Store the first commits of ledger "a", under ids that are the same in every store. */
async function history(store: EventStore, commits: number): Promise<Sequence[]> {
  const sequences: Sequence[] = [];
  for (let n = 1; n <= commits; n++) {
    const options = { commitId: `commit-${n}` };
    const { head } = await append(store, "a", "any", [deposited(n)], options);
    sequences.push(head.sequence);
  }
  return sequences;
}

/** Another store with the same first commits, behind one that the first store does not have. */
async function copied({ open }: ProjectionContext, commits: number) {
  const copy = await open();
  await sendParcel(copy, "p");
  return { copy, sequences: await history(copy, commits) };
}

/** Adopt the checkpoint of the listing. */
function adopt(
  { model, checkpoints }: ProjectionContext,
  store: EventStore,
  options?: AdoptOptions,
): Promise<Sequence> {
  const projection = listing(model());
  return within(adoptCheckpoint(store, projection, checkpoints(), options), "adopting");
}

/** The first store's ledger is handled, and the projection stopped. */
async function handled({ store, model, start }: ProjectionContext): Promise<void> {
  await history(store, 3);
  const running = start(listing(model()));
  await running.caughtUp();
  await running.stop();
}

/** Projections whose events were moved to another store. */
export const adoptCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a checkpoint that is adopted goes on in the copy with what is new there",
    async check(context) {
      const { store, model, start } = context;
      await handled(context);
      const { copy, sequences } = await copied(context, 3);
      await put(copy, "a");
      const from = store.name;
      assert.equal(await adopt(context, copy, { from }), sequences[2]);
      const running = start(listing(model()), { store: copy });
      await running.caughtUp();
      await running.reached(await put(copy, "a"));
      await assertLines(model(), lines("a", 5));
      await running.stop();
      const again = start(listing(model()), { store: copy });
      await again.reached(await put(copy, "a"));
      await assertLines(model(), lines("a", 6));
    },
  },
  {
    guarantee: "`at` says where, from the last handled commit to the end",
    async check(context) {
      const { store, model, start } = context;
      await handled(context);
      const { copy, sequences } = await copied(context, 3);
      const at = await put(copy, "b");
      await put(copy, "b");
      const from = store.name;
      for (const bad of [sequences[1]!, at + 5]) {
        await refused("invalid-input", `adopting at ${bad}`, () =>
          adopt(context, copy, { from, at: bad }),
        );
      }
      assert.equal(await adopt(context, copy, { from, at }), at);
      const running = start(listing(model()), { store: copy });
      await running.caughtUp();
      await assertLines(model(), [...lines("a", 3), "b:2"]);
    },
  },
  {
    guarantee: "a copy that lacks the last handled commit is refused, and nothing is changed",
    async check(context) {
      const { store, model, start } = context;
      await handled(context);
      const { copy } = await copied(context, 2);
      const from = store.name;
      await refused("checkpoint", "adopting in a copy that lacks the end", () =>
        adopt(context, copy, { from }),
      );
      const running = start(listing(model()));
      await running.reached(await put(store, "a"));
      await assertLines(model(), lines("a", 4));
    },
  },
  {
    guarantee: "what was set aside is not lost by adopting: it comes along, or adopting is refused",
    async check(context) {
      const { store, model, start, open } = context;
      const faults = new Faults();
      faults.break("a:2");
      const projection = listing(model(), { before: faults.meet, onError: parking });
      await history(store, 3);
      const running = start(projection);
      await append(store, "b", "any", [deposited(1)], { commitId: "last" });
      await running.caughtUp();
      await running.stop();
      const copy = await open();
      await history(copy, 3);
      await append(copy, "b", "any", [deposited(1)], { commitId: "last" });
      faults.mend("a:2");
      const from = store.name;
      const refusal = await adopt(context, copy, { from }).catch((error: unknown) => error);
      const home = isJetfoldError(refusal) ? store : copy;
      const again = start(projection, { store: home });
      await again.caughtUp();
      assert.deepEqual(await again.parked.retry(), []);
      await assertLines(model(), ["a:1", "b:1", "a:2", "a:3"]);
    },
  },
  {
    guarantee: "effects that are still to be done come along, and no others",
    async check(context) {
      const { store, model, start } = context;
      const done: string[] = [];
      const faults = new Faults();
      const error = faults.break("a:2");
      const effect = (envelope: Envelope): void => {
        faults.meet(lineOf(envelope));
        done.push(lineOf(envelope));
      };
      const options = { effect, batch: { commits: 3, ms: 1_000 }, onError: { retries: 0 } };
      await history(store, 3);
      const running = start(listing(model(), options));
      await assert.rejects(within(running.done, "an effect that fails"), error);
      const { copy, sequences } = await copied(context, 3);
      assert.equal(await adopt(context, copy, { from: store.name }), sequences[2]);
      faults.mend("a:2");
      const again = start(listing(model(), options), { store: copy });
      await again.reached(await put(copy, "a"));
      await eventually(() => assert.deepEqual(done, lines("a", 4)));
      await assertLines(model(), lines("a", 4));
    },
  },
  {
    guarantee: "where there is no checkpoint, there is nothing to adopt",
    async check(context) {
      await history(context.store, 2);
      await refused("checkpoint", "adopting nothing", () => adopt(context, context.store));
    },
  },
];

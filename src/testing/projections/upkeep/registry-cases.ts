import assert from "node:assert/strict";
import { read, snapshotAndTruncate } from "../../../aggregate/index.ts";
import { type EventStore, msgpackCodec } from "../../../event/index.ts";
import { dropProjection, forgetProjection } from "../../../project/index.ts";
import { Ledger } from "../../contract/root/ledger.ts";
import { gather } from "../../contract/gather.ts";
import { refused } from "../../contract/refused.ts";
import { within } from "../../contract/within.ts";
import { Faults, parking } from "../faults.ts";
import { assertLines, lines, listing, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition, ProjectionContext } from "../projection-case.ts";

/** Truncate a ledger; tells how many commits were deleted. */
async function cut(store: EventStore, id: string): Promise<number> {
  const truncating = async (): Promise<number> => {
    const root = await read(store, Ledger, id, { fresh: "leader" });
    return (await snapshotAndTruncate(store, Ledger, root, { waitMs: 0 })).deleted;
  };
  return within(truncating(), `truncating ${id}`);
}

/** A truncation that would pass this version of the projection. */
async function refusedFor(store: EventStore, id: string, version = 1): Promise<void> {
  const error = await refused("truncation-blocked", `truncating ${id}`, () => cut(store, id));
  assert.match(error.message, new RegExp(`projection "list" version ${version}`));
}

/** Each entry is damaged that the store's bucket holds of it. */
async function checkForgotten(
  { store, model, start, checkpoints }: ProjectionContext,
  what: "a text" | "an older form",
): Promise<void> {
  const faults = new Faults();
  faults.break("a:1");
  const projection = listing(model(), {
    before: faults.meet,
    onError: parking,
    projectBase: () => undefined,
  });
  for (const id of ["a", "b"]) await put(store, id);
  const running = start(projection, { standby: { takeOverMs: 300 } });
  await running.caughtUp();
  await running.stop();
  const { projections } = store;
  const damaged =
    what === "a text" ? new TextEncoder().encode("hello") : msgpackCodec.encode({}, "");
  const keys = await gather(projections.keys());
  const registered = keys.find((key) => key.startsWith("registered.list.1"));
  assert.ok(registered !== undefined);
  const forgotten = registered.replace("registered.list.1", "forgotten.list");
  for (const key of [...keys, forgotten]) await projections.put(key, damaged);
  const root = await read(store, Ledger, "b", { fresh: "leader" });
  await refused("poison", "truncating", () => snapshotAndTruncate(store, Ledger, root));
  await forgetProjection(store, "list", 1, checkpoints());
  for (const key of await gather(projections.keys())) {
    assert.equal(await projections.get(key, { fresh: "leader" }), undefined, key);
  }
  assert.equal(await cut(store, "b"), 1);
  faults.mend("a:1");
  const anew = start(projection, { standby: { takeOverMs: 300 } });
  await anew.reached(await put(store, "a"));
  assert.deepEqual(anew.parked.list(), []);
}

/** What truncation waits for. */
export const registryCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "nothing is truncated that a durable projection has not handled yet",
    needs: ["durable"],
    async check({ store, model, start }) {
      await put(store, "a");
      const running = start(listing(model()));
      await running.caughtUp();
      await running.stop();
      await putEach(store, "a", 3);
      await refusedFor(store, "a");
      const again = start(listing(model()));
      await again.caughtUp();
      await again.stop();
      assert.equal(await cut(store, "a"), 4);
      await put(store, "a");
      const after = start(listing(model()));
      await after.caughtUp();
      await assertLines(model(), lines("a", 5));
    },
  },
  {
    guarantee: "a truncation behind `reached` waits until the projection has told where it is",
    needs: ["durable"],
    async check({ store, model, start }) {
      await put(store, "a");
      const running = start(listing(model()));
      await running.caughtUp();
      await put(store, "a");
      const root = await read(store, Ledger, "a", { fresh: "leader" });
      await running.reached(root.head.sequence);
      await within(snapshotAndTruncate(store, Ledger, root), "truncating");
    },
  },
  {
    guarantee: "nothing is truncated of an aggregate of which something is set aside",
    needs: ["durable"],
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:2");
      const projection = listing(model(), { before: faults.meet, onError: parking });
      for (const id of ["a", "a", "b", "a", "b"]) await put(store, id);
      const running = start(projection);
      await running.caughtUp();
      await running.stop();
      await refusedFor(store, "a");
      assert.equal(await cut(store, "b"), 2);
      faults.mend("a:2");
      const again = start(projection);
      await again.caughtUp();
      assert.deepEqual(await again.parked.retry(), []);
      await again.stop();
      assert.equal(await cut(store, "a"), 3);
      await assertLines(model(), ["a:1", "b:1", "b:2", "a:2", "a:3"]);
    },
  },
  {
    guarantee: "nor what has effects that are still to be done",
    needs: ["durable"],
    async check({ store, model, start }) {
      const error = new Error("no mail today");
      const effect = (): never => {
        throw error;
      };
      await put(store, "a");
      const running = start(listing(model(), { effect, onError: { retries: 0 } }));
      await assert.rejects(within(running.done, "an effect that fails"), error);
      await refusedFor(store, "a");
    },
  },
  {
    guarantee: "a projection that is forgotten is not waited for, and begins anew",
    needs: ["durable"],
    async check({ store, model, start, checkpoints }) {
      await put(store, "a");
      const running = start(listing(model()));
      await running.caughtUp();
      await running.stop();
      await put(store, "a");
      await refusedFor(store, "a");
      const forget = (name: string, version: number): Promise<void> =>
        forgetProjection(store, name, version, checkpoints());
      await forget("list", 2);
      await forget("other", 1);
      await refusedFor(store, "a");
      await forget("list", 1);
      assert.equal(await cut(store, "a"), 2);
      const owner = { store: store.name, name: "list" };
      assert.equal(await checkpoints().activeVersion(owner), undefined);
      assert.equal((await checkpoints().resume({ ...owner, version: 1 })).at, undefined);
    },
  },
  ...(["a text", "an older form"] as const).map((what) => ({
    guarantee: `everything of a projection is removed by forgetting it, also what became ${what}`,
    needs: ["durable"] as const,
    check: (context: ProjectionContext) => checkForgotten(context, what),
  })),
  {
    guarantee: "every version is waited for, until it is dropped",
    needs: ["durable"],
    async check({ store, model, start, checkpoints }) {
      await put(store, "a");
      const versions = [1, 2].map((version) => listing(model(`v${version}`), { version }));
      for (const projection of versions) {
        const running = start(projection);
        await running.activated();
        await running.stop();
      }
      await put(store, "a");
      const young = start(versions[1]!);
      await young.caughtUp();
      await young.stop();
      await refusedFor(store, "a");
      await dropProjection(store, versions[0]!, checkpoints());
      assert.equal(await cut(store, "a"), 2);
    },
  },
];

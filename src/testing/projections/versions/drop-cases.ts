import assert from "node:assert/strict";
import { dropProjection } from "../../../project/index.ts";
import { refused } from "../../contract/refused.ts";
import { within } from "../../contract/within.ts";
import { assertLines, lines, listing, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";
import { activeIn } from "./take-over-cases.ts";

/** Versions that nobody reads any more. */
export const dropCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a version that is not active can be dropped, once or again; the active one can't",
    async check(context) {
      const { store, model, start, checkpoints } = context;
      await putEach(store, "a", 2);
      const drop = (tx: unknown): unknown => model("dropped").append(tx, "dropped");
      const versions = [1, 2].map((version) =>
        listing(model(`v${version}`), { version, drop: async (tx) => void (await drop(tx)) }),
      );
      for (const projection of versions) {
        const running = start(projection);
        await running.activated();
        await running.stop();
      }
      const [old, young] = versions;
      await refused("config", "dropping the active version", () =>
        dropProjection(store, young!, checkpoints()),
      );
      await assertLines(model("dropped"), []);
      await within(dropProjection(store, old!, checkpoints()), "dropping the old version");
      await assertLines(model("dropped"), ["dropped"]);
      const owner = { store: store.name, name: "list", version: 1 };
      assert.equal((await checkpoints().resume(owner)).at, undefined);
      assert.equal(await activeIn(context), 2);
      await dropProjection(store, old!, checkpoints());
      await assertLines(model("dropped"), ["dropped", "dropped"]);
      const running = start(young!);
      await running.caughtUp();
      await assertLines(model("v2"), lines("a", 2));
    },
  },
  {
    guarantee: "a drop that fails leaves the checkpoint",
    async check({ store, model, start, checkpoints }) {
      await putEach(store, "a", 2);
      for (const version of [1, 2]) {
        const running = start(listing(model(`v${version}`), { version }));
        await running.activated();
        await running.stop();
      }
      const error = new Error("still in use");
      const drop = (): never => {
        throw error;
      };
      const dropping = dropProjection(store, listing(model("v1"), { drop }), checkpoints());
      await assert.rejects(within(dropping, "a drop that fails"), error);
      const owner = { store: store.name, name: "list", version: 1 };
      assert.notEqual((await checkpoints().resume(owner)).at, undefined);
    },
  },
];

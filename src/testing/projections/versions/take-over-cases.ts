import assert from "node:assert/strict";
import type { ListingOptions } from "../listing.ts";
import { eventually } from "../../contract/within.ts";
import { Faults, persisting } from "../faults.ts";
import { assertLines, ended, lines, linesIn, listing, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition, ProjectionContext } from "../projection-case.ts";

/** Which version queries are to read. */
export async function activeIn({
  checkpoints,
  store,
}: Pick<ProjectionContext, "checkpoints" | "store">): Promise<number | undefined> {
  return checkpoints().activeVersion({ store: store.name, name: "list" });
}

function hooksInto(told: string[], version: number): ListingOptions {
  return {
    version,
    create: () => void told.push(`create ${version}`),
    activate: () => void told.push(`activate ${version}`),
    before: (line) => told.push(`${line} ${version}`),
  };
}

/** From one version to the next. */
export const takeOverCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a new version is built from the start beside the one that runs, and takes over",
    async check(context) {
      const { store, model, start } = context;
      await putEach(store, "a", 5);
      assert.equal(await activeIn(context), undefined);
      const old = start(listing(model("v1")));
      await old.caughtUp();
      assert.deepEqual([old.active, await activeIn(context)], [true, 1]);
      const faults = new Faults();
      faults.break("a:4");
      const options = { version: 2, before: faults.meet, onError: persisting };
      const young = start(listing(model("v2"), options));
      // Once with its neighbours, then by itself: from then on it is known what is tried again.
      await eventually(() => assert.ok(faults.attempts("a:4") >= 3));
      await old.reached(await put(store, "a"));
      assert.deepEqual([young.active, await activeIn(context)], [false, 1]);
      assert.equal(young.state, "retrying");
      faults.mend("a:4");
      await young.activated();
      assert.deepEqual([young.active, await activeIn(context)], [true, 2]);
      await young.reached(await put(store, "a"));
      await ended(old, "superseded");
      await assertLines(model("v2"), lines("a", 7));
      const before = await linesIn(model("v1"));
      assert.deepEqual(before.slice(0, 6), lines("a", 6));
      await eventually(() => assert.equal(young.state, "live"));
    },
  },
  {
    guarantee: "nothing that the old version has handled is missing when the new one takes over",
    async check({ store, model, start }) {
      await putEach(store, "a", 3);
      const old = start(listing(model("v1")));
      await old.caughtUp();
      const faults = new Faults();
      faults.break("a:3");
      const handled: string[] = [];
      let missing: readonly string[] | undefined;
      const young = start(
        listing(model("v2"), {
          version: 2,
          onError: persisting,
          before(line) {
            faults.meet(line);
            if (!handled.includes(line)) handled.push(line);
          },
          activate: () => void (missing = lines("a", 8).filter((one) => !handled.includes(one))),
        }),
      );
      await eventually(() => assert.ok(faults.attempts("a:3") >= 1));
      for (let n = 0; n < 5; n++) await old.reached(await put(store, "a"));
      // Its checkpoint says so: else nobody could know.
      await old.stop();
      faults.mend("a:3");
      await young.activated();
      assert.deepEqual(missing, []);
      await assertLines(model("v2"), lines("a", 8));
    },
  },
  {
    guarantee: "what the old version has written after the other took over does not stay",
    needs: ["transactional"],
    async check({ store, model, start }) {
      await putEach(store, "a", 3);
      const old = start(listing(model("v1")));
      await old.caughtUp();
      const young = start(listing(model("v2"), { version: 2 }));
      await young.activated();
      await young.reached(await put(store, "a"));
      await ended(old, "superseded");
      await assertLines(model("v1"), lines("a", 3));
      await assertLines(model("v2"), lines("a", 4));
    },
  },
  {
    guarantee: "create and activate are called once for each version, in their places",
    async check({ store, model, start }) {
      const told: string[] = [];
      await put(store, "a");
      for (let n = 1; n <= 2; n++) {
        const running = start(listing(model("v1"), hooksInto(told, 1)));
        await running.caughtUp();
        await running.stop();
        await put(store, "a");
      }
      assert.deepEqual(told, ["create 1", "activate 1", "a:1 1", "a:2 1"]);
      told.length = 0;
      for (let n = 1; n <= 2; n++) {
        const running = start(listing(model("v2"), hooksInto(told, 2)));
        await running.activated();
        await running.stop();
      }
      assert.deepEqual(told, ["create 2", "a:1 2", "a:2 2", "a:3 2", "activate 2"]);
    },
  },
  {
    guarantee: "a build that is stopped goes on where it was, and still takes over",
    async check(context) {
      const { store, model, start } = context;
      const sequences = await putEach(store, "a", 6);
      const old = start(listing(model("v1")));
      await old.caughtUp();
      await old.stop();
      const faults = new Faults();
      faults.break("a:4");
      const options = { version: 2, before: faults.meet, onError: persisting };
      const first = start(listing(model("v2"), options));
      await first.reached(sequences[2]!);
      await first.stop();
      assert.equal(await activeIn(context), 1);
      const second = start(listing(model("v2"), { version: 2 }));
      await second.activated();
      await assertLines(model("v2"), lines("a", 6));
      assert.equal(await activeIn(context), 2);
    },
  },
  {
    guarantee: "an older version that is started later ends superseded and handles nothing",
    async check(context) {
      const { store, model, start } = context;
      await putEach(store, "a", 3);
      const young = start(listing(model("v2"), { version: 2 }));
      await young.activated();
      await young.stop();
      await put(store, "a");
      const told: string[] = [];
      const old = start(listing(model("v1"), hooksInto(told, 1)));
      await ended(old, "superseded");
      assert.deepEqual([told, old.error, old.active], [[], undefined, false]);
      await assertLines(model("v1"), []);
      assert.equal(await activeIn(context), 2);
    },
  },
];

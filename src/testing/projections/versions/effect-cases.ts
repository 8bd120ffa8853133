import assert from "node:assert/strict";
import { eventually } from "../../contract/within.ts";
import { Faults, parking, persisting } from "../faults.ts";
import { noting } from "../effects/effect-cases.ts";
import { assertLines, ended, lines, listing, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** Effects, while one version follows the other. */
export const effectCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a new version does the effects that the old one has not done, and no others",
    async check({ store, model, start }) {
      const done: string[] = [];
      await putEach(store, "a", 3);
      const old = start(listing(model("v1"), noting(done)));
      await old.caughtUp();
      await old.stop();
      assert.deepEqual(done, lines("a", 3));
      await putEach(store, "a", 2);
      const faults = new Faults();
      faults.break("a:5");
      const options = { version: 2, ...noting(done), before: faults.meet, onError: persisting };
      const young = start(listing(model("v2"), options));
      await eventually(() => assert.ok(faults.attempts("a:5") >= 1));
      assert.deepEqual(done, lines("a", 3), "none while it is built");
      faults.mend("a:5");
      await young.activated();
      await eventually(() => assert.deepEqual(done, lines("a", 5)));
      await young.reached(await put(store, "a"));
      await eventually(() => assert.deepEqual(done, lines("a", 6)));
      await assertLines(model("v2"), lines("a", 6));
    },
  },
  {
    guarantee: "while both run, the effects of no commit are left out",
    async check({ store, model, start }) {
      const done: string[] = [];
      await putEach(store, "a", 5);
      const old = start(listing(model("v1"), noting(done)));
      await old.caughtUp();
      const writing = putEach(store, "a", 20);
      const young = start(listing(model("v2"), { version: 2, ...noting(done) }));
      await young.activated();
      await writing;
      await young.reached(await put(store, "a"));
      await eventually(() => assert.equal(done.at(-1), "a:26"));
      await ended(old, "superseded");
      assert.deepEqual(
        lines("a", 26).filter((line) => !done.includes(line)),
        [],
      );
    },
  },
  {
    guarantee: "what the old version had set aside has its effects in the new one, and only that",
    async check({ store, model, start }) {
      const done: string[] = [];
      const faults = new Faults();
      for (const line of ["a:2", "c:1"]) faults.break(line);
      const old = start(
        listing(model("v1"), { ...noting(done), before: faults.meet, onError: parking }),
      );
      for (const id of ["a", "b", "a", "c", "a"]) await put(store, id);
      await old.caughtUp();
      await old.stop();
      assert.deepEqual(done, ["a:1", "b:1"]);
      for (const line of ["a:2", "c:1"]) faults.mend(line);
      faults.break("b:1");
      const options = { version: 2, ...noting(done), before: faults.meet, onError: parking };
      const young = start(listing(model("v2"), options));
      await young.activated();
      await eventually(() => assert.deepEqual(done.slice(2).toSorted(), ["a:2", "a:3", "c:1"]));
      faults.mend("b:1");
      assert.deepEqual(await young.parked.retry(), []);
      await young.reached(await put(store, "b"));
      await eventually(() => assert.deepEqual(done.slice(5), ["b:2"], "the old one has done b:1"));
      await assertLines(model("v2"), ["a:1", "a:2", "c:1", "a:3", "b:1", "b:2"]);
    },
  },
];

import assert from "node:assert/strict";
import { eventually } from "../../contract/within.ts";
import { Faults, persisting } from "../faults.ts";
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
];

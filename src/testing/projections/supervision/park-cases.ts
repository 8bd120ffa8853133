import assert from "node:assert/strict";
import type { StoreWarning } from "../../../event/index.ts";
import { refused } from "../../contract/refused.ts";
import { eventually } from "../../contract/within.ts";
import { batchesInto } from "../delivery/batch-cases.ts";
import { Faults, parking } from "../faults.ts";
import { assertLines, lineOf, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** What nothing can store as it is, or nobody can read. */
const strange: readonly unknown[] = [
  new Error(`${"x".repeat(1_992)}${"😀".repeat(50)}`),
  new Error(`${"x".repeat(1_993)}${"😀".repeat(50)}`),
  new Error("a \u0000 in it, and a lone \ud83d"),
  Object.defineProperty(new Error("x"), "message", { value: Object.create(null) }),
  Object.create(null),
  Symbol("s"),
  undefined,
];

/** Commits that are set aside. */
export const parkCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a bad event is set aside whatever its error says, and is still when started again",
    async check({ store, model, start }) {
      const before = (line: string): void => {
        const [id] = line.split(":");
        if (id !== "good") throw strange[Number(id)];
      };
      const onError = { ...parking, retries: 0 };
      for (const index of strange.keys()) await put(store, String(index));
      const sequence = await put(store, "good");
      for (let run = 0; run < 2; run++) {
        const running = start(listing(model(), { before, onError }));
        await running.reached(sequence);
        const parked = running.parked.list();
        assert.equal(parked.length, strange.length);
        for (const { error } of parked) {
          assert.ok(error.isWellFormed() && error.length <= 2_000 && !error.includes("\0"), error);
        }
        await running.stop();
      }
      await assertLines(model(), ["good:1"]);
    },
  },
  {
    guarantee: "a parked commit holds back its aggregate's later ones, and nothing else",
    async check({ model, open, transactional, start }) {
      const warnings: StoreWarning[] = [];
      const store = await open({ onWarning: (warning) => warnings.push(warning) });
      const faults = new Faults();
      faults.break("a:2");
      const onError = { ...parking, retries: 2 };
      const projection = listing(model(), { before: faults.meet, onError });
      const running = start(projection, { store });
      await put(store, "a");
      const sequence = await put(store, "a");
      const held = await put(store, "a");
      await running.reached(await put(store, "b"));
      await assertLines(model(), ["a:1", "b:1"]);
      const [one, ...more] = running.parked.list();
      assert.deepEqual(more, []);
      assert.deepEqual([one?.family, one?.id, one?.sequence], ["Ledger", "a", sequence]);
      assert.deepEqual([one?.attempts, one?.handled], [3, 0]);
      assert.match(one!.error, /cannot handle a:2/);
      assert.ok(warnings.some(({ code }) => code === "parked"));
      // Once more, where it was rolled back together with others at first.
      const calls = faults.attempts("a:2");
      assert.ok(calls === 3 || (transactional && calls === 4), `called ${calls} times`);
      assert.equal(faults.attempts("a:3"), 0);
      for (const set of [sequence, held]) {
        await refused("parked", "waiting for what is set aside", () => running.reached(set));
      }
      await eventually(() => assert.equal(running.state, "live"));
      assert.ok(running.position >= held);
    },
  },
  {
    guarantee: "what is set aside is listed oldest first, once for each aggregate",
    async check({ store, model, start }) {
      const faults = new Faults();
      for (const line of ["b:1", "a:1", "a:2"]) faults.break(line);
      const projection = listing(model(), { before: faults.meet, onError: parking });
      const running = start(projection);
      const first = await put(store, "b");
      const second = await put(store, "a");
      await put(store, "a");
      await put(store, "b");
      await running.reached(await put(store, "c"));
      const listed = running.parked.list().map(({ id, sequence }) => [id, sequence]);
      assert.deepEqual(listed, [
        ["b", first],
        ["a", second],
      ]);
      await assertLines(model(), ["c:1"]);
    },
  },
  {
    guarantee: "nothing is given up for a missing or wrong aggregate, nor retried",
    async check({ store, model, start }) {
      const faults = new Faults();
      for (const line of ["a:1", "b:1"]) faults.break(line);
      const running = start(listing(model(), { before: faults.meet, onError: parking }));
      await put(store, "a");
      await running.reached(await put(store, "b")).catch(() => undefined);
      await running.caughtUp();
      const { parked } = running;
      const before = parked.list();
      assert.equal(before.length, 2);
      for (const nothing of [undefined, null, 0, "", "a", {}, { id: "a" }, []] as never[]) {
        const what = `discard ${JSON.stringify(nothing)}`;
        const error = await refused("invalid-input", what, () => parked.discard(nothing));
        assert.equal(error.field, "aggregate");
        if (nothing === undefined) continue;
        await refused("invalid-input", what, () => parked.retry(nothing));
      }
      const other = { family: "Ledger", id: "c" };
      await refused("not-found", "a retry of nothing", () => parked.retry(other));
      await refused("not-found", "giving up nothing", () => parked.discard(other));
      assert.deepEqual(parked.list(), before);
    },
  },
  {
    guarantee: "of a batch only what fails is set aside",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:2");
      for (const id of ["a", "b", "a", "a", "b", "c"]) await put(store, id);
      const { projectBatch } = batchesInto(model());
      const failing: typeof projectBatch = async (envelopes, tx, context) => {
        for (const envelope of envelopes) faults.meet(lineOf(envelope));
        await projectBatch!(envelopes, tx, context);
      };
      const running = start(listing(model(), { projectBatch: failing, onError: parking }));
      await running.caughtUp();
      await assertLines(model(), ["a:1", "b:1", "b:2", "c:1"]);
      faults.mend("a:2");
      assert.deepEqual(await running.parked.retry(), []);
      await assertLines(model(), ["a:1", "b:1", "b:2", "c:1", "a:2", "a:3"]);
    },
  },
  {
    guarantee: "what is set aside stays so when it is stopped and started again",
    async check({ store, model, start }) {
      const faults = new Faults();
      faults.break("a:1");
      const projection = listing(model(), { before: faults.meet, onError: parking });
      const first = start(projection);
      await put(store, "a");
      await first.reached(await put(store, "b"));
      const listed = first.parked.list();
      assert.equal(listed.length, 1);
      await first.stop();
      const attempts = faults.attempts("a:1");
      await put(store, "a");
      await put(store, "b");
      const second = start(projection);
      await second.caughtUp();
      assert.deepEqual(second.parked.list(), listed);
      assert.equal(faults.attempts("a:1"), attempts);
      await assertLines(model(), ["b:1", "b:2"]);
      faults.mend("a:1");
      assert.deepEqual(await second.parked.retry({ family: "Ledger", id: "a" }), []);
      await second.stop();
      const third = start(projection);
      await third.reached(await put(store, "a"));
      assert.deepEqual(third.parked.list(), []);
      await assertLines(model(), ["b:1", "b:2", "a:1", "a:2", "a:3"]);
    },
  },
];

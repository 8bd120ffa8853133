import assert from "node:assert/strict";
import type { Sequence } from "../../../event/index.ts";
import type { Running } from "../../../project/index.ts";
import { refused } from "../../contract/refused.ts";
import { Faults, parking } from "../faults.ts";
import { assertLines, lines, listing, put } from "../listing.ts";
import type { ProjectionCaseDefinition, ProjectionContext } from "../projection-case.ts";

const a = { family: "Ledger", id: "a" };

/** A projection that has set aside a:2 of four commits, and handled b:1. */
interface Stuck {
  readonly running: Running;
  readonly faults: Faults;
  /** Where a's commits lie. */
  readonly sequences: readonly Sequence[];
}

async function stuck({ store, model, start }: ProjectionContext): Promise<Stuck> {
  const faults = new Faults();
  faults.break("a:2");
  const running = start(listing(model(), { before: faults.meet, onError: parking }));
  const sequences: Sequence[] = [];
  for (let n = 0; n < 4; n++) sequences.push(await put(store, "a"));
  await running.reached(await put(store, "b"));
  return { running, faults, sequences };
}

/** The ways out for what was set aside. */
export const resolveCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "a retry handles the parked commit and those behind it, in order, and is done",
    async check(context) {
      const { store, model } = context;
      const { running, faults, sequences } = await stuck(context);
      faults.mend("a:2");
      assert.deepEqual(await running.parked.retry(a), []);
      assert.deepEqual(running.parked.list(), []);
      await assertLines(model(), ["a:1", "b:1", ...lines("a", 4, 2)]);
      for (const sequence of sequences) await running.reached(sequence);
      await running.reached(await put(store, "a"));
      await assertLines(model(), ["a:1", "b:1", ...lines("a", 5, 2)]);
      assert.equal(running.handled, 6);
    },
  },
  {
    guarantee: "a retry that fails leaves the entry, with one attempt more",
    async check(context) {
      const { model } = context;
      const { running, faults, sequences } = await stuck(context);
      const [before] = running.parked.list();
      const remaining = await running.parked.retry(a);
      assert.deepEqual(remaining, running.parked.list());
      const [entry] = remaining;
      assert.deepEqual([entry?.sequence, entry?.attempts], [sequences[1], before!.attempts + 1]);
      assert.equal(faults.attempts("a:3"), 0);
      await assertLines(model(), ["a:1", "b:1"]);
    },
  },
  {
    guarantee: "a retry that comes to another one it can't handle stays there",
    async check(context) {
      const { store, model, start } = context;
      const { running, faults, sequences } = await stuck(context);
      faults.mend("a:2");
      faults.break("a:4");
      const [entry, ...more] = await running.parked.retry(a);
      assert.deepEqual(more, []);
      assert.equal(entry?.sequence, sequences[3]);
      assert.match(entry!.error, /cannot handle a:4/);
      await assertLines(model(), ["a:1", "b:1", "a:2", "a:3"]);
      await running.reached(sequences[2]!);
      await refused("parked", "waiting for it", () => running.reached(sequences[3]!));
      await running.stop();
      const again = start(listing(model(), { onError: parking }));
      await again.reached(await put(store, "b"));
      assert.deepEqual(await again.parked.retry(), []);
      await assertLines(model(), ["a:1", "b:1", "a:2", "a:3", "b:2", "a:4"]);
    },
  },
  {
    guarantee: "a retry of all tries all, and gives those that remain",
    async check({ store, model, start }) {
      const faults = new Faults();
      for (const line of ["a:1", "b:1", "c:1"]) faults.break(line);
      const running = start(listing(model(), { before: faults.meet, onError: parking }));
      for (const id of ["a", "b", "c", "c"]) await put(store, id);
      await running.caughtUp();
      for (const line of ["a:1", "c:1"]) faults.mend(line);
      const remaining = await running.parked.retry();
      assert.deepEqual(
        remaining.map(({ id }) => id),
        ["b"],
      );
      assert.deepEqual(running.parked.list(), remaining);
      await assertLines(model(), ["a:1", "c:1", "c:2"]);
    },
  },
  {
    guarantee: "discard leaves out the parked commit alone, for good",
    async check(context) {
      const { store, model, start } = context;
      const { running } = await stuck(context);
      assert.deepEqual(await running.parked.discard(a), []);
      assert.deepEqual(running.parked.list(), []);
      await assertLines(model(), ["a:1", "b:1", "a:3", "a:4"]);
      await running.stop();
      const again = start(listing(model(), { onError: parking }));
      await again.reached(await put(store, "a"));
      await assertLines(model(), ["a:1", "b:1", ...lines("a", 5, 3)]);
    },
  },
  {
    guarantee: "discard stays at the next one that can't be handled",
    async check(context) {
      const { model } = context;
      const { running, faults, sequences } = await stuck(context);
      faults.break("a:3");
      const [entry] = await running.parked.discard(a);
      assert.equal(entry?.sequence, sequences[2]);
      assert.deepEqual(await running.parked.discard(a), []);
      await assertLines(model(), ["a:1", "b:1", "a:4"]);
    },
  },
  {
    guarantee: "only what is set aside can be tried again, and only while it runs",
    async check(context) {
      const { running } = await stuck(context);
      for (const id of ["b", "nobody"]) {
        const other = { ...a, id };
        await refused("not-found", `retrying ${id}`, () => running.parked.retry(other));
        await refused("not-found", `discarding ${id}`, () => running.parked.discard(other));
      }
      await running.stop();
      await refused("not-running", "a retry after the end", () => running.parked.retry(a));
      await refused("not-running", "a discard after the end", () => running.parked.discard(a));
    },
  },
];

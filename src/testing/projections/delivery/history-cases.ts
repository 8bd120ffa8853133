import assert from "node:assert/strict";
import { sendParcel } from "../../contract/append.ts";
import { eventually } from "../../contract/within.ts";
import { assertLines, ended, lineOf, lines, listing, put, putEach } from "../listing.ts";
import type { ProjectionCaseDefinition } from "../projection-case.ts";

/** What a projection that goes on and on is given. */
export const historyCases: readonly ProjectionCaseDefinition[] = [
  {
    guarantee: "history comes first, then what is stored live: in order, every event once",
    async check({ store, model, start }) {
      const expected: string[] = [];
      const write = async (revision: number): Promise<number> => {
        let sequence = 0;
        for (const id of ["a", "b", "c"]) {
          sequence = await put(store, id);
          expected.push(lineOf({ id, revision }));
        }
        return sequence;
      };
      for (let n = 1; n <= 5; n++) await write(n);
      const running = start(listing(model()));
      await running.caughtUp();
      await eventually(() => assert.equal(running.state, "live"));
      for (let n = 6; n <= 10; n++) await running.reached(await write(n));
      await assertLines(model(), expected);
      assert.equal(running.handled, 30);
      await running.stop();
      await ended(running, "stopped");
      await assertLines(model(), expected);
    },
  },
  {
    guarantee: "all events of a commit are handled, in their order",
    async check({ store, model, start }) {
      await put(store, "a", 3);
      const running = start(listing(model()));
      await put(store, "b", 10);
      await running.reached(await put(store, "a", 4));
      await assertLines(model(), [...lines("a", 3), ...lines("b", 10), ...lines("a", 7, 4)]);
      assert.equal(running.handled, 17);
    },
  },
  {
    guarantee: "while much is written, nothing is missed where history meets what is live",
    async check({ store, model, start }) {
      const writing = Promise.all(["a", "b"].map((id) => putEach(store, id, 40)));
      const running = start(listing(model()));
      const last = (await writing)
        .flat()
        .sort((x, y) => x - y)
        .at(-1)!;
      await running.reached(last);
      const handled: readonly string[] = await model().read();
      for (const id of ["a", "b"]) {
        const own = handled.filter((line) => line.startsWith(id));
        assert.deepEqual(own, lines(id, 40));
      }
      assert.equal(handled.length, 80);
    },
  },
  {
    guarantee: "each run goes on where the one before has stopped: no gap, no repeat",
    async check({ store, model, start }) {
      for (let life = 1; life <= 4; life++) {
        await put(store, "a");
        const running = start(listing(model()));
        await running.caughtUp();
        // The second one is stopped while it may not have come yet.
        await running.reached(await put(store, "a"));
        await put(store, "a");
        await running.stop();
        await ended(running, "stopped");
      }
      const running = start(listing(model()));
      await running.caughtUp();
      await assertLines(model(), lines("a", 12));
    },
  },
  {
    guarantee: "only what is selected is handled, and the position passes the rest and is kept",
    async check({ store, model, start, checkpoints }) {
      const parcel = (await sendParcel(store, "p")).head.sequence;
      const [first] = await putEach(store, "a", 3);
      const running = start(listing(model()));
      await running.caughtUp();
      let end = 0;
      for (let n = 0; n < 3; n++) end = (await sendParcel(store, "p")).head.sequence;
      await eventually(() => assert.ok(running.position >= end, `position ${running.position}`));
      await running.stop();
      await assertLines(model(), lines("a", 3));
      const owner = { store: store.name, name: "list", version: 1 };
      const { at } = await checkpoints().resume(owner);
      assert.ok(at !== undefined && at.sequence >= end, `checkpoint ${at?.sequence}`);
      assert.ok(first! > parcel);
    },
  },
];

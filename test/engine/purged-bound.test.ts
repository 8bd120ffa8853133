import { CorruptError, TruncatedError } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counted, CounterEvents, OtherEvents } from "../faults/counter.ts";
import { consumersOf } from "../faults/follower.ts";
import { Site } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { within } from "../faults/until.ts";
import { leavingNothing } from "./holdings.ts";
import { plans } from "./plans.ts";
import { Witness } from "./witness.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

const [alone, ...several] = plans;

describe.each(plans)("a replay by $name", (plan) => {
  const { selection, count, consumer, fill } = plan;

  test("whose end is purged before it gets there ends, and gives nothing written since", async () => {
    await leavingNothing(site, async (client, peer) => {
      await fill(client);
      const { store } = client;
      const witness = new Witness();
      /** Everything selected is deleted, and other aggregates are written. */
      const purge = async (): Promise<void> => {
        expect((await consumersOf(peer, store.name)).length > 0).toBe(consumer);
        for (const family of [CounterEvents, OtherEvents]) {
          await askApi(peer, `STREAM.PURGE.${store.name}`, {
            filter: `${store.name}.${family.name}.*`,
          });
          for (let i = 0; i < 10; i++) {
            const commit = { family, id: `later-${i}`, expect: "new", events: [counted("w", 1)] };
            await store.publish(commit as never);
          }
        }
      };
      const replay = async (): Promise<void> => {
        for await (const envelope of store.replay(selection)) {
          expect(envelope.id).not.toMatch(/later/);
          witness.take(envelope);
          if (witness.count === 5) await purge();
        }
      };
      const outcome = await within(
        "the replay",
        replay().catch((error: unknown) => error),
        10_000,
      );
      expect(witness.count).toBeGreaterThanOrEqual(5);
      expect(witness.count).toBeLessThan(count);
      // One aggregate read from its start is whole or an error; of several, what is left is read.
      if (plan !== alone) expect(outcome).toBeUndefined();
      else expect(outcome instanceof CorruptError || outcome instanceof TruncatedError).toBe(true);
    });
  });
});

describe.each(several)("a replay by $name", ({ selection, count, fill }) => {
  test("is whole when only its bound is gone", async () => {
    await leavingNothing(site, async (client, peer) => {
      await fill(client);
      const { store } = client;
      // An aggregate of its own at the end, so that nobody's run of revisions has a hole.
      const last = { family: CounterEvents, id: "last", expect: "new" } as const;
      await store.publish({ ...last, events: [counted("w", 1)] });
      const witness = new Witness();
      const replay = async (): Promise<void> => {
        for await (const envelope of store.replay(selection)) {
          witness.take(envelope);
          if (witness.count !== 5) continue;
          await askApi(peer, `STREAM.PURGE.${store.name}`, {
            filter: `${store.name}.Counter.last`,
          });
        }
      };
      await within("the replay", replay(), 10_000);
      expect(witness.count).toBe(count);
    });
  });
});

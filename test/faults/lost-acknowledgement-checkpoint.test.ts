import { BucketConflictError, defineProjection, kvCheckpoints, observe } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counted, CounterEvents } from "./counter.ts";
import { stored } from "./lose-answer.ts";
import { Site, storeName } from "./site.ts";
import { streamState } from "./stored-log.ts";
import { until } from "./until.ts";

const family = CounterEvents;
const id = "a";

describe.each([1, 3] as const)("buckets, when an acknowledgement is lost, %i node(s)", (nodes) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(nodes);
  });
  afterAll(() => site.close());

  test.concurrent("a conditional put that was stored is no conflict", async () => {
    const name = storeName();
    const other = await site.client(name);
    const { store, proxy } = await site.proxied(name);
    const stream = `KV_${name}-projections`;
    const revision = await store.projections.put("key", Buffer.from("one"), 0);
    proxy.holdOnceSent(`HPUB $KV.${name}-projections.`);
    const putting = store.projections.put("key", Buffer.from("two"), revision);
    putting.catch(() => undefined);
    await stored({ witness: other.connection, stream }, revision);
    proxy.drop();
    const second = await putting;
    expect(await store.projections.get("key", { fresh: "leader" })).toMatchObject({
      revision: second,
    });
    const rival = other.store.projections.put("key", Buffer.from("three"), revision);
    await expect(rival).rejects.toThrow(BucketConflictError);
    expect((await streamState(other.connection, stream)).messages).toBe(1);
  });

  test.concurrent("a projection goes on when the answer to its checkpoint is lost", async () => {
    const name = storeName();
    const other = await site.client(name);
    const { store, proxy } = await site.proxied(name);
    const handled: number[] = [];
    const projection = defineProjection({
      name: "list",
      events: CounterEvents,
      project: ({ event }) => void handled.push(event.step),
    });
    const { head } = await other.store.publish({
      family,
      id,
      expect: "new",
      events: [counted("w", 1)],
    });
    const running = observe(store, projection, { checkpoints: kvCheckpoints(store) });
    await running.reached(head.sequence);
    const stream = `KV_${name}-projections`;
    await until("the first checkpoint", async () => store.projections.get("checkpoint.list.1"));
    const { last_seq: before } = await streamState(other.connection, stream);
    proxy.holdOnceSent(`HPUB $KV.${name}-projections.checkpoint.`);
    await other.store.publish({ family, id, expect: head, events: [counted("w", 2)] });
    await stored({ witness: other.connection, stream }, before);
    proxy.drop();
    const { last_seq: after } = await streamState(other.connection, stream);
    for (let step = 3; step <= 5; step++) {
      const at = await other.store.publish({
        family,
        id,
        expect: "any",
        events: [counted("w", step)],
      });
      await running.reached(at.head.sequence, { timeoutMs: 15_000 });
    }
    // Whatever became of the save that was lost, the next one must be able to follow it.
    await stored({ witness: other.connection, stream }, after);
    await running.stop();
    expect(running.error).toBeUndefined();
    expect(running.state).toBe("stopped");
    expect(handled).toEqual([1, 2, 3, 4, 5]);
  });
});

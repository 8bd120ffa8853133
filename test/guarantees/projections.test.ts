import {
  StreamChangedError,
  defineProjection,
  NotRunningError,
  observe,
  SecondRunnerError,
  TimeoutError,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counted, CounterEvents as family, NoiseEvents } from "../faults/counter.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";
import { storedPosition } from "../projections/stored-position.ts";
import { count, Model, start } from "./list-model.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

describe.concurrent("a projection with checkpoints in the store", () => {
  test("resumes in another process after its last commit: no gap, no repeat", async () => {
    const name = storeName();
    const model = new Model();
    const expected: string[] = [];
    for (let life = 0; life < 4; life++) {
      const client = await site.client(name);
      const running = start(client.store, model);
      for (let i = 0; i < 5; i++) {
        const sequence = await count(client.store);
        expected.push(`a:${expected.length + 1}`);
        if (i === 3) await running.reached(sequence);
      }
      await running.stop();
      expect(running).toHaveProperty("state", "stopped");
      await client.store.close();
      await client.connection.close();
    }
    const client = await site.client(name);
    const running = start(client.store, model);
    await running.caughtUp();
    expect(await running.lag()).toEqual({ commits: 0, ms: 0 });
    await running.stop();
    expect(model.seen).toEqual(expected);
  });

  test("after a crash repeats at most what it handled since its last checkpoint", async () => {
    const name = storeName();
    const model = new Model();
    const crashed = await site.client(name);
    const running = start(crashed.store, model);
    for (let i = 0; i < 10; i++) await count(crashed.store);
    await running.caughtUp();
    const last = await count(crashed.store);
    await running.reached(last);
    await until(
      "its checkpoint",
      async () => (await storedPosition(crashed.store, "list")) >= last,
    );
    // A commit handled, and the process gone before its checkpoint.
    await running.reached(await count(crashed.store));
    await crashed.connection.close();
    const next = await site.client(name);
    const again = start(next.store, model);
    await again.caughtUp();
    await again.stop();
    const [head, tail] = [model.seen.slice(0, 12), model.seen.slice(12)];
    expect(head).toEqual(Array.from({ length: 12 }, (_, i) => `a:${i + 1}`));
    expect([[], ["a:12"]]).toContainEqual(tail);
  });

  test("a handler that throws stops it, and the next run begins with the same commit", async () => {
    const client = await site.client(storeName());
    const model = new Model();
    await count(client.store);
    const running = start(client.store, model);
    await running.caughtUp();
    model.failing = new Error("disk full");
    const sequence = await count(client.store);
    await expect(within("the end", running.done)).rejects.toThrow("disk full");
    expect(running).toHaveProperty("state", "failed");
    await expect(running.reached(sequence)).rejects.toThrow(NotRunningError);
    model.failing = undefined;
    const again = start(client.store, model);
    await again.reached(sequence);
    await again.stop();
    expect(model.seen).toEqual(["a:1", "a:2"]);
  });

  test("a checkpoint of another store is refused", async () => {
    const first = await site.client(storeName());
    const model = new Model();
    await count(first.store);
    const running = start(first.store, model);
    await running.caughtUp();
    await running.stop();
    const other = await site.client(storeName());
    await count(other.store);
    const entry = await first.store.projections.get("checkpoint.list.1");
    await other.store.projections.put("checkpoint.list.1", entry!.value);
    const wrong = start(other.store, model);
    await expect(within("the end", wrong.done)).rejects.toThrow(StreamChangedError);
    await expect(wrong.done).rejects.toThrow(/checkpoint is of store/);
    expect(model.seen).toEqual(["a:1"]);
  });

  test("a stream that was rewound is refused, shorter or grown again", async () => {
    const client = await site.client(storeName());
    const { connection, store } = client;
    const model = new Model();
    for (let i = 0; i < 5; i++) await count(store);
    const running = start(client.store, model);
    await running.caughtUp();
    await running.stop();
    interface Info {
      readonly config: object;
    }
    const { config } = await askApi<Info>(connection, `STREAM.INFO.${store.name}`);
    await askApi(connection, `STREAM.DELETE.${store.name}`);
    await askApi(connection, `STREAM.CREATE.${store.name}`, config);
    await store.snapshots.remove("Counter.a.1");
    // A store that knows what was there is refused; this one does not.
    const later = await site.open(connection, store.name);
    for (const grown of [3, 7]) {
      for (let i = (await later.end(family)) + 1; i <= grown; i++) await count(later);
      const after = start(later, model);
      await expect(within("the end", after.done)).rejects.toThrow(StreamChangedError);
      await expect(after.done).rejects.toThrow(/rewound/);
    }
    expect(model.seen).toHaveLength(5);
  });

  test("a second process that runs it is noticed: one of the two fails with a SecondRunnerError", async () => {
    const name = storeName();
    const clients = [await site.client(name), await site.client(name)] as const;
    const models = [new Model(), new Model()] as const;
    const runs = [start(clients[0].store, models[0]), start(clients[1].store, models[1])];
    let ends = 0;
    const errors: unknown[] = [];
    for (const run of runs)
      run.done.then(
        () => ends++,
        (error: unknown) => errors.push(error),
      );
    await until("one to fail", async () => {
      await count(clients[0].store);
      return errors.length > 0;
    });
    expect(errors[0]).toBeInstanceOf(SecondRunnerError);
    expect(ends).toBe(0);
    await Promise.all(runs.map((run) => run.stop()));
    expect(errors).toHaveLength(1);
  });
});

describe.concurrent("reading one's own writes", () => {
  test("reached() waits for the commit, also when it is of another family", async () => {
    const { store } = await site.client(storeName());
    const model = new Model();
    const running = observe(store, model.projection());
    for (let i = 1; i <= 20; i++) {
      await running.reached(await count(store));
      expect(model.seen).toHaveLength(i);
    }
    const noise = {
      family: NoiseEvents,
      id: "n",
      expect: "any",
      events: [counted("w", 1)],
    } as const;
    const { head } = await store.publish(noise);
    await running.reached(head.sequence);
    await running.caughtUp();
    expect(await running.lag()).toEqual({ commits: 0, ms: 0 });
    expect(running.state).toBe("live");
    const never = running.reached(head.sequence + 1_000, { timeoutMs: 50 });
    await expect(never).rejects.toThrow(/nothing is stored there/);
    await running.stop();
  });

  test("lag() counts down, and reached() times out as a TimeoutError", async () => {
    const { store } = await site.client(storeName());
    let open: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const slow = defineProjection({ name: "slow", events: family, project: () => gate });
    for (let i = 0; i < 10; i++) await count(store);
    const running = observe(store, slow);
    expect((await running.lag()).commits).toBe(10);
    await expect(running.reached(10, { timeoutMs: 50 })).rejects.toThrow(TimeoutError);
    const stopping = new AbortController();
    const aborted = running.reached(10, { signal: stopping.signal });
    stopping.abort(new Error("enough"));
    await expect(aborted).rejects.toThrow("enough");
    open?.();
    await running.caughtUp();
    expect(await running.lag()).toEqual({ commits: 0, ms: 0 });
    await running.stop();
    await expect(running.reached(10)).resolves.toBeUndefined();
    await expect(running.reached(11)).rejects.toThrow(/stopped at 10/);
    const last = await count(store);
    await expect(running.reached(last)).rejects.toThrow(NotRunningError);
  });
});

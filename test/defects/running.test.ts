import {
  defineProjection,
  kvCheckpoints,
  newRoot,
  observe,
  type Running,
  snapshotAndTruncate,
  NotRunningError,
  write,
} from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";
import { Account, AccountEvents, deposited, fill, opened } from "./account.ts";
import { labels, recorder } from "./recorder.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

test("defect 9: a reader slower than its events is given each once and in order", async () => {
  const { connection, store } = await site.client(storeName());
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const { projection, seen } = recorder({ name: "list", events: AccountEvents }, () => released);
  const running = observe(store, projection);
  await until("the projection to be live", () => running.state === "live");
  // More than the 1,000 at which a consumer that waits for acknowledgements stalls by default.
  const ids = Array.from({ length: 1_500 }, (_, i) => `a${i}`);
  for (const id of ids)
    void store.publish({ family: AccountEvents, id, expect: "new", events: [opened(id)] });
  await until("all to be stored", async () => (await store.end(AccountEvents)) === ids.length);
  const call = `CONSUMER.LIST.${store.name}`;
  const { consumers } = await askApi<{ readonly consumers: object[] }>(connection, call);
  expect(consumers).toHaveLength(1);
  expect(consumers[0]).toMatchObject({
    config: { ack_policy: "none" },
    num_ack_pending: 0,
    num_redelivered: 0,
  });
  release();
  await running.reached(ids.length);
  await running.stop();
  const order = await gather(store.replay(AccountEvents));
  expect(seen).toEqual(order.map(({ id }) => `Account.${id}#1`));
});

test("defect 10: a handler that throws fails loudly, and the next observe begins with its event", async () => {
  const { store } = await site.client(storeName());
  const checkpoints = kvCheckpoints(store);
  const broken = new Error("the database is away");
  let failing = true;
  const { projection, seen } = recorder({ name: "list", events: AccountEvents }, (label) => {
    if (failing && label === "Account.ada#2") throw broken;
  });
  const { head } = await fill(store, "ada", 4);
  const failed = observe(store, projection, { checkpoints });
  await expect(failed.done).rejects.toBe(broken);
  expect(failed).toMatchObject({ state: "failed", error: broken, handled: 1 });
  const waiting = failed.reached(head.sequence);
  await expect(waiting).rejects.toThrow(NotRunningError);
  await expect(waiting).rejects.toMatchObject({ cause: broken });
  expect(seen).toEqual(["Account.ada#1"]);
  failing = false;
  const again = observe(store, projection, { checkpoints });
  await again.reached(head.sequence);
  await again.stop();
  expect(seen).toEqual(labels("Account", "ada", 1, 4));
});

test("defect 10: a projection that fails between what a cut left and its base is given the base", async () => {
  const { store } = await site.client(storeName());
  const checkpoints = kvCheckpoints(store);
  const written = await fill(store, "ada", 5);
  await fill(store, "bob", 1);
  const keepFrom = written.head.sequence - 1;
  const { root } = await snapshotAndTruncate(store, Account, written, { keepFrom });
  const { head } = await write(store, Account, root, [deposited(5)]);
  const bases: string[] = [];
  const projectBase = ({ id }: { readonly id: string }): void => void bases.push(id);
  let failing = true;
  const definition = { name: "list", events: AccountEvents, projectBase };
  const { projection, seen } = recorder(definition, (label) => {
    if (failing && label === "Account.bob#1") throw new Error("the database is away");
  });
  const failed = observe(store, projection, { checkpoints });
  await expect(failed.done).rejects.toThrow("the database is away");
  failing = false;
  const again = observe(store, projection, { checkpoints });
  await again.reached(head.sequence);
  await again.stop();
  expect(bases).toEqual(["ada"]);
  expect(seen).toEqual(["Account.bob#1", "Account.ada#6"]);
});

test("defect 10: a cut connection and a crash of the server end no projection", async () => {
  const name = storeName();
  const { store } = await site.client(name);
  const reader = await site.proxied(name);
  const { projection, seen } = recorder({ name: "list", events: AccountEvents });
  const running = observe(reader.store, projection);
  const first = await fill(store, "ada", 2);
  await running.reached(first.head.sequence);
  reader.proxy.cut();
  const second = await write(store, Account, first, [deposited(2)]);
  await running.reached(second.head.sequence);
  await site.server.kill();
  await site.server.restart();
  const third = await write(store, Account, second, [deposited(3)]);
  await running.reached(third.head.sequence);
  expect(running).toMatchObject({ state: "live", error: undefined });
  await running.stop();
  expect(seen).toEqual(labels("Account", "ada", 1, 4));
});

test("defect 31: one store serves many writers and readers at once", async () => {
  const { store } = await site.client(storeName());
  const { projection, seen } = recorder({ name: "list", events: AccountEvents });
  const runs: Running[] = [observe(store, projection), observe(store, projection)];
  const ids = Array.from({ length: 20 }, (_, i) => `a${i}`);
  const roots = await Promise.all(ids.map((id) => fill(store, id, 3)));
  const end = Math.max(...roots.map(({ head }) => head.sequence));
  await Promise.all(runs.map((run) => run.reached(end)));
  await Promise.all(runs.map((run) => run.stop()));
  const expected = ids.flatMap((id) => labels("Account", id, 1, 3));
  expect(seen.toSorted()).toEqual([...expected, ...expected].toSorted());
});

test("defect 31: a projection starts at once, tells how far it is, and stops when told", async () => {
  const { store } = await site.client(storeName());
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const handled: number[] = [];
  const projection = defineProjection({
    name: "list",
    events: AccountEvents,
    async project({ sequence }) {
      if (sequence === 2) await released;
      handled.push(sequence);
    },
  });
  const { head } = await fill(store, "ada", 3);
  const running = observe(store, projection);
  expect(running).toMatchObject({ state: "catching-up", handled: 0, position: 0 });
  await running.reached(1);
  expect([running.position, (await running.lag()).commits]).toEqual([1, head.sequence - 1]);
  release();
  await running.caughtUp();
  await until("it to be live", () => running.state === "live");
  expect([running.position, (await running.lag()).commits, running.handled]).toEqual([3, 0, 3]);
  await running.stop();
  expect(running.state).toBe("stopped");
  const { head: later } = await write(store, Account, newRoot(Account, "bob"), [opened("bob")]);
  await expect(running.reached(later.sequence)).rejects.toThrow(NotRunningError);
  expect(handled).toEqual([1, 2, 3]);
});

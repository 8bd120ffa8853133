import {
  forgetProjection,
  kvCheckpoints,
  memoryCheckpoints,
  observe,
  type Publish,
  rebuild,
  type Root,
  write,
} from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until } from "../faults/until.ts";
import {
  Account,
  AccountEvents,
  type AccountState,
  CustomerEvents,
  deposited,
  fill,
} from "./account.ts";
import { labels, recorder } from "./recorder.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

async function rename(store: Publish, name: string): Promise<void> {
  const events = [{ type: "Renamed", name }] as const;
  await store.publish({ family: CustomerEvents, id: "ada", expect: "any", events });
}

test("defect 6: nothing stored before, between and after a rebuild and its observe is lost", async () => {
  const { store } = await site.client(storeName());
  let root = await fill(store, "ada", 20);
  let writing = true;
  const writer = (async (): Promise<Root<AccountState>> => {
    while (writing) root = await write(store, Account, root, [deposited(1)]);
    return root;
  })();
  const { projection, seen } = recorder({ name: "list", events: AccountEvents });
  const { sequence } = await rebuild(store, projection);
  await until("a commit between the two", () => root.head.sequence > sequence);
  const running = observe(store, projection, { after: sequence });
  await until("the projection to be live", () => running.state === "live");
  writing = false;
  const { head } = await writer;
  await running.reached(head.sequence);
  await running.stop();
  expect(seen).toEqual(labels("Account", "ada", 1, head.revision));
});

test("defect 6: a projection that is only observed begins with history", async () => {
  const { store } = await site.client(storeName());
  const { head } = await fill(store, "ada", 3);
  const { projection, seen } = recorder({ name: "list", events: AccountEvents });
  const running = observe(store, projection);
  await running.reached(head.sequence);
  await running.stop();
  expect(seen).toEqual(labels("Account", "ada", 1, 3));
});

test("defect 7: the event at a rebuild's end, or at a checkpoint, is not handled again", async () => {
  const { store } = await site.client(storeName());
  const { projection, seen } = recorder({ name: "list", events: AccountEvents });
  const checkpoints = memoryCheckpoints();
  let root = await fill(store, "ada", 3);
  const { sequence } = await rebuild(store, projection);
  expect(sequence).toBe(root.head.sequence);
  for (let run = 0; run < 3; run++) {
    const running = observe(store, projection, { after: sequence, checkpoints });
    root = await write(store, Account, root, [deposited(1)]);
    await running.reached(root.head.sequence);
    await running.stop();
  }
  expect(seen).toEqual(labels("Account", "ada", 1, 6));
  expect(await gather(store.replay(AccountEvents, { after: root.head.sequence }))).toEqual([]);
});

test("defect 8: a projection that is new is given everything that was stored before it", async () => {
  const { store } = await site.client(storeName());
  const checkpoints = kvCheckpoints(store);
  const { head } = await fill(store, "ada", 3);
  for (const version of [1, 2]) {
    const { projection, seen } = recorder({ name: "list", version, events: AccountEvents });
    const running = observe(store, projection, { checkpoints });
    await running.reached(head.sequence);
    await running.stop();
    expect(seen).toEqual(labels("Account", "ada", 1, 3));
  }
});

test("defect 8: a selection that grew is refused until its version is raised", async () => {
  const { store } = await site.client(storeName());
  const checkpoints = kvCheckpoints(store);
  await rename(store, "Ada");
  const { head } = await fill(store, "ada", 2);
  const narrow = recorder({ name: "list", events: AccountEvents });
  const first = observe(store, narrow.projection, { checkpoints });
  await first.reached(head.sequence);
  await first.stop();
  const events = [AccountEvents, CustomerEvents] as const;
  const unraised = recorder({ name: "list", events });
  const refused = observe(store, unraised.projection, { checkpoints });
  await expect(refused.done).rejects.toThrow(/now selects Customer.*raise its version/);
  const raised = recorder({ name: "list", version: 2, events });
  const second = observe(store, raised.projection, { checkpoints });
  await second.reached(head.sequence);
  await second.stop();
  expect(unraised.seen).toEqual([]);
  expect(raised.seen).toEqual(["Customer.ada#1", ...labels("Account", "ada", 1, 2)]);
});

test("defect 8: a selection that shrank misses nothing, and nothing is left on the server", async () => {
  const { connection, store } = await site.client(storeName());
  const checkpoints = kvCheckpoints(store);
  const call = `CONSUMER.LIST.${store.name}`;
  const consumers = async (): Promise<number> =>
    (await askApi<{ readonly total: number }>(connection, call)).total;
  const wide = recorder({ name: "list", events: [AccountEvents, CustomerEvents] });
  const first = observe(store, wide.projection, { checkpoints });
  const root = await fill(store, "ada", 2);
  await first.reached(root.head.sequence);
  await until("its consumer", async () => (await consumers()) === 1);
  await first.stop();
  await rename(store, "Ada");
  const { head } = await write(store, Account, root, [deposited(1)]);
  const narrow = recorder({ name: "list", events: AccountEvents });
  const second = observe(store, narrow.projection, { checkpoints });
  await second.reached(head.sequence);
  await second.stop();
  expect(narrow.seen).toEqual(["Account.ada#3"]);
  expect(await consumers()).toBe(0);
  expect(await gather(store.projections.keys())).not.toEqual([]);
  await forgetProjection(store, "list");
  // What is removed leaves a marker, which goes after a second.
  await until("no key", async () => (await gather(store.projections.keys())).length === 0);
});

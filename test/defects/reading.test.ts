import { find, type NewCommit, NotFoundError, observe, PoisonError, read } from "jetfold";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather } from "../../src/testing/contract/gather.ts";
import { Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";
import {
  Account,
  type AccountEvent,
  AccountEvents,
  CustomerEvents,
  deposited,
  fill,
  opened,
} from "./account.ts";
import { labelOf, labels, recorder } from "./recorder.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

test("defect 11: a foreign message fails readers that do not skip it, and no others", async () => {
  const { connection, store } = await site.client(storeName());
  await fill(store, "ada", 1);
  await connection.request(`${store.name}.Account.eve`, "no commit at all");
  await fill(store, "bob", 1);
  const strict = gather(store.replay(AccountEvents));
  const place = { kind: "commit", family: "Account", id: "eve", sequence: 2 };
  const at = { code: "poison", sequence: 2, at: place };
  await expect(strict).rejects.toMatchObject(at);
  const errors: unknown[] = [];
  const poison = (error: unknown): "skip" => {
    errors.push(error);
    return "skip";
  };
  const skipping = await gather(store.replay(AccountEvents, { poison }));
  expect(skipping.map(labelOf)).toEqual(["Account.ada#1", "Account.bob#1"]);
  expect(errors).toEqual([expect.objectContaining(at)]);
  expect((await read(store, Account, "bob")).state.owner).toBe("bob");
  await expect(read(store, Account, "eve")).rejects.toThrow(PoisonError);
});

test("defect 11: a foreign message stops strict projections visibly, and others go on", async () => {
  const { connection, store } = await site.client(storeName());
  const strict = recorder({ name: "strict", events: AccountEvents });
  const lenient = recorder({ name: "lenient", events: AccountEvents, poison: "skip" });
  const elsewhere = recorder({ name: "elsewhere", events: CustomerEvents });
  const failing = observe(store, strict.projection);
  const going = observe(store, lenient.projection);
  const apart = observe(store, elsewhere.projection);
  await going.reached((await fill(store, "ada", 1)).head.sequence);
  await connection.request(`${store.name}.Account.eve`, "no commit at all");
  await expect(failing.done).rejects.toThrow(PoisonError);
  expect(failing).toMatchObject({
    state: "failed",
    error: { at: { family: "Account", id: "eve" } },
  });
  const root = await fill(store, "bob", 2);
  const events = [{ type: "Renamed", name: "Bob" }] as const;
  const renamed = await store.publish({ family: CustomerEvents, id: "bob", expect: "new", events });
  await going.reached(root.head.sequence);
  await apart.reached(renamed.head.sequence);
  expect([going.state, apart.state]).toEqual(["live", "live"]);
  expect(lenient.seen).toEqual(["Account.ada#1", ...labels("Account", "bob", 1, 2)]);
  expect(elsewhere.seen).toEqual(["Customer.bob#1"]);
  expect(strict.seen).toEqual(["Account.ada#1"]);
  await Promise.all([going.stop(), apart.stop()]);
});

test("defect 14: a replay ends where it began to, whatever is stored and purged meanwhile", async () => {
  const { store } = await site.client(storeName());
  // More than two pages of 1,000, so that most is asked for after the changes.
  const commits = Array.from({ length: 2_500 }, (_, i) => store.publish(accountOf(i)));
  await Promise.all(commits);
  const last = await fill(store, "purged", 5);
  const end = await store.end(AccountEvents);
  expect(end).toBe(2_505);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { sequence } of store.replay(AccountEvents)) {
      if (seen.push(sequence) > 1) continue;
      await store.truncate(AccountEvents, "purged", last.head.sequence);
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.publish(accountOf(3_000 + i))));
    }
  })();
  await within("the replay's end", reading);
  expect(seen).toEqual([...Array.from({ length: 2_500 }, (_, i) => i + 1), end]);
});

function accountOf(i: number): NewCommit<AccountEvent> {
  return { family: AccountEvents, id: `a${i}`, expect: "new", events: [deposited(i)] };
}

test("defect 17: an aggregate that does not exist is told from one without events", async () => {
  const { store } = await site.client(storeName());
  await expect(read(store, Account, "nobody")).rejects.toThrow(NotFoundError);
  expect(await find(store, Account, "nobody")).toBeUndefined();
  await store.publish({ family: AccountEvents, id: "empty", expect: "new", events: [] });
  const root = await read(store, Account, "empty");
  expect(root.state).toEqual(Account.initial());
  expect(root.head).toMatchObject({ sequence: 1, revision: 0 });
});

test("defect 30: no read makes a consumer on the server, and a projection's goes with it", async () => {
  const { connection, store } = await site.client(storeName());
  const root = await fill(store, "ada", 5);
  let created = 0;
  const advisories = `$JS.EVENT.ADVISORY.CONSUMER.CREATED.${store.name}.>`;
  connection.subscribe(advisories, { callback: () => void created++ });
  await connection.flush();
  for (let i = 0; i < 3; i++) await read(store, Account, "ada");
  await read(store, Account, "ada", { until: root.head.sequence - 1, fresh: "leader" });
  await gather(store.replay(AccountEvents));
  for await (const _ of store.replay([AccountEvents, CustomerEvents.of("x")])) break;
  await gather(store.ids(AccountEvents));
  await store.at(AccountEvents, 1);
  // The advisory of this one comes after those that must not have come.
  const running = observe(store, recorder({ name: "list", events: AccountEvents }).projection);
  await until("the projection's consumer", () => created > 0);
  expect(created).toBe(1);
  await running.stop();
  const info = await askApi<{ readonly state: object }>(connection, `STREAM.INFO.${store.name}`);
  expect(info.state).toMatchObject({ consumer_count: 0 });
});

test("defect 36: envelopes may be kept, sorted, decoded later and handed to a worker", async () => {
  const { store } = await site.client(storeName());
  await fill(store, "ada", 20);
  const kept = await gather(store.replay(AccountEvents));
  await gather(store.replay(AccountEvents));
  await store.close();
  const newest = kept.toSorted((a, b) => b.revision - a.revision);
  const events = newest.map(({ event }) => event);
  expect(events.at(-1)).toEqual(opened("ada"));
  expect(events.slice(0, -1)).toEqual(Array.from({ length: 19 }, (_, i) => deposited(19 - i)));
  const echo = `const { parentPort, workerData } = require("node:worker_threads");
    parentPort.postMessage(workerData);`;
  const workerData = kept.map(({ event, body, revision }) => ({ event, body, revision }));
  const worker = new Worker(echo, { eval: true, workerData });
  const echoed = await within(
    "the worker's answer",
    new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject)),
  );
  expect(echoed).toEqual(
    workerData.map(({ body, ...rest }) => ({ ...rest, body: new Uint8Array(body) })),
  );
});

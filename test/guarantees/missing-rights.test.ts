import type { NatsConnection } from "@nats-io/transport-node";
import { ConfigError, execute, read, snapshotAndTruncate } from "jetfold";
import { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, counted, CounterEvents, OtherEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { Site } from "../faults/site.ts";
import { within } from "../faults/until.ts";

/** What somebody who opens, reads, replays and subscribes must be allowed to publish on. */
const needed = [
  "$JS.API.STREAM.INFO.cafe",
  "$JS.API.STREAM.INFO.KV_cafe-snapshots",
  "$JS.API.STREAM.INFO.KV_cafe-projections",
  "$JS.API.STREAM.MSG.GET.cafe",
  "$JS.API.DIRECT.GET.cafe",
  "$JS.API.DIRECT.GET.cafe.cafe.>",
  "$JS.API.CONSUMER.CREATE.cafe.>",
  "$JS.FC.cafe.>",
];

/** What only makes it better: without them reads are slower, and consumers die 10 s later. */
const useful = [
  "$JS.API.DIRECT.GET.KV_cafe-snapshots.>",
  "$JS.API.STREAM.MSG.GET.KV_cafe-snapshots",
  "$JS.API.CONSUMER.DELETE.cafe.*",
];

/** A user of each right that it lacks. */
const users = [...needed, ...useful].map((lacking, i) => ({
  name: `user-${i}`,
  lacking,
  publish: [...needed, ...useful].filter((right) => right !== lacking),
}));
const userWithout = (right: string): string => users.find((user) => user.lacking === right)!.name;
const reader = { name: "reader", publish: [...needed, ...useful] };

function authorization(): string {
  const lines = [reader, ...users].map(
    ({ name, publish }) => `{ user: ${name}, password: p, permissions: {
      publish: ${JSON.stringify(publish)}, subscribe: ["_INBOX_${name}.>"] } }`,
  );
  return `authorization { users: [ { user: admin, password: p }, ${lines.join(", ")} ] }`;
}

let site: Site;
let admin: NatsStore;
beforeAll(async () => {
  site = await Site.start(1, authorization());
  admin = await open("admin");
  await fill(admin, several(CounterEvents, 10), 100);
  await fill(admin, several(OtherEvents, 1), 1);
});
afterAll(() => site.close());

async function connect(user: string): Promise<NatsConnection> {
  return site.connect({ user, pass: "p", inboxPrefix: `_INBOX_${user}` });
}

async function open(user: string): Promise<NatsStore> {
  const create = user === "admin";
  const options = { name: "cafe", create, onWarning: () => undefined };
  return NatsStore.open(await connect(user), options);
}

/** All that a reader does, with so much live that the server asks for flow control. */
async function readAll(user: string): Promise<void> {
  const store = await open(user);
  await read(store, Counter, "Counter-0");
  for await (const _ of store.replay([CounterEvents, OtherEvents]));
  const ids = Array.from({ length: 10 }, (_, i) => `${user}-${i}`);
  const stopping = new AbortController();
  const { signal } = stopping;
  let left = 2_000;
  const after = await store.end(CounterEvents);
  const follow = async (): Promise<void> => {
    for await (const _ of store.subscribe(CounterEvents, { after, signal })) {
      if (--left === 0) break;
    }
  };
  const following = follow();
  const wide = "wide".repeat(1_000);
  const writing = ids.map(async (id) => {
    for (let step = 1; step <= 200; step++) {
      const events = [counted(wide, step)];
      await admin.publish({ family: CounterEvents, id, expect: "any", events });
    }
  });
  try {
    await Promise.all([following, ...writing]);
  } finally {
    stopping.abort();
    await Promise.allSettled(writing);
    await store.close();
  }
}

describe("a reader", () => {
  test("with these rights reads, replays and subscribes", async () => {
    await within("reading", readAll("reader"));
  });

  // Up to 2.12.9 and 2.14.0 a server takes this bound for none, and would delete all.
  test("asks no server to delete what is before sequence 1", async () => {
    const store = await open("reader");
    expect(await store.truncate(CounterEvents, "Counter-0", 1)).toBe(0);
    await expect(store.truncate(CounterEvents, "Counter-0", 2)).rejects.toThrow(ConfigError);
    await store.close();
  });

  test.each(useful)("without %s does so too", async (right) => {
    await within("reading", readAll(userWithout(right)));
  });

  test.each(needed)("without %s is told so", async (right) => {
    const reading = within("the error", readAll(userWithout(right)), 20_000);
    const error: unknown = await reading.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    const [stem] = right.split(/\.[*>]/);
    expect((error as Error).message).toContain(stem);
  });

  test("may not write, truncate or make a store, and nothing is changed", async () => {
    const before = await admin.end([CounterEvents, OtherEvents]);
    const store = await open("reader");
    const counting = execute(store, Counter, "a", { by: "w", step: 1 });
    await expect(counting).rejects.toThrow(ConfigError);
    const root = await read(store, Counter, "Counter-0");
    await expect(snapshotAndTruncate(store, Counter, root)).rejects.toThrow(ConfigError);
    await expect(store.truncate(CounterEvents, root.id, 2)).rejects.toThrow(ConfigError);
    const other = { name: "other", onWarning: () => undefined };
    await expect(NatsStore.open(await connect("reader"), other)).rejects.toThrow(ConfigError);
    expect(await admin.end([CounterEvents, OtherEvents])).toBe(before);
  });
});

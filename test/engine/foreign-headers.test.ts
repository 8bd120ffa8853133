import type { MsgHdrs } from "@nats-io/transport-node";
import {
  defineProjection,
  execute,
  observe,
  PoisonError,
  read,
  snapshotAndTruncate,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, CounterEvents, NoiseEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { within } from "../faults/until.ts";
import { gatherAll } from "./gather-all.ts";
import { writeMany } from "./large-store.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

const leader = { fresh: "leader" } as const;

/** Header blocks that a publisher may have stored: the server takes any bytes. */
const blocks = [
  "AAAAAAAA 500 x\r\nB: c\r\n\r\n",
  "AAAAAAAA 404 x\r\nB: c\r\n\r\n",
  "AAAAAAAA 204 x\r\nNats-Num-Pending: 0\r\nNats-Last-Sequence: 0\r\n\r\n",
  "AAAAAAAA 408 x\r\nB: c\r\n\r\n",
  "NATS/1.0 503\r\n\r\n",
  "NATS/1.0 503 x\n\n",
  "NATS/1.0 404 Message Not Found",
  "NATS/1.0 100 Idle Heartbeat\r\nNats-Last-Consumer: 9\r\n\r\n",
  "NATS/1.0\r\nnocolon\r\n\r\n",
  "NATS/1.0\r\nNats-Stream: other\r\nNats-Subject: a.b.c\r\nNats-Sequence: 1\r\nNats-Last-Sequence: 1\r\n\r\n",
  "XX",
  "\r\n\r\n",
] as const;

/** Publish with these bytes as the header block. */
async function putWith(
  { connection, store }: Client,
  block: string,
  id: string,
  payload: Uint8Array | string,
): Promise<number> {
  const encode = (): Uint8Array => Buffer.from(block, "latin1");
  const headers = { encode } as Partial<MsgHdrs> as MsgHdrs;
  const reply = await connection.request(`${store.name}.Counter.${id}`, payload, {
    headers,
    timeout: 5_000,
  });
  return reply.json<{ readonly seq: number }>().seq;
}

/** The bytes of an aggregate's commits, oldest first. */
async function payloadsOf({ connection, store }: Client, id: string): Promise<Uint8Array[]> {
  interface Answer {
    readonly message: { readonly data: string };
  }
  const commits = await gatherAll(store.replay(CounterEvents.of(id)).commits());
  return Promise.all(
    commits.map(async ({ sequence }) => {
      const call = `STREAM.MSG.GET.${store.name}`;
      const { message } = await askApi<Answer>(connection, call, { seq: sequence });
      return Buffer.from(message.data, "base64");
    }),
  );
}

/** How a projection over the family fares, that skips what is no commit. */
async function projected({ store }: Client): Promise<number> {
  const seen: number[] = [];
  const projection = defineProjection({
    name: "all",
    events: CounterEvents,
    poison: "skip",
    project: ({ sequence }) => void seen.push(sequence),
  });
  const running = observe(store, projection);
  await running.caughtUp({ timeoutMs: 10_000 });
  await running.stop();
  return seen.length;
}

describe.concurrent.each([
  ["that holds no commit", "junk"],
  ["that is empty", ""],
] as const)("a message %s", (_, payload) => {
  test.each(blocks)(
    "and has the header block %j is poison where it lies, and nowhere else",
    async (block) => {
      const client = await site.client(storeName());
      const { store } = client;
      await fill(store, several(CounterEvents, 3), 30);
      const sequence = await putWith(client, block, "evil", payload);
      await fill(store, [{ family: CounterEvents, id: "later" }], 3);
      const skipping = gatherAll(store.replay(CounterEvents, { poison: "skip" }));
      expect(await within("a replay", skipping)).toHaveLength(33);
      const failing = within("a replay", gatherAll(store.replay(CounterEvents)));
      await expect(failing).rejects.toMatchObject({ name: "PoisonError", sequence });
      for (const options of [{}, leader]) {
        const reading = within("a read", read(store, Counter, "evil", options));
        await expect(reading).rejects.toBeInstanceOf(PoisonError);
        const last = within("the last", store.last(CounterEvents, "evil", options));
        await expect(last).rejects.toMatchObject({ name: "PoisonError", sequence });
      }
      expect(await store.count(CounterEvents, 0)).toBe(34);
      expect(await store.count(CounterEvents, sequence - 1)).toBe(4);
      expect(await projected(client)).toBe(33);
      const done = await execute(store, Counter, "Counter-0", { by: "x", step: 11 });
      expect(done.state.count).toBe(11);
    },
  );
});

test.concurrent.each(blocks)(
  "a commit that is stored with the header block %j is read like any other",
  async (block) => {
    const from = await site.client(storeName());
    await fill(from.store, [{ family: CounterEvents, id: "a" }], 40);
    const to = await site.client(storeName());
    for (const payload of await payloadsOf(from, "a")) await putWith(to, block, "a", payload);
    const { store } = to;
    store.roots.delete("Counter.a");
    const state = { count: 40, last: "a:40" };
    expect((await within("a load", read(store, Counter, "a"))).state).toEqual(state);
    expect(await gatherAll(store.replay(CounterEvents))).toHaveLength(40);
    const last = (await store.last(CounterEvents, "a"))!;
    const times = gatherAll(store.history(last, { after: 0, times: true }));
    expect((await within("a history", times)).every(({ timeMs }) => timeMs > 0)).toBe(true);
    expect(await projected(to)).toBe(40);
    const done = await execute(store, Counter, "a", { by: "a", step: 41 });
    const { root } = await snapshotAndTruncate(store, Counter, done);
    store.roots.delete("Counter.a");
    expect((await read(store, Counter, "a")).state).toEqual(root.state);
  },
);

test("a consumer's delivery of such messages is read on", async () => {
  const client = await site.client(storeName());
  const { store } = client;
  await writeMany(store, { family: NoiseEvents, aggregates: 100, commits: 20, bytes: 10 });
  await writeMany(store, { family: CounterEvents, aggregates: 100, commits: 20, bytes: 10 });
  for (const block of blocks) await putWith(client, block, "evil", "");
  await fill(store, [{ family: CounterEvents, id: "later" }], 3);
  const events = gatherAll(store.replay(CounterEvents, { poison: "skip" }));
  expect(await within("a replay", events)).toHaveLength(2_003);
});

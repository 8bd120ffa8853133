import { execute, read } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, CounterEvents, NoiseEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { consumersOf } from "../faults/follower.ts";
import { cycles } from "../faults/long.ts";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import type { TcpProxy } from "../faults/tcp-proxy.ts";
import { until, within } from "../faults/until.ts";
import { holdingsOf, leavingNothing } from "./holdings.ts";
import { plans } from "./plans.ts";
import { Witness } from "./witness.ts";

const aggregates = 20;
const commits = 40;

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** A store whose loads take several rounds of back-links, behind a proxy. */
async function proxied(): Promise<Client & { readonly proxy: TcpProxy }> {
  const name = storeName();
  const { store } = await site.client(name);
  const filled = [...several(CounterEvents, aggregates), ...several(NoiseEvents, 20)];
  await fill(store, filled, filled.length * commits);
  return site.proxied(name);
}

/** Load every aggregate, several times over, all at once. */
async function loadAll({ store }: Client, times: number): Promise<void> {
  const ids = Array.from({ length: aggregates * times }, (_, i) => `Counter-${i % aggregates}`);
  const roots = await within(
    "the loads",
    Promise.all(
      ids.map((id, i) => {
        store.roots.delete(`Counter.${id}`);
        return read(store, Counter, id, i % 2 === 0 ? { fresh: "leader" } : {});
      }),
    ),
  );
  expect(roots.map(({ state }) => state)).toEqual(
    ids.map((id) => ({ count: commits, last: `${id}:${commits}` })),
  );
}

describe.concurrent("loads under way are whole", () => {
  test("when their answers are lost with the connection, at every stage of a load", async () => {
    const client = await proxied();
    const { proxy, store } = client;
    const witness = await site.connect();
    const holdings = holdingsOf(client, witness, false);
    const stages = [
      `$JS.API.DIRECT.GET.${store.name}.${store.name}.Counter`,
      `$JS.API.STREAM.MSG.GET.${store.name}`,
      `$JS.API.DIRECT.GET.KV_${store.name}-snapshots`,
      '{"seq":',
    ];
    for (const stage of stages) {
      proxy.holdOnceSent(stage);
      const loads = loadAll(client, 5);
      loads.catch(() => undefined);
      await until(`answers to be held at ${stage}`, () => proxy.heldBytes > 0);
      proxy.drop();
      await loads;
    }
    await holdings.restored();
  });

  test("while the connection is cut again and again", async () => {
    const client = await proxied();
    const { proxy } = client;
    const seed = seedOf();
    const random = randomFrom(seed);
    for (let round = 0; round < cycles(8); round++) {
      const loads = loadAll(client, 8);
      loads.catch(() => undefined);
      const begun = client.connection.stats().inMsgs;
      const replies = Math.floor(random() * 1_500);
      await until(`seed ${seed}: ${replies} replies`, () => {
        return client.connection.stats().inMsgs - begun >= replies;
      });
      proxy.cut();
      await loads;
    }
    const done = await execute(client.store, Counter, "Counter-0", { by: "w", step: 1 });
    expect(done.state.count).toBe(commits + 1);
  });

  test("while the server is killed and restarted", async () => {
    await using doomed = await Site.start(1);
    const client = await doomed.client(storeName());
    const filled = [...several(CounterEvents, aggregates), ...several(NoiseEvents, 20)];
    await fill(client.store, filled, filled.length * commits);
    for (let round = 0; round < 2; round++) {
      const loads = loadAll(client, 15);
      loads.catch(() => undefined);
      const begun = client.connection.stats().inMsgs;
      await until("replies", () => client.connection.stats().inMsgs - begun >= 300);
      await doomed.server.kill();
      await doomed.server.restart();
      await loads;
    }
  });
});

describe.each(plans)("a replay by $name", ({ selection, count, consumer, fill: fillPlan }) => {
  test("gives everything once when the server is killed and restarted in the middle", async () => {
    await using doomed = await Site.start(1);
    await leavingNothing(doomed, async (client, peer) => {
      await fillPlan(client);
      const witness = new Witness();
      const replay = async (): Promise<void> => {
        for await (const envelope of client.store.replay(selection)) {
          witness.take(envelope);
          if (witness.count !== 5 && witness.count !== Math.floor(count * 0.8)) continue;
          const consumers = await consumersOf(peer, client.store.name);
          if (witness.count === 5) expect(consumers.length > 0).toBe(consumer);
          await doomed.server.kill();
          await doomed.server.restart();
          await until("the peer to be back", () => answers(peer));
        }
      };
      await within("the replay", replay(), 30_000);
      expect(witness.count).toBe(count);
    });
  });
});

async function answers(connection: Client["connection"]): Promise<boolean> {
  const asked = connection.request("$JS.API.INFO", "", { timeout: 500 });
  return asked.then(() => true).catch(() => false);
}

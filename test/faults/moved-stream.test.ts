import { setTimeout as delay } from "node:timers/promises";
import { ConfigError, StreamChangedError, execute, type ExecuteOptions, read } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NatsStore } from "jetfold/nats";
import { gatherAll } from "../engine/gather-all.ts";
import { rewindTo } from "../projections/moved-streams.ts";
import { Counter, counted, CounterEvents as family } from "./counter.ts";
import { fill, several } from "./fill.ts";
import { follow } from "./follower.ts";
import { type Client, Site, storeName } from "./site.ts";
import { askApi, flawsOf, storedLog } from "./stored-log.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import { until, within } from "./until.ts";

const id = "a";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

function count({ store }: Client, step: number, options: ExecuteOptions = {}) {
  return execute(store, Counter, id, { by: "w", step }, options);
}

async function countTo(client: Client, from: number, to: number): Promise<void> {
  for (let step = from; step <= to; step++) await count(client, step);
}

/** The stream is another one, made by another store, before the client comes back. */
async function whileAway(
  { proxy }: { readonly proxy: TcpProxy },
  deed: () => Promise<void>,
): Promise<void> {
  proxy.refuse();
  proxy.cut();
  await deed();
  proxy.accept();
}

describe.concurrent("a writer whose stream was moved", () => {
  test("is refused though its expectation holds, and what was written anew is whole", async () => {
    const client = await site.proxied(storeName());
    await countTo(client, 1, 10);
    await whileAway(client, async () => {
      const later = await rewindTo(site, { ...(await site.connected(client)) }, 7);
      await countTo(later, 108, 110);
    });
    const error: unknown = await count(client, 11).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StreamChangedError);
    expect(String(error)).toMatch(/rewound and written again at or below 10.*open it anew/);
    expect(client.store.roots.size).toBe(0);
    const { connection, store } = await site.connected(client);
    const log = await storedLog(connection, store.name);
    expect(log).toHaveLength(10);
    expect(flawsOf(log)).toEqual([]);
  });

  test("is told where its commit went that a shorter stream has acknowledged", async () => {
    const client = await site.client(storeName());
    await countTo(client, 1, 10);
    await rewindTo(site, client, 6);
    const events = [counted("w", 1)];
    const publishing = client.store.publish({ family, id: "b", expect: "new", events });
    await expect(publishing).rejects.toThrow(/rewound: it ends at 7, and 10 was seen.* 10\. /);
    await expect(read(client.store, Counter, id)).rejects.toThrow(StreamChangedError);
  });

  function refusal({ store }: Client): Promise<unknown> {
    const refused = (): Promise<boolean> =>
      store.end(family).then(
        () => false,
        (e: unknown) => e instanceof StreamChangedError,
      );
    return until("the refusal", refused, 15_000);
  }

  test("is refused by the next look, where nothing on the way was interrupted", async () => {
    const client = await site.client(storeName());
    await countTo(client, 1, 10);
    const later = await rewindTo(site, client, 6);
    await countTo(later, 7, 12);
    await refusal(client);
  });

  test("is refused though it has written into the other one meanwhile", async () => {
    const client = await site.client(storeName());
    await countTo(client, 1, 10);
    // A feed that is opened proves the stream, up to 10.
    await follow(client.store, family).reached(10);
    const later = await rewindTo(site, client, 6);
    await countTo(later, 7, 12);
    const events = [counted("w", 1)];
    await client.store.publish({ family, id: "b", expect: "new", events });
    await refusal(client);
  });
});

describe.concurrent("a store that was idle while its stream was replaced", () => {
  /** Idle beyond an interval; another store has made the stream anew, and nothing was interrupted. */
  async function idle(): Promise<Client> {
    const client = await site.client(storeName());
    await fill(client.store, several(family, 3), 20);
    await read(client.store, Counter, "Counter-0");
    const { store, connection } = client;
    // Left alone until the last look, at most 5 s after the last use, is 5 s old.
    await delay(10_500);
    const { config } = await askApi<{ config: object }>(connection, `STREAM.INFO.${store.name}`);
    await askApi(connection, `STREAM.DELETE.${store.name}`);
    await askApi(connection, `STREAM.CREATE.${store.name}`, { ...config, metadata: {} });
    await fill(await site.open(connection, store.name), several(family, 3), 30);
    return client;
  }

  const uses: readonly [string, (store: NatsStore) => Promise<unknown>][] = [
    ["a replay", (store) => gatherAll(store.replay(family))],
    ["a read", (store) => read(store, Counter, "Counter-0")],
    ["a count", (store) => store.count(family, 0)],
    ["a write", (store) => write(store)],
  ];

  function write(store: NatsStore): Promise<unknown> {
    return store.publish({ family, id: "new", expect: "any", events: [counted("w", 1)] });
  }

  test.each(uses)("%s says so, and takes nothing of it for its own", async (_, use) => {
    const { store } = await idle();
    await expect(use(store)).rejects.toThrow(/was replaced/);
    await expect(write(store)).rejects.toThrow(StreamChangedError);
  });
});

describe.concurrent("a stream that seems to be another for a while", () => {
  /** Commits up to 20, and a server that says that there are 10, when it is asked again. */
  async function liedTo() {
    const client = await site.proxied(storeName());
    await fill(client.store, several(family, 1), 20);
    const follower = follow(client.store, family);
    await follower.reached(20);
    client.proxy.lie('"last_seq":20', '"last_seq":10');
    client.proxy.cut();
    const events = [counted("w", 1)];
    const commit = { family, id: "b", expect: "new", events } as const;
    return { ...client, follower, publish: () => client.store.publish(commit) };
  }

  test("is not accused: writers wait, and readers go on", async () => {
    const { follower, publish, proxy } = await liedTo();
    const publishing = publish();
    const early = await Promise.race([publishing, delay(2_000)]);
    expect(early).toBeUndefined();
    proxy.lie();
    expect((await publishing).head.sequence).toBe(21);
    await follower.reached(21);
    await follower.stop();
    expect(await follower.ended).toBeUndefined();
  });

  test("is accused when it stays so for 5 s", async () => {
    const { follower, publish, connection } = await liedTo();
    await until("the client to come back", () => connection.rtt().catch(() => undefined));
    const beganMs = performance.now();
    await expect(publish()).rejects.toThrow(/rewound: it ends at 10, and 20 was seen/);
    expect(performance.now() - beganMs).toBeGreaterThan(4_000);
    expect(await within("the end", follower.ended)).toBeInstanceOf(StreamChangedError);
  });
});

test("a history is not read on in a stream that was made anew meanwhile", async () => {
  const client = await site.client(storeName());
  const { store, connection } = client;
  await fill(store, several(family, 3), 2_500);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const { event, sequence } of store.replay(family)) {
      seen.push(event.step);
      if (sequence !== 900) continue;
      const { config } = await askApi<{ config: object }>(connection, `STREAM.INFO.${store.name}`);
      await askApi(connection, `STREAM.DELETE.${store.name}`);
      await askApi(connection, `STREAM.CREATE.${store.name}`, { ...config, metadata: {} });
      const other = await site.open(connection, store.name);
      await fill(other, several(family, 3), 2_600);
    }
  })();
  await expect(reading).rejects.toThrow(/was replaced/);
  // What had come in one page before.
  expect(seen.length).toBeLessThanOrEqual(1_000);
});

/** Set up a stream in another way. @returns the way back */
async function setUp(
  { connection, store: { name } }: Client,
  change: object,
): Promise<() => Promise<unknown>> {
  const { config } = await askApi<{ config: object }>(connection, `STREAM.INFO.${name}`);
  await askApi(connection, `STREAM.UPDATE.${name}`, { ...config, ...change });
  return () => askApi(connection, `STREAM.UPDATE.${name}`, config);
}

describe.concurrent("a stream that is set up in another way while it is used", () => {
  const day = 86_400_000_000_000;
  const calls = {
    end: ({ store }: Client) => store.end(family),
    execute: (client: Client) => count(client, 2),
    publish: ({ store }: Client) =>
      store.publish({ family, id: "b", expect: "new", events: [counted("w", 1)] }),
  };

  test.each([
    [{ max_age: day }, /it has a max_age/, ["end", "execute"]],
    [{ subjects: ["elsewhere.*.*"] }, /its subjects are not exactly/, ["publish", "execute"]],
  ] as const)("is refused, and named: %o", async (change, reason, names) => {
    const client = await site.client(storeName());
    await count(client, 1);
    const putRight = await setUp(client, change);
    const use = async (name: (typeof names)[number]) => {
      for (;;) await calls[name](client);
    };
    const refusals = names.map((name) => use(name).catch((error: unknown) => error));
    for (const error of await within("the refusals", Promise.all(refusals), 25_000)) {
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toMatch(reason);
    }
    await putRight();
    const goesOn = () =>
      count(client, 2).then(
        () => true,
        () => false,
      );
    await until("it to go on", goesOn, 20_000);
  });
});

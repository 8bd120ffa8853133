import { setTimeout as delay } from "node:timers/promises";
import { ClosedError, type EventStore, StreamChangedError } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counted, CounterEvents, OtherEvents } from "./counter.ts";
import { fill, several } from "./fill.ts";
import { consumersOf, follow } from "./follower.ts";
import { type Client, Site, storeName } from "./site.ts";
import { askApi, storedLog } from "./stored-log.ts";
import type { TcpProxy } from "./tcp-proxy.ts";
import { until, within } from "./until.ts";

const both = [CounterEvents, OtherEvents];

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** Write to aggregates of both families in turn, until stopped; gives the last sequence. */
function keepWriting(store: EventStore): { stop(): Promise<number> } {
  let stopped = false;
  const write = async (): Promise<number> => {
    let last = 0;
    for (let step = 1; !stopped; step++) {
      const family = both[step % 2]!;
      const id = `${step % 5}`;
      const events = [counted("w", step)];
      last = (await store.publish({ family, id, expect: "any", events })).head.sequence;
      await delay(1);
    }
    return last;
  };
  const writing = write();
  return {
    stop: () => {
      stopped = true;
      return writing;
    },
  };
}

interface Scene {
  readonly on: Site;
  readonly writer: Client;
  readonly reader: Client & { readonly proxy: TcpProxy };
}

/** A fault in the middle of a live subscription, between writes: nothing is missed or repeated. */
async function live(on: Site, fault: (scene: Scene) => Promise<void>): Promise<void> {
  const name = storeName();
  const writer = await on.client(name);
  const reader = await on.proxied(name);
  await fill(writer.store, several(CounterEvents, 3), 30);
  const follower = follow(reader.store, both);
  const writing = keepWriting(writer.store);
  const { store } = writer;
  await follower.reached((await store.end(both)) + 20);
  await fault({ on, writer, reader });
  await follower.reached((await store.end(both)) + 20);
  await follower.reached(await writing.stop());
  const log = await storedLog(writer.connection, name);
  expect(follower.sequences).toEqual(log.map(({ sequence }) => sequence));
  await follower.stop();
  expect(await follower.ended).toBeUndefined();
}

describe.concurrent("a live subscription gives every event once, in order", () => {
  test("when its connection is cut, again and again", async () => {
    await live(site, async ({ reader: { proxy, connection, store } }) => {
      // Asked rather than counted: a client cut off in its handshake waits 20 s (nats.js 3.4).
      const answers = async (): Promise<boolean> => {
        const asked = connection.request(`$JS.API.STREAM.INFO.${store.name}`, "", { timeout: 500 });
        return asked.then(() => true).catch(() => false);
      };
      for (let i = 0; i < 5; i++) {
        proxy.cut();
        await until("the client to come back", answers);
      }
    });
  });

  test("when what it was sent is lost with the connection", async () => {
    await live(site, async ({ reader: { proxy } }) => {
      proxy.hold();
      await until("deliveries to be held", () => proxy.heldBytes > 2_000);
      proxy.drop();
    });
  });

  test("when its consumer is deleted behind its back", async () => {
    await live(site, async ({ writer: { connection }, reader: { store } }) => {
      const [name] = await consumersOf(connection, store.name);
      await askApi(connection, `CONSUMER.DELETE.${store.name}.${name}`);
    });
  });

  test("when the server is killed and restarted, and when it is frozen for 4 s", async () => {
    await using frail = await Site.start(1);
    await live(frail, async ({ on: { server } }) => {
      await server.kill();
      await server.restart();
    });
    await live(frail, async ({ on: { server } }) => {
      await server.pause();
      await delay(4_000);
      server.resume();
    });
  });
});

/** How the stream is made anew from its own configuration. */
async function remake(
  { connection, store: { name } }: Client,
  change: (config: Record<string, unknown>) => Record<string, unknown> = (config) => config,
): Promise<void> {
  interface Info {
    readonly config: Record<string, unknown>;
  }
  const { config } = await askApi<Info>(connection, `STREAM.INFO.${name}`);
  await askApi(connection, `STREAM.DELETE.${name}`);
  await askApi(connection, `STREAM.CREATE.${name}`, change(config));
}

/** A store that is opened now, and has seen nothing of what was. */
function another({ connection, store }: Client): Promise<EventStore> {
  return site.open(connection, store.name);
}

describe.concurrent("a live subscription stops with an error", () => {
  /** Something is done to the stream under a subscription that has read 30 commits. */
  async function doomed(deed: (client: Client) => Promise<unknown>): Promise<unknown> {
    const client = await site.client(storeName());
    await fill(client.store, several(CounterEvents, 3), 30);
    const follower = follow(client.store, CounterEvents);
    await follower.reached(30);
    await until("a consumer", async () => {
      return (await consumersOf(client.connection, client.store.name)).length > 0;
    });
    await deed(client);
    const error = await within("the end", follower.ended, 25_000);
    expect(follower.sequences).toHaveLength(30);
    return error;
  }

  test("when the stream is deleted and another one made under its name", async () => {
    const error = await doomed((client) =>
      remake(client, (config) => ({ ...config, metadata: {} })),
    );
    expect(error).toBeInstanceOf(StreamChangedError);
    expect(String(error)).toMatch(/replaced/);
  });

  test("when the other one has as many commits and more", async () => {
    const error = await doomed(async (client) => {
      await remake(client, (config) => ({ ...config, metadata: { jetfold_store_id: "other" } }));
      await fill(await another(client), several(CounterEvents, 2), 40);
    });
    expect(error).toBeInstanceOf(StreamChangedError);
  });

  test("when the stream was rewound: the same one, but shorter", async () => {
    const error = await doomed(async (client) => {
      await remake(client);
      await fill(await another(client), several(CounterEvents, 2), 10);
    });
    expect(error).toBeInstanceOf(StreamChangedError);
    expect(String(error)).toMatch(/rewound/);
  });

  test("when the stream was rewound and has grown beyond what was read", async () => {
    const error = await doomed(async (client) => {
      await remake(client);
      await fill(await another(client), several(CounterEvents, 2), 40);
    });
    expect(error).toBeInstanceOf(StreamChangedError);
    expect(String(error)).toMatch(/rewound/);
  });

  test("when it was purged, and its aggregates begin anew", async () => {
    const error = await doomed(async ({ connection, store }) => {
      await askApi(connection, `STREAM.PURGE.${store.name}`);
      const id = "Counter-0";
      await store.publish({ family: CounterEvents, id, expect: "new", events: [counted("w", 1)] });
    });
    // Its commits tell, each by itself.
    expect(error).toMatchObject({ code: "corrupt" });
  });

  test("when the stream is gone, within 25 s", async () => {
    const error = await doomed(({ connection, store }) =>
      askApi(connection, `STREAM.DELETE.${store.name}`),
    );
    expect(error).toBeInstanceOf(StreamChangedError);
    expect(String(error)).toMatch(/gone/);
  });
});

test("a subscription whose connection is closed for good ends with a ClosedError", async () => {
  const { store, connection } = await site.client(storeName());
  const follower = follow(store, both);
  const { head } = await store.publish({
    family: CounterEvents,
    id: "a",
    expect: "new",
    events: [counted("w", 1)],
  });
  await follower.reached(head.sequence);
  await connection.close();
  expect(await within("the end", follower.ended, 10_000)).toBeInstanceOf(ClosedError);
  const later = follow(store, both);
  expect(await within("the end", later.ended, 10_000)).toBeInstanceOf(ClosedError);
});

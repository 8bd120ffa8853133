import type { NatsConnection } from "@nats-io/transport-node";
import { UnavailableError } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Multiplexer } from "../../src/nats/requests/multiplexer.ts";
import type { Stream } from "../../src/nats/stream.ts";
import { subjectsOf } from "../../src/nats/subjects.ts";
import { CounterEvents } from "../faults/counter.ts";
import { cycles } from "../faults/long.ts";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";
import { gatherAll } from "./gather-all.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1, "jetstream { max_mem: 2G }");
});
afterAll(() => site.close());

/** More than a page of the server's, which holds 100,000. */
const count = 100_300;

/** Names whose order is the order in which they are stored. */
function nameOf(i: number): string {
  return `n${String(i).padStart(6, "0")}`;
}

const names = Array.from({ length: count }, (_, i) => nameOf(i));

/** What is listed, and under which subjects it lies. */
interface Listed {
  readonly what: string;
  streamOf(client: Client): string;
  subjectOf(client: Client, name: string): string;
  list(client: Client): AsyncIterable<string>;
}

const listings: readonly Listed[] = [
  {
    what: "ids of a family",
    streamOf: ({ store }) => store.name,
    subjectOf: ({ store }, name) => `${store.name}.Counter.${name}`,
    list: ({ store }) => store.ids(CounterEvents),
  },
  {
    what: "keys of a bucket",
    streamOf: ({ store }) => `KV_${store.name}-snapshots`,
    subjectOf: ({ store }, name) => `$KV.${store.name}-snapshots.${name}`,
    list: ({ store }) => store.snapshots.keys(),
  },
];

describe.each(listings)("the $what, more than a page of them", (listed) => {
  /** A store that holds them all, kept in memory. */
  async function filled(): Promise<Client> {
    const connection = await site.connect();
    const store = await site.open(connection, storeName(), () => undefined, { storage: "memory" });
    const client = { connection, store };
    for (const [i, name] of names.entries()) {
      connection.publish(listed.subjectOf(client, name), "x");
      if (i % 10_000 === 0) await connection.flush();
    }
    interface Info {
      readonly state: { readonly messages: number };
    }
    const call = `STREAM.INFO.${listed.streamOf(client)}`;
    await until("all to be stored", async () => {
      return (await askApi<Info>(connection, call)).state.messages === count;
    });
    return client;
  }

  /** List them, and do something once the tenth is given. */
  async function listedWhile(
    client: Client,
    change: () => Promise<unknown>,
  ): Promise<readonly string[]> {
    const given: string[] = [];
    const listing = async (): Promise<void> => {
      for await (const name of listed.list(client)) {
        if (given.push(name) === 10) await change();
      }
    };
    await within("the listing", listing(), 50_000);
    return given;
  }

  // So many that the pages overlap by more, that the next page lies behind them, or before them.
  test.each([200, 5_000, 99_000, 100_200])(
    "are complete though %i that were given are removed meanwhile",
    async (removed) => {
      const client = await filled();
      const stream = listed.streamOf(client);
      const given = await listedWhile(client, () =>
        askApi(client.connection, `STREAM.PURGE.${stream}`, { seq: removed + 1 }),
      );
      expect(new Set(given).size).toBe(given.length);
      expect([...given].sort()).toEqual(given);
      const missing = new Set(names.slice(removed));
      for (const name of given) missing.delete(name);
      expect([...missing]).toEqual([]);
    },
  );

  test("are each given once though others appear meanwhile, before and behind", async () => {
    const client = await filled();
    const { connection } = client;
    const given = await listedWhile(client, async () => {
      for (let i = 0; i < 2_000; i++) {
        connection.publish(listed.subjectOf(client, `a${i}`), "x");
        connection.publish(listed.subjectOf(client, `z${i}`), "x");
      }
      // Whatever is stored by the time the next page is made: both pages are right.
      await connection.flush();
    });
    expect(new Set(given).size).toBe(given.length);
    expect(given.filter((name) => name.startsWith("n"))).toEqual(names);
  });

  test("end when all are gone", async () => {
    const client = await filled();
    const given = await listedWhile(client, () =>
      askApi(client.connection, `STREAM.PURGE.${listed.streamOf(client)}`),
    );
    expect(given.length).toBeLessThan(count);
  });
});

/** Gives pages of ten of what is there, as the server does of 100,000, changing it before each. */
function pagesOf(
  connection: NatsConnection,
  api: string,
  there: () => readonly string[],
): { asked(): number; stop(): void } {
  let asked = 0;
  const subscription = connection.subscribe(`${api}.STREAM.INFO.bank`, {
    callback: (_, message) => {
      asked++;
      const { offset } = message.json<{ readonly offset: number }>();
      const all = [...there()].sort();
      const page = all.slice(offset, offset + 10);
      const subjects = Object.fromEntries(page.map((subject) => [subject, 1]));
      const total = all.length > 0 ? { total: all.length } : {};
      const type = "io.nats.jetstream.api.v1.stream_info_response";
      const config = { name: "bank" };
      const state = { last_seq: all.length, subjects };
      message.respond(JSON.stringify({ type, config, state, ...total }));
    },
  });
  return { asked: () => asked, stop: () => subscription.unsubscribe() };
}

function streamAt(connection: NatsConnection, api: string): Stream {
  const requests = new Multiplexer(connection);
  return { connection, requests, name: "bank", api } as Partial<Stream> as Stream;
}

test("whatever comes and goes between pages, what stays is listed once and in order", async () => {
  const seed = seedOf();
  const random = randomFrom(seed);
  const connection = await site.connect();
  let there = new Set<string>();
  let stayed = new Set<string>();
  const some = (): string => `bank.F.${String(Math.floor(random() * 400)).padStart(4, "0")}`;
  const server = pagesOf(connection, "changing", () => {
    const change = random();
    const most = change < 0.2 ? 60 : 5;
    for (let i = 0; i < random() * most; i++) {
      if (random() < 0.5) there.add(some());
      else there.delete(some());
    }
    if (change > 0.95) there = new Set([...there].slice(there.size / 2));
    stayed = new Set([...stayed].filter((subject) => there.has(subject)));
    return [...there];
  });
  const stream = streamAt(connection, "changing");
  for (let run = 0; run < cycles(300); run++) {
    there = new Set(Array.from({ length: random() * 300 }, some));
    stayed = new Set(there);
    const given = (await gatherAll(subjectsOf(stream, "bank.F.*"))).flat();
    const told = `JETFOLD_SEED=${seed}, run ${run}`;
    expect([...new Set(given)].sort(), told).toEqual(given);
    const missing = [...stayed].filter((subject) => !given.includes(subject));
    expect(missing, told).toEqual([]);
  }
  server.stop();
  stream.requests.close();
});

test("what changes faster than it can be listed is an error, after a bounded number of pages", async () => {
  const connection = await site.connect();
  let generation = 0;
  const server = pagesOf(connection, "fleeting", () => {
    generation++;
    const subject = (i: number): string =>
      `bank.F.${String(generation * 100 + i).padStart(9, "0")}`;
    return Array.from({ length: 95 }, (_, i) => subject(i));
  });
  const stream = streamAt(connection, "fleeting");
  const listing = async (): Promise<void> => {
    // Each page from the front is new, and then there is none behind it that follows.
    for await (const [subject] of subjectsOf(stream, "bank.F.*")) expect(subject).toMatch(/^bank/);
  };
  const stopped = within("the listing", listing(), 10_000).catch((error: unknown) => error);
  expect(await stopped).toBeInstanceOf(UnavailableError);
  expect(server.asked()).toBeLessThan(300);
  server.stop();
  stream.requests.close();
});

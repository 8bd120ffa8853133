import type { NatsConnection } from "@nats-io/transport-node";
import {
  defineProjection,
  type EventStore,
  execute,
  kvCheckpoints,
  observe,
  read,
  type StoreWarning,
} from "jetfold";
import type { NatsStore } from "jetfold/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, counted, CounterEvents, NoiseEvents, OtherEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { askApi, type LoggedCommit, storedLog } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";
import { gatherAll } from "./gather-all.ts";
import { leavingNothing } from "./holdings.ts";
import { leaveToMirror, mirrorOf, type Unlike } from "./mirror.ts";
import { plans } from "./plans.ts";
import { Witness } from "./witness.ts";

let site: Site;
beforeAll(async () => {
  const pages = `{ user: pages, password: p, permissions: { publish: { deny: "$JS.API.CONSUMER.>" } } }`;
  const users = `[ { user: admin, password: p }, ${pages} ]`;
  site = await Site.start(1, `authorization { users: ${users} }\nno_auth_user: admin`);
});
afterAll(() => site.close());

const early = 20;
const late = 3;
const own = { family: CounterEvents, id: "a" };
const other = { family: OtherEvents, id: "b" };
const both = [CounterEvents, OtherEvents] as const;

/** Mirrors that lack what the stream has. */
const mirrors: readonly (readonly [string, (stream: string) => Unlike])[] = [
  ["keeps one message of each subject", () => ({ max_msgs_per_subject: 1 })],
  ["keeps the last three messages", () => ({ max_msgs: 3, discard: "old" })],
  ["is full", () => ({ max_msgs: 2 * early + 2, discard: "new" })],
  ["holds another aggregate only", (name) => ({ mirror: { filter_subject: `${name}.Other.b` } })],
  ["begins in the middle", () => ({ mirror: { opt_start_seq: early } })],
  ["has subjects of its own", (name) => ({ mirror: { subject_transforms: [moved(name)] } })],
];

function moved(name: string): object {
  return { src: `${name}.*.*`, dest: "elsewhere.{{wildcard(1)}}.{{wildcard(2)}}" };
}

/** What lies in the stream, read from its leader. */
type Log = readonly LoggedCommit[];

function sequencesOf(log: Log, after: number, ...families: readonly string[]): number[] {
  const selected = log.filter(
    ({ family, sequence }) => families.includes(family) && sequence > after,
  );
  return selected.map(({ sequence }) => sequence);
}

async function readTo<Item extends { readonly sequence: number }>(
  items: AsyncIterable<Item>,
): Promise<number[]> {
  return (await gatherAll(items)).map(({ sequence }) => sequence);
}

/** Everything that is read of a store. */
const reads: Readonly<Record<string, (store: EventStore, log: Log) => Promise<void>>> = {
  async "a load"(store) {
    const count = early + late;
    expect((await read(store, Counter, "a")).state).toEqual({ count, last: `a:${count}` });
  },
  async "a replay from the start"(store, log) {
    const wanted = sequencesOf(log, 0, "Counter", "Other");
    expect(await readTo(store.replay(both))).toEqual(wanted);
  },
  async "a replay from the middle"(store, log) {
    const wanted = sequencesOf(log, early, "Counter");
    expect(await readTo(store.replay(CounterEvents, { after: early }))).toEqual(wanted);
  },
  async "a replay of one aggregate"(store, log) {
    const one = CounterEvents.of("a");
    const wanted = sequencesOf(log, early, "Counter");
    expect(await readTo(store.replay(one, { after: early }))).toEqual(wanted);
  },
  async "a history"(store, log) {
    const last = (await store.last(CounterEvents, "a"))!;
    for (const times of [true, false]) {
      const commits = await readTo(store.history(last, { after: 0, times }));
      expect(commits).toEqual(sequencesOf(log, 0, "Counter"));
    }
  },
  async "a count"(store, log) {
    const [middle, end] = [early, log.at(-1)!.sequence];
    expect(await store.count(both, 0)).toBe(log.length);
    const wanted = sequencesOf(log, middle, "Counter").length;
    expect(await store.count(CounterEvents, middle)).toBe(wanted);
    expect(await store.count(CounterEvents, end)).toBe(0);
    expect(await store.count(NoiseEvents, 0)).toBe(0);
  },
  async "a subscription"(store, log) {
    const wanted = sequencesOf(log, early, "Counter");
    const given: number[] = [];
    for await (const { sequence } of store.subscribe(CounterEvents, { after: early })) {
      if (given.push(sequence) === wanted.length) break;
    }
    expect(given).toEqual(wanted);
  },
};

/** Two aggregates, a mirror beside them, and a little later that it may lack. */
async function mirrored(unlike: (stream: string) => Unlike): Promise<Client> {
  const client = await site.client(storeName());
  const { store, connection } = client;
  await fill(store, [own, other], 2 * early);
  await mirrorOf(connection, store.name, unlike(store.name));
  for (let step = early + 1; step <= early + late; step++) {
    for (const { family, id } of [own, other]) {
      const { head } = (await store.last(family, id, { fresh: "leader" }))!;
      await store.publish({ family, id, expect: head, events: [counted(id, step)] });
    }
  }
  return client;
}

/** A store of which nothing is known of mirrors yet, and what it warns of. */
async function opened(
  connection: NatsConnection,
  name: string,
): Promise<{ readonly store: NatsStore; readonly warnings: readonly StoreWarning[] }> {
  const warnings: StoreWarning[] = [];
  const store = await site.open(connection, name, (warning) => void warnings.push(warning), {
    cachedRoots: 0,
  });
  return { store, warnings };
}

function toldOf(warnings: readonly StoreWarning[]): string[] {
  return warnings.filter(({ code }) => code === "mirror").map(({ message }) => message);
}

describe.each(mirrors)("beside a mirror that %s", (_, unlike) => {
  test.each([
    ["half of the time", 8],
    ["every time", 1],
  ] as const)("which answers %s, every read is whole", async (how, rounds) => {
    const { connection, store: first } = await mirrored(unlike);
    const log = await storedLog(connection, first.name);
    const round = async (): Promise<Awaited<ReturnType<typeof opened>>[]> =>
      Promise.all(Object.keys(reads).map(() => opened(connection, first.name)));
    const stores = await Promise.all(Array.from({ length: rounds }, round));
    if (how === "every time") await leaveToMirror(connection, first.name);
    for (const [i, [what, use]] of Object.entries(reads).entries()) {
      for (const each of stores) {
        const { store, warnings } = each[i]!;
        // And once more, now that the mirror may have been seen.
        for (let again = 0; again < 2; again++) await within(what, use(store, log));
        const told = toldOf(warnings);
        expect(told.length, what).toBeLessThanOrEqual(1);
        for (const message of told) expect(message).toContain(`"${first.name}-copy"`);
        await store.close();
      }
    }
  });
});

describe.each(plans)("a replay by $name", ({ selection, count, fill: fillPlan }) => {
  test("is whole though a mirror answers from its middle on", async () => {
    await leavingNothing(site, async (client, peer) => {
      await fillPlan(client);
      const { name } = client.store;
      const witness = new Witness();
      const replay = async (): Promise<void> => {
        for await (const envelope of client.store.replay(selection)) {
          witness.take(envelope);
          if (witness.count !== 5) continue;
          await mirrorOf(peer, name, { max_msgs: 7, discard: "old" });
          await leaveToMirror(peer, name);
        }
      };
      await within("the replay", replay());
      expect(witness.count).toBe(count);
      const again = new Witness();
      for await (const envelope of client.store.replay(selection)) again.take(envelope);
      expect(again.count).toBe(count);
    });
  });
});

describe.each(plans.filter(({ consumer }) => !consumer))(
  "a replay by $name",
  ({ selection, count, fill: fillPlan }) => {
    test("by somebody who may not have a consumer is whole though a mirror answers", async () => {
      const client = await site.client(storeName());
      await fillPlan(client);
      const { name } = client.store;
      const pages = await site.connect({ user: "pages", pass: "p" });
      const { store } = await opened(pages, name);
      await mirrorOf(client.connection, name, { max_msgs: 7, discard: "old" });
      await leaveToMirror(client.connection, name);
      const witness = new Witness();
      const replay = async (): Promise<void> => {
        for await (const envelope of store.replay(selection)) witness.take(envelope);
      };
      await within("the replay", replay(), 50_000);
      expect(witness.count).toBe(count);
      expect(await within("the count", store.count(selection, 0), 50_000)).toBe(count);
    });
  },
);

test("projections resume, and values of buckets are read, as if there was no mirror", async () => {
  const { store, connection } = await site.client(storeName());
  await fill(store, [own], early);
  const handled: Record<string, number[]> = {};
  const projectionOf = (name: string): ReturnType<typeof defineProjection> =>
    defineProjection({
      name,
      events: CounterEvents,
      project: ({ revision }) => void (handled[name] ??= []).push(revision),
    });
  const names = Array.from({ length: 8 }, (_, i) => `p-${i}`);
  const run = async (name: string): Promise<void> => {
    const running = observe(store, projectionOf(name), { checkpoints: kvCheckpoints(store) });
    await running.caughtUp({ timeoutMs: 20_000 });
    expect(await running.lag()).toMatchObject({ commits: 0 });
    await running.stop();
  };
  await Promise.all(names.map(run));
  await mirrorOf(connection, store.name, { max_msgs_per_subject: 1 });
  for (const bucket of ["snapshots", "projections"]) {
    await store.snapshots.put("probe", Buffer.from("early"));
    const stream = `KV_${store.name}-${bucket}`;
    // Full from now on.
    const { state } = await askApi<{ readonly state: { readonly messages: number } }>(
      connection,
      `STREAM.INFO.${stream}`,
    );
    await mirrorOf(connection, stream, { max_msgs: state.messages, discard: "new" });
  }
  for (let step = 1; step <= late; step++) {
    await execute(store, Counter, "a", { by: "a", step: early + step });
    await store.snapshots.put("probe", Buffer.from(`late ${step}`));
    for (let i = 0; i < 10; i++) {
      const entry = await store.snapshots.get("probe");
      expect(Buffer.from(entry!.value).toString()).toBe(`late ${step}`);
      expect(await store.snapshots.get(`no-${step}-${i}`)).toBeUndefined();
    }
  }
  for (const name of names) await run(name);
  const all = Array.from({ length: early + late }, (_, i) => i + 1);
  for (const name of names) expect(handled[name], name).toEqual(all);
});

/** How often a subject, wildcards allowed, was asked since. */
async function askedOf(
  connection: NatsConnection,
  ...subjects: readonly string[]
): Promise<() => Promise<number>> {
  let count = 0;
  for (const subject of subjects) connection.subscribe(subject, { callback: () => void count++ });
  await connection.flush();
  return async () => {
    await connection.flush();
    return count;
  };
}

test("once a mirror was seen, nothing is asked that it could answer, and there is one warning", async () => {
  const { connection, store: first } = await mirrored(() => ({ max_msgs: 7, discard: "old" }));
  const { name } = first;
  const { store, warnings } = await opened(connection, name);
  const log = await storedLog(connection, name);
  await until("the mirror to be seen", async () => {
    await store.last(CounterEvents, "a");
    return toldOf(warnings).length > 0;
  });
  const subjects = [`$JS.API.DIRECT.GET.${name}`, `$JS.API.DIRECT.GET.${name}.>`];
  const asked = await askedOf(await site.connect(), ...subjects);
  for (let i = 0; i < 5; i++) for (const use of Object.values(reads)) await use(store, log);
  expect(await asked()).toBe(0);
  expect(toldOf(warnings)).toHaveLength(1);
});

test("where no mirror is, the gaps of a selection cost no request", async () => {
  const { store } = await site.client(storeName());
  await fill(store, [own, ...several(NoiseEvents, 10)], 11 * 40);
  const asked = await askedOf(await site.connect(), `$JS.API.STREAM.MSG.GET.${store.name}`);
  expect(await gatherAll(store.replay(CounterEvents))).toHaveLength(40);
  // The end, and a look at the stream, which asks for three messages at most.
  expect(await asked()).toBeLessThanOrEqual(4);
});

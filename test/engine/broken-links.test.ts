import { CorruptError, execute, type Head, noHead, read } from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, CounterEvents, NoiseEvents } from "../faults/counter.ts";
import { fill, several } from "../faults/fill.ts";
import { type Client, Site, storeName } from "../faults/site.ts";
import { storedLog } from "../faults/stored-log.ts";
import { within } from "../faults/until.ts";
import { gatherAll } from "./gather-all.ts";
import { putRaw } from "./raw-commit.ts";

const leader = { fresh: "leader" } as const;
const own = { family: CounterEvents, id: "a" };
const other = { family: CounterEvents, id: "b" };

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

interface Written {
  /** The links that would be right, and another aggregate's. */
  readonly right: readonly number[];
  readonly others: readonly number[];
  /** Where the commit will lie. */
  readonly self: number;
}

/** What links may say instead of the truth. */
const wrong: readonly [string, (written: Written) => readonly number[]][] = [
  ["to another aggregate's commits", ({ others }) => others],
  ["to a commit of its own and then to another's", ({ right, others }) => mixed(right, others)],
  ["to nothing", ({ self }) => [self + 2_000, self + 1_000]],
  [
    "to what was never stored, in between",
    ({ right }) => [right[0]!, 0.5 * right[1]!].map(Math.floor),
  ],
  ["to itself", ({ self }) => [self]],
  ["to the commit after it", ({ self }) => [self + 1]],
  ["past the commit before it", ({ right }) => right.slice(1)],
  ["past commits further back", ({ right }) => [right[0]!, ...right.slice(5)]],
  ["nowhere", () => []],
];

function mixed(right: readonly number[], others: readonly number[]): number[] {
  return [right[0]!, ...others.filter((sequence) => sequence < right[0]!)].slice(0, 16);
}

/** A client whose store holds aggregate "a" of 40 commits, with others' between or not. */
async function written(wide: boolean): Promise<Client> {
  const client = await site.client(storeName());
  if (wide) await fill(client.store, [own, other, ...several(NoiseEvents, 6)], 40 * 8);
  else {
    await fill(client.store, [other], 40);
    await fill(client.store, [own], 40);
  }
  return client;
}

async function headOf({ store }: Client, id: string): Promise<Head> {
  return (await store.last(CounterEvents, id, leader))?.head ?? noHead;
}

/** However it is loaded, it is whole. */
async function assertWhole({ store }: Client, count: number): Promise<void> {
  const state = { count, last: `a:${count}` };
  const root = await within("a load", read(store, Counter, "a", leader));
  expect(root).toMatchObject({ state, head: { revision: count } });
  store.roots.delete("Counter.a");
  expect((await read(store, Counter, "a")).state).toEqual(state);
  const last = (await store.last(CounterEvents, "a", leader))!;
  const commits = await within("a history", gatherAll(store.history(last, { after: 0 })));
  const revisions = commits.map(({ firstRevision }) => firstRevision);
  expect(revisions).toEqual(Array.from({ length: count }, (_, i) => i + 1));
}

describe.concurrent.each([
  ["side by side", false],
  ["among others'", true],
] as const)("an aggregate whose commits lie %s", (_, wide) => {
  test.each(wrong)("loads right though its last links lead %s", async (_, linksOf) => {
    const client = await written(wide);
    const head = await headOf(client, "a");
    const { links: others } = await headOf(client, "b");
    const self = (await client.store.end([CounterEvents, NoiseEvents])) + 1;
    const links = linksOf({ right: head.links, others, self });
    const raw = await putRaw(client, { id: "a", head, links });
    expect(raw.sequence).toBe(self);
    await assertWhole(client, 41);
    // Another commit raw, as right as can be, so that the broken one lies in the middle.
    await putRaw(client, { id: "a", head: raw, links: raw.links });
    await assertWhole(client, 42);
    const done = await execute(client.store, Counter, "a", { by: "a", step: 43 });
    expect(done).toMatchObject({ state: { count: 43 }, head: { revision: 43 } });
    await assertWhole(client, 43);
  });

  /** What is wrong with a commit, and on what it was written. */
  const lacking: readonly [string, (head: Head) => Head][] = [
    ["a commit is missing before it", (head) => ({ ...head, revision: head.revision + 1 })],
    ["it repeats a revision", (head) => ({ ...head, revision: head.revision - 1 })],
    [
      "it was written on another commit",
      (head) => ({ ...head, checksum: (head.checksum ^ 1) >>> 0 }),
    ],
  ];
  test.each(lacking)("is a CorruptError that tells the place, when %s", async (_, change) => {
    const client = await written(wide);
    const head = await headOf(client, "a");
    let last = await putRaw(client, { id: "a", head: change(head), links: head.links });
    const { sequence } = last;
    for (const later of [0, 9, 30]) {
      for (let i = 0; i < later; i++) {
        last = await putRaw(client, { id: "a", head: last, links: last.links });
      }
      client.store.roots.delete("Counter.a");
      const loaded = read(client.store, Counter, "a").catch((e: unknown) => e);
      const error = await within("a load", loaded);
      expect(error).toBeInstanceOf(CorruptError);
      expect(error).toMatchObject({ sequence, at: { family: "Counter", id: "a" } });
      const replayed = gatherAll(client.store.replay(CounterEvents.of("a")));
      await expect(replayed).rejects.toMatchObject({ name: "CorruptError", sequence });
    }
    expect((await read(client.store, Counter, "b")).state.count).toBe(40);
  });

  test.each([1, 2, 7])("loads right from another stream, %i sequences further on", async (by) => {
    const from = await written(wide);
    const to = await site.client(storeName());
    await fill(to.store, several(NoiseEvents, 1), by);
    for (const { family, id, payload } of await rawLog(from)) {
      await to.connection.request(`${to.store.name}.${family}.${id}`, payload);
    }
    await assertWhole(to, 40);
    const done = await execute(to.store, Counter, "a", { by: "a", step: 41 });
    expect(done).toMatchObject({ state: { count: 41 }, head: { revision: 41 } });
    await assertWhole(to, 41);
  });
});

interface RawMessage {
  readonly family: string;
  readonly id: string;
  readonly payload: Uint8Array;
}

/** Every message as it is stored, in order. */
async function rawLog({ connection, store }: Client): Promise<RawMessage[]> {
  const log: RawMessage[] = [];
  for (const { sequence, family, id } of await storedLog(connection, store.name)) {
    const subject = `$JS.API.DIRECT.GET.${store.name}`;
    const { data } = await connection.request(subject, JSON.stringify({ seq: sequence }));
    log.push({ family, id, payload: data });
  }
  return log;
}

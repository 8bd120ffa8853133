import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Checkpoints,
  defineProjection,
  execute,
  importCommits,
  type ImportedCommit,
  kvCheckpoints,
  observe,
  type Projection,
  type Running,
} from "jetfold";
import type { NatsStore } from "jetfold/nats";
import { postgresCheckpoints, type Sql } from "jetfold/postgres";
import { Counter, counted, CounterEvents } from "../faults/counter.ts";
import { Site, storeName } from "../faults/site.ts";
import { within } from "../faults/until.ts";
import { embeddedPostgres, realPostgres, type TestDatabase } from "../postgres/test-database.ts";

const commits = 20_000;
const eventsEach = 10;
const aggregates = 500;
const writers = 4;

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site?.close());

function* history(): Generator<ImportedCommit> {
  for (let i = 0; i < commits; i++) {
    const id = `c-${i % aggregates}`;
    const events = Array.from({ length: eventsEach }, (_, step) => counted(id, step));
    yield { family: CounterEvents, id, events };
  }
}

/** A read model that counts each aggregate's events, in a table for each version behind a view. */
function totals(version: number, effects: string[]): Projection<typeof CounterEvents, Sql> {
  const table = `totals_${version}`;
  return defineProjection({
    name: "totals",
    version,
    events: CounterEvents,
    async create(tx: Sql) {
      await tx.query(`CREATE TABLE ${table} (id text PRIMARY KEY, events integer NOT NULL)`);
    },
    async activate(tx) {
      await tx.query(
        `CREATE OR REPLACE VIEW totals AS SELECT id, events, ${version} AS version FROM ${table}`,
      );
    },
    async drop(tx) {
      await tx.query(`DROP TABLE ${table}`);
    },
    async projectBatch(envelopes, tx) {
      const counts = new Map<string, number>();
      for (const { id } of envelopes) counts.set(id, (counts.get(id) ?? 0) + 1);
      await tx.query(
        `INSERT INTO ${table} SELECT * FROM unnest($1::text[], $2::integer[])
         ON CONFLICT (id) DO UPDATE SET events = ${table}.events + excluded.events`,
        [[...counts.keys()], [...counts.values()]],
      );
    },
    effect: ({ id, revision }) => void effects.push(`${id}:${revision}`),
  });
}

interface Seen {
  readonly version: number;
  readonly events: number;
}

/** What queries see: one version at a time, or this throws. */
async function look({ database }: TestDatabase): Promise<Seen> {
  const text = "SELECT version, sum(events)::integer AS events FROM totals GROUP BY version";
  const { rows } = await database.query(text);
  expect(rows.length).toBe(1);
  return rows[0] as Seen;
}

/** Write until told to stop. @returns how many events were stored */
function writing(store: NatsStore, signal: AbortSignal): Promise<number> {
  const writer = async (by: string): Promise<number> => {
    let stored = 0;
    while (!signal.aborted) {
      await execute(store, Counter, `c-${(stored * 7) % aggregates}`, { by, step: stored });
      stored++;
    }
    return stored;
  };
  const all = Array.from({ length: writers }, (_, i) => writer(`w${i}`));
  return Promise.all(all).then((counts) => counts.reduce((sum, count) => sum + count, 0));
}

const timeoutMs = 110_000;

async function changeVersion(on: TestDatabase): Promise<void> {
  const { store } = await site.client(storeName());
  await importCommits(store, history());
  const checkpoints = postgresCheckpoints(on.database);
  const effects: string[] = [];
  const old = observe(store, totals(1, effects), { checkpoints });
  await old.caughtUp({ timeoutMs });
  const done = new AbortController();
  const stored = writing(store, done.signal);
  const looked = looking(on, done.signal);

  const begun = performance.now();
  const next = observe(store, totals(2, effects), { checkpoints });
  const lefts = await progressOf(next);
  await next.activated({ timeoutMs });
  const seconds = (performance.now() - begun) / 1_000;
  await within("the old version's end", old.done);
  expect(old.state).toBe("superseded");
  done.abort();
  const total = commits * eventsEach + (await stored);
  await next.caughtUp();
  expect(await look(on)).toEqual({ version: 2, events: total });

  const seen = await looked;
  let last: Seen = { version: 1, events: commits * eventsEach };
  for (const one of seen) {
    expect(one.version).toBeGreaterThanOrEqual(last.version);
    expect(one.events, "no query sees less than one before it").toBeGreaterThanOrEqual(last.events);
    last = one;
  }
  expect(new Set(seen.map(({ version }) => version))).toContain(1);
  expect(lefts.every((left) => left >= 0)).toBe(true);

  await next.stop();
  expect(new Set(effects).size, "side effects that were done").toBe(total);
  await assertLastLeft(store, checkpoints, effects);
  console.log(
    `${on.name}: ${total} events, version 2 active after ${seconds.toFixed(1)} s beside ${writers} writers ` +
      `(${total - commits * eventsEach} events); ${seen.length} queries; ` +
      `${effects.length - total} side effects repeated`,
  );
}

/** Look all the time. */
async function looking(on: TestDatabase, signal: AbortSignal): Promise<Seen[]> {
  const seen: Seen[] = [];
  while (!signal.aborted) {
    seen.push(await look(on));
    // A database in this process answers without a turn of the event loop.
    await nextTurn();
  }
  return seen;
}

/** Ask how far a build is until it is active. */
async function progressOf(next: Running): Promise<number[]> {
  const lefts: number[] = [];
  while (!next.active && next.error === undefined) {
    const { done, total, leftMs } = await next.progress();
    expect(done).toBeLessThanOrEqual(total);
    lefts.push(leftMs);
  }
  return lefts;
}

/** The old version does not come back, and its data is dropped by its own hook. */
async function assertLastLeft(
  store: NatsStore,
  checkpoints: Checkpoints<Sql>,
  effects: string[],
): Promise<void> {
  const { dropProjection } = await import("jetfold");
  const before = effects.length;
  const again = observe(store, totals(1, effects), { checkpoints });
  await within("the old version's second end", again.done);
  expect([again.state, again.handled, effects.length]).toEqual(["superseded", 0, before]);
  await expect(dropProjection(store, totals(2, []), checkpoints)).rejects.toThrow(/active/);
  await dropProjection(store, totals(1, []), checkpoints);
}

test("a version change on 200,000 events, on PGlite", { timeout: 120_000 }, async () => {
  const on = await embeddedPostgres();
  try {
    await changeVersion(on);
  } finally {
    await on.close();
  }
});

test("a version change on 200,000 events, on PostgreSQL", { timeout: 120_000 }, async (context) => {
  const on = await realPostgres();
  if (on === undefined) return context.skip("no PostgreSQL on this machine");
  try {
    await changeVersion(on);
  } finally {
    await on.close();
  }
});

test("with checkpoints in the store the switch is one key", { timeout: 120_000 }, async () => {
  const { store } = await site.client(storeName());
  await importCommits(store, history());
  const models = new Map<number, Map<string, number>>();
  let read = 0;
  const version = (number: number) =>
    defineProjection({
      name: "totals",
      version: number,
      events: CounterEvents,
      create: () => void models.set(number, new Map()),
      activate: () => void (read = number),
      project({ id }) {
        const model = models.get(number)!;
        model.set(id, (model.get(id) ?? 0) + 1);
      },
    });
  const checkpoints = kvCheckpoints(store);
  const old = observe(store, version(1), { checkpoints });
  await old.caughtUp({ timeoutMs });
  const done = new AbortController();
  const stored = writing(store, done.signal);
  const next = observe(store, version(2), { checkpoints });
  expect(read).toBe(1);
  await next.activated({ timeoutMs });
  expect(read).toBe(2);
  await within("the old version's end", old.done);
  expect(old.state).toBe("superseded");
  done.abort();
  const total = commits * eventsEach + (await stored);
  await next.caughtUp();
  const sum = [...models.get(2)!.values()].reduce((all, one) => all + one, 0);
  expect(sum).toBe(total);
  await next.stop();
});

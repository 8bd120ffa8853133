import {
  type Checkpoints,
  defineProjection,
  type Envelope,
  type EventStore,
  type ImportedCommit,
  importCommits,
  kvCheckpoints,
  observe,
  type Projection,
} from "jetfold";
import { postgresCheckpoints, type Sql } from "jetfold/postgres";
import { expect, test } from "vitest";
import { type Counted, counted, CounterEvents as family } from "../faults/counter.ts";
import { storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { siteWithPostgres } from "./site-with-postgres.ts";

const aggregates = 200;
const commitsEach = 50;
const total = aggregates * commitsEach;

/** The aggregate with the poison, and its revision. */
const sick = "n100";
const poison = 25;

const shared = siteWithPostgres();

function* commits(): Generator<ImportedCommit<Counted>> {
  for (let i = 0; i < total; i++) {
    const id = `n${i % aggregates}`;
    yield { family, id, events: [counted(id, Math.floor(i / aggregates) + 1)] };
  }
}

/** A read model: each aggregate's revisions, in the order in which they were applied. */
type Applied = ReadonlyMap<string, readonly number[]>;

/** A kind of checkpoints with a read model, and a projection that fails at the poison. */
interface Kind<Tx> {
  checkpoints(store: EventStore): Checkpoints<Tx>;
  projection(handling: Handling): Projection<typeof family, Tx>;
  applied(): Promise<Applied>;
}

interface Handling {
  broken: boolean;
}

function assertSound({ id, revision }: Envelope, { broken }: Handling): void {
  if (broken && id === sick && revision === poison) throw new Error("no such drink");
}

const policy = { onError: { policy: "park", retries: 2, firstMs: 1 } } as const;

function inMemory(): Kind<undefined> {
  const applied = new Map<string, number[]>();
  return {
    checkpoints: (store) => kvCheckpoints(store),
    projection: (handling) =>
      defineProjection({
        name: "memory",
        events: family,
        ...policy,
        project: (envelope) => {
          assertSound(envelope, handling);
          const { id, revision } = envelope;
          applied.set(id, [...(applied.get(id) ?? []), revision]);
        },
      }),
    applied: async () => applied,
  };
}

function inPostgres(): Kind<Sql> {
  return {
    checkpoints: () => postgresCheckpoints(shared.postgres),
    projection: (handling) =>
      defineProjection({
        name: "postgres",
        events: family,
        ...policy,
        batch: { commits: 500, ms: 20 },
        create: async (tx: Sql) => {
          await tx.query("CREATE TABLE applied (n bigserial, id text, revision int)");
        },
        project: async (envelope, tx: Sql) => {
          // The failure comes when something of the transaction is done.
          const { id, revision } = envelope;
          await tx.query("INSERT INTO applied (id, revision) VALUES ($1, $2)", [id, revision]);
          assertSound(envelope, handling);
        },
      }),
    applied: async () => {
      const { rows } = await shared.postgres.query<{ id: string; revision: number }>(
        "SELECT id, revision FROM applied ORDER BY n",
      );
      const applied = new Map<string, number[]>();
      for (const { id, revision } of rows) {
        if (!applied.get(id)?.push(revision)) applied.set(id, [revision]);
      }
      return applied;
    },
  };
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, i) => i + 1);
}

/** What the read model must be when the sick aggregate has come so far. */
function expected(last: number): Applied {
  return new Map(
    upTo(aggregates).map((n) => [`n${n - 1}`, upTo(`n${n - 1}` === sick ? last : commitsEach)]),
  );
}

async function poisoned<Tx>({ checkpoints, projection, applied }: Kind<Tx>): Promise<void> {
  const { store } = await shared.site.client(storeName());
  await importCommits(store, commits());
  const handling = { broken: true };
  const start = () =>
    observe<typeof family, Tx>(store, projection(handling), { checkpoints: checkpoints(store) });
  const startedMs = performance.now();
  let running = start();
  await running.caughtUp({ timeoutMs: 60_000 });
  const seconds = (performance.now() - startedMs) / 1000;
  expect(await applied()).toEqual(expected(poison - 1));
  const parked = { family: family.name, id: sick, attempts: 3, error: "Error: no such drink" };
  expect(running.parked.list()).toMatchObject([parked]);
  const at = running.parked.list()[0]!.sequence;
  await expect(running.reached(at)).rejects.toThrow(/parked/);

  // Not mended yet: it stays, and nothing passes it.
  expect(await running.parked.retry()).toMatchObject([{ sequence: at, attempts: 4 }]);
  expect(await applied()).toEqual(expected(poison - 1));

  // What is parked outlives the run, and what comes is held back behind it.
  await running.stop();
  running = start();
  const more = { family, id: sick, expect: "any", events: [counted(sick, 51)] } as const;
  await store.publish(more);
  await running.caughtUp();
  expect(running.parked.list()).toMatchObject([{ sequence: at }]);
  expect(await applied()).toEqual(expected(poison - 1));

  handling.broken = false;
  expect(await running.parked.retry({ family: family.name, id: sick })).toEqual([]);
  expect(running.parked.list()).toEqual([]);
  expect(await applied()).toEqual(expected(commitsEach + 1));
  await running.reached((await store.publish(more)).head.sequence);
  await running.stop();
  running = start();
  await until("it to be live", () => running.state === "live");
  expect(running.parked.list()).toEqual([]);
  await running.stop();
  expect(await applied()).toEqual(expected(commitsEach + 2));
  console.info(`${total} commits with a poison one: ${(total / seconds).toFixed(0)} per second`);
}

test("one bad commit of 10,000 is parked, the rest goes on: checkpoints in the store", () =>
  poisoned(inMemory()));

test("one bad commit of 10,000 is parked, the rest goes on: batches in PostgreSQL", () =>
  poisoned(inPostgres()));

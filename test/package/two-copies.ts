import assert from "node:assert/strict";
import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { connect } from "@nats-io/transport-node";
import type * as jetfold from "jetfold";
import type { CommandTo } from "jetfold";
import type * as nats from "jetfold/nats";
import type * as postgres from "jetfold/postgres";
import type * as rx from "jetfold/rx";
import type * as testing from "jetfold/testing";
import type * as worker from "jetfold/worker";
import { firstValueFrom, take, toArray } from "rxjs";
import { until } from "../faults/until.ts";
import type { Checklist } from "./checklist.ts";
import type { Tarball } from "./tarball.ts";

type Copy = typeof jetfold &
  typeof nats &
  typeof postgres &
  typeof rx &
  typeof testing &
  typeof worker;

/** The two installed copies, and a store of each on one stream. */
interface Pair {
  readonly directory: string;
  readonly one: Copy;
  readonly other: Copy;
  readonly store: nats.NatsStore;
  readonly otherStore: nats.NatsStore;
  readonly url: string;
}

/**
 * Install the package twice in one tree, as npm does for two versions, and use the copies together
 * on a real server: definitions, roots, errors, checkpoints and streams of one in calls of the other.
 */
export async function checkTwoCopies(
  list: Checklist,
  { directory: unpacked }: Tarball,
  directory: string,
): Promise<void> {
  const modules = join(directory, "node_modules");
  await mkdir(modules, { recursive: true });
  for (const name of ["@nats-io", "@standard-schema", "msgpackr", "rxjs", "tslib"]) {
    await symlink(resolve("node_modules", name), join(modules, name));
  }
  const [one, other] = await Promise.all(
    ["one", "other"].map(async (name) => {
      await cp(unpacked, join(modules, name), { recursive: true });
      return load(join(modules, name));
    }),
  );
  await using server = await one!.startNatsServer();
  const connection = await connect({
    servers: server.url,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
  });
  const options = { name: "two", onWarning: () => undefined };
  const [store, otherStore] = [
    await one!.NatsStore.open(connection, options),
    await other!.NatsStore.open(connection, options),
  ];
  const pair = { directory, one: one!, other: other!, store, otherStore, url: server.url };
  try {
    for (const [name, check] of Object.entries(checks)) {
      await list.check(`two copies: ${name}`, () => check(pair));
    }
  } finally {
    await Promise.all([store.close(), otherStore.close()]);
    await connection.close();
  }
}

async function load(directory: string): Promise<Copy> {
  const entries = ["", "nats/", "postgres/", "rx/", "testing/", "worker/"];
  const all = await Promise.all(
    entries.map(async (entry) => {
      const file = join(directory, "dist", entry, "index.js");
      return (await import(pathToFileURL(file).href)) as object;
    }),
  );
  return Object.assign({}, ...all) as Copy;
}

type Counted = { readonly type: "Counted"; readonly by: string };

/** The definitions that each copy makes; they are of one family. */
function definitionsOf({ defineAggregate, defineEvents, Rejection }: Copy, name = "Count") {
  const Events = defineEvents<Counted>()({ name, types: { Counted: {} } });
  const Count = defineAggregate({
    name,
    events: Events,
    initial: () => 0,
    process(_, command: { by: string }) {
      if (command.by === "nobody") throw new Rejection("nobody", "must be somebody");
      return [{ type: "Counted", by: command.by }];
    },
    apply: (count: number) => count + 1,
    upcastState: [],
  });
  return { Events, Count };
}

const code =
  (...codes: string[]) =>
  (error: unknown): boolean =>
    codes.includes((error as { code?: string }).code!);

/** A projection of one copy is replaced by a version of the other; a second runner is noticed. */
async function replaced(
  { one, other, store, otherStore }: Pair,
  name: string,
  // oxlint-disable-next-line typescript/no-explicit-any
  checkpointsOf: (copy: Copy, store: nats.NatsStore) => any,
): Promise<void> {
  const of = (copy: Copy, version: number) =>
    copy.defineProjection({
      name,
      version,
      events: definitionsOf(copy).Events,
      project: () => undefined,
    });
  const options = { checkpoints: checkpointsOf(other, store) };
  const running = one.observe(store, of(one, 1), options);
  await running.caughtUp();
  const again = other.observe(otherStore, of(other, 1), {
    checkpoints: checkpointsOf(one, otherStore),
  });
  await again.caughtUp();
  await other.execute(otherStore, definitionsOf(other).Count, name, { by: "x" });
  await until("one to be noticed", () => [running, again].some(({ state }) => state === "failed"));
  const [failed, left] = running.state === "failed" ? [running, again] : [again, running];
  assert.ok(one.isJetfoldError(failed.error, "second-runner"), String(failed.error));
  const next = other.observe(store, of(other, 2), { checkpoints: checkpointsOf(one, store) });
  await next.activated();
  await until("the one before to be superseded", () => left.state === "superseded");
  await next.stop();
}

const checks: Readonly<Record<string, (pair: Pair) => Promise<void>>> = {
  "20 rivals on one aggregate all succeed": async ({ one, other, store, otherStore }) => {
    const [mine, others] = [definitionsOf(one), definitionsOf(other)];
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => {
        const [copy, on] = [i % 2 ? one : other, i % 4 < 2 ? store : otherStore];
        return copy.execute(on, i % 3 ? mine.Count : others.Count, "a", { by: `w${i}` });
      }),
    );
    assert.equal((await one.read(otherStore, others.Count, "a")).state, 20);
  },
  "errors and rejections are recognised": async ({ one, other, store, otherStore }) => {
    const { Count } = definitionsOf(one);
    const rejected = await other
      .execute(store, Count, "c", { by: "nobody" })
      .catch((e: unknown) => e);
    assert.ok(one.isJetfoldError(rejected, "rejected") && one.isRejection(rejected.rejection));
    const expected = { expectedRevision: 7 };
    const mismatch = one.execute(otherStore, Count, "c", { by: "x" }, expected);
    await assert.rejects(mismatch, (error) => other.isJetfoldError(error, "revision-mismatch"));
  },
  "what is away for one is waited for by the other": async ({ one, other, store }) => {
    let calls = 0;
    const projection = one.defineProjection({
      name: "away",
      events: definitionsOf(one).Events,
      project() {
        if (calls++ === 0) throw new other.UnavailableError("away");
      },
      onError: { retries: 0, policy: "stop" },
    });
    const running = one.observe(store, projection);
    await running.caughtUp();
    await running.stop();
  },
  "checkpoints in the store": (pair) =>
    replaced(pair, "kv", (copy, store) => copy.kvCheckpoints(store)),
  "checkpoints in PostgreSQL": async (pair) => {
    await using database = await PGlite.create();
    await replaced(pair, "pg", (copy) => copy.postgresCheckpoints(database));
  },
  "a reactor of one, with commands of the other": async ({ one, other, store, otherStore }) => {
    const reactor = one.defineReactor({
      name: "echo",
      events: definitionsOf(other).Events.of("a"),
      react: (): CommandTo[] => [other.commandTo(definitionsOf(other).Count, "echo", { by: "r" })],
    });
    const running = other.react(otherStore, reactor);
    await running.caughtUp();
    await running.stop();
    assert.equal((await one.read(store, definitionsOf(one).Count, "echo")).state, 20);
  },
  rx: async ({ one, other, store, otherStore }) => {
    const { Events } = definitionsOf(other);
    const some = one.events$(otherStore, Events.of("a")).pipe(take(20), toArray());
    assert.equal((await firstValueFrom(some)).length, 20);
    const projection = one.defineProjection({
      name: "rx",
      events: Events,
      project: () => undefined,
    });
    const running = one.observe(store, projection);
    const states = firstValueFrom(other.state$(running).pipe(toArray()));
    await running.caughtUp();
    await running.stop();
    assert.equal((await states).at(-1)?.state, "stopped");
  },
  "a worker of one, started by the other": async ({ directory, one, other, url }) => {
    await writeFile(join(directory, "worker.mjs"), workerModule);
    const module = pathToFileURL(join(directory, "worker.mjs"));
    await using screen = await one.startWorker(module, { data: { url } });
    await screen.caughtUp();
    const queries = screen as unknown as {
      query(name: string, args?: unknown[]): Promise<unknown>;
    };
    assert.deepEqual(await queries.query("moved"), new Uint8Array(4).fill(7));
    assert.equal(await queries.query("size", [other.transfer(new Uint8Array(9))]), 9);
    await assert.rejects(queries.query("fail"), code("conflict"));
  },
  "roots of one are written on and truncated by the other": async (pair) => {
    const { one, other, store, otherStore } = pair;
    const [mine, others] = [one, other].map((copy) => definitionsOf(copy, "Cut").Count);
    const root = await one.execute(store, mine!, "a", { by: "x" });
    const written = await other.write(otherStore, others!, root, [{ type: "Counted", by: "y" }]);
    await other.snapshotAndTruncate(store, others!, written);
    assert.equal((await one.read(otherStore, mine!, "a")).state, 2);
    assert.equal((await other.read(store, others!, "a", { fresh: "leader" })).state, 2);
  },
};

const workerModule = `
import { connect } from "@nats-io/transport-node";
import { ConflictError, defineEvents, defineProjection, observe } from "other";
import { NatsStore } from "other/nats";
import { runInWorker, transfer } from "other/worker";
export default runInWorker({
  async start({ data }) {
    const connection = await connect({ servers: data.url, maxReconnectAttempts: -1 });
    const store = await NatsStore.open(connection, { name: "two", onWarning: () => undefined });
    const events = defineEvents()({ name: "Count", types: { Counted: {} } });
    const running = observe(store, defineProjection({ name: "w", events, project() {} }));
    const queries = {
      moved: () => transfer(new Uint8Array(4).fill(7)),
      size: (bytes) => bytes.byteLength,
      fail() { throw new ConflictError({ family: "Count", id: "a" }, 1, 2); },
    };
    return { running, queries, close: async () => { await store.close(); await connection.close(); } };
  },
});
`;

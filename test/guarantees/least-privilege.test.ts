import { PGlite } from "@electric-sql/pglite";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import {
  defineAggregate,
  defineEvents,
  defineProjection,
  dropProjection,
  execute,
  forgetProjection,
  kvCheckpoints,
  newRoot,
  msgpackCodec,
  observe,
  read,
  saveSnapshot,
  snapshotAndTruncate,
  write,
} from "jetfold";
import { NatsStore } from "jetfold/nats";
import { postgresCheckpoints, type Sql } from "jetfold/postgres";
import { startNatsServer } from "jetfold/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../faults/until.ts";

type Counted = { type: "Counted"; n: number };
const Counts = defineEvents<Counted>()({ name: "Count", types: { Counted: {} } });
const Counter = defineAggregate({
  events: Counts,
  initial: () => 0,
  upcastState: [],
  process: (_, command: { n: number }): Counted[] => [{ type: "Counted", n: command.n }],
  apply: (sum, { n }) => sum + n,
});

/** What each role may publish on, beside what the role before it may. The README shows these. */
const reader = [
  "$JS.API.STREAM.INFO.cafe",
  "$JS.API.STREAM.INFO.KV_cafe-snapshots",
  "$JS.API.STREAM.INFO.KV_cafe-projections",
  "$JS.API.STREAM.MSG.GET.cafe",
  "$JS.API.DIRECT.GET.cafe",
  "$JS.API.DIRECT.GET.cafe.cafe.>",
  "$JS.API.DIRECT.GET.KV_cafe-snapshots.>",
  "$JS.API.STREAM.MSG.GET.KV_cafe-snapshots",
  "$JS.API.CONSUMER.CREATE.cafe.>",
  "$JS.API.CONSUMER.DELETE.cafe.*",
  "$JS.FC.cafe.>",
];
const writer = [...reader, "cafe.>", "$KV.cafe-snapshots.>"];
const projector = [
  ...reader,
  "$KV.cafe-projections.>",
  "$JS.API.DIRECT.GET.KV_cafe-projections.>",
  "$JS.API.STREAM.MSG.GET.KV_cafe-projections",
];
const truncator = [
  ...writer,
  "$JS.API.STREAM.PURGE.cafe",
  "$JS.API.DIRECT.GET.KV_cafe-projections.>",
  "$JS.API.STREAM.MSG.GET.KV_cafe-projections",
];
const roles = { reader, writer, projector, truncator };

const users = Object.entries(roles).map(
  ([name, publish]) => `{ user: ${name}, password: p, permissions: {
    publish: ${JSON.stringify(publish)}, subscribe: ["_INBOX_${name}.>"] } }`,
);
const server = await startNatsServer({
  config: `authorization { users: [ { user: admin, password: p }, ${users.join(", ")} ] }`,
});
const opened: NatsConnection[] = [];

async function storeOf(user: string): Promise<NatsStore> {
  const servers = `127.0.0.1:${server.port}`;
  const connection = await connect({ servers, user, pass: "p", inboxPrefix: `_INBOX_${user}` });
  opened.push(connection);
  const create = user === "admin";
  return NatsStore.open(connection, { name: "cafe", create, onWarning: () => undefined });
}

beforeAll(async () => {
  const store = await storeOf("admin");
  await write(store, Counter, newRoot(Counter, "a"), [{ type: "Counted", n: 1 }]);
  await write(store, Counter, newRoot(Counter, "long"), [{ type: "Counted", n: 1 }]);
});

afterAll(async () => {
  await Promise.all(opened.map((connection) => connection.close()));
  await server.close();
});

async function numbersOf(store: NatsStore): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { event } of store.replay(Counts)) numbers.push(event.n);
  return numbers;
}

describe("without admin rights", () => {
  it("a reader reads, replays and subscribes, and can't write", async () => {
    const store = await storeOf("reader");
    expect((await read(store, Counter, "a")).state).toBeGreaterThan(0);
    expect((await numbersOf(store)).length).toBeGreaterThan(1);
    for await (const { type } of store.subscribe(Counts)) {
      expect(type).toBe("Counted");
      break;
    }
    const refused = execute(store, Counter, "a", { n: 1 });
    await expect(refused).rejects.toMatchObject({ code: "config", message: /may not publish/ });
    await expect(store.truncate(Counts, "long", 2)).rejects.toMatchObject({ code: "config" });
  });

  it("a writer executes and writes transactions, and can't truncate", async () => {
    const store = await storeOf("writer");
    const { state } = await execute(store, Counter, "w", { n: 5 });
    expect(state).toBe(5);
    const event = { type: "Counted", n: 1 } as const;
    await store.transact([
      { family: Counts, id: "w", expect: "any", events: [event] },
      { family: Counts, id: "v", expect: "new", events: [event] },
    ]);
    expect((await read(store, Counter, "w")).state).toBe(6);
    await expect(store.truncate(Counts, "w", 2)).rejects.toMatchObject({ code: "config" });
    const root = await read(store, Counter, "w");
    const truncating = snapshotAndTruncate(store, Counter, root);
    await expect(truncating).rejects.toMatchObject({ code: "config" });
  });

  it("a projector keeps its checkpoint, and can't write events", async () => {
    const store = await storeOf("projector");
    const seen: number[] = [];
    const projection = defineProjection({
      name: "sum",
      events: Counts,
      project: ({ event }) => void seen.push(event.n),
    });
    const running = observe(store, projection, { checkpoints: kvCheckpoints(store) });
    await running.caughtUp();
    await running.stop();
    await running.done;
    expect(seen).toEqual(await numbersOf(store));
    const again = observe(store, projection, { checkpoints: kvCheckpoints(store) });
    await again.caughtUp();
    await again.stop();
    expect(again.handled).toBe(0);
    const standby = true;
    const shared = observe(store, projection, { checkpoints: kvCheckpoints(store), standby });
    await shared.caughtUp();
    await shared.stop();
    expect([shared.state, shared.error]).toEqual(["stopped", undefined]);
    const refused = execute(store, Counter, "a", { n: 1 });
    await expect(refused).rejects.toMatchObject({ code: "config" });
  });

  it("a projector retries, discards, drops and forgets", async () => {
    const admin = await storeOf("admin");
    for (const id of ["p1", "p2"]) {
      await write(admin, Counter, newRoot(Counter, id), [{ type: "Counted", n: 0 }]);
    }
    const store = await storeOf("projector");
    let broken = true;
    const version = (n: number) =>
      defineProjection({
        name: "parking",
        version: n,
        events: Counts,
        project({ id }) {
          if (broken && id.startsWith("p")) throw new Error("not yet");
        },
        onError: { retries: 0, policy: "park" },
      });
    const checkpoints = kvCheckpoints(store);
    const running = observe(store, version(1), { checkpoints });
    await until("both to be parked", () => running.parked.list().length === 2);
    broken = false;
    expect(await running.parked.retry({ family: "Count", id: "p1" })).toEqual([]);
    expect(await running.parked.discard({ family: "Count", id: "p2" })).toEqual([]);
    await running.stop();
    const next = observe(store, version(2), { checkpoints });
    await next.activated();
    await next.stop();
    await dropProjection(store, version(1), checkpoints);
    await forgetProjection(store, "parking", 2);
    const fresh = { fresh: "leader" } as const;
    for await (const key of store.projections.keys()) {
      const left = key.includes("parking") && (await store.projections.get(key, fresh));
      expect(left || undefined, key).toBe(undefined);
    }
    // What is gone can be made again.
    const again = observe(store, version(1), { checkpoints, standby: true });
    await again.caughtUp();
    await again.stop();
    expect(again.error).toBe(undefined);
  });

  it("a projector with its checkpoints in a database starts on what was stored before homes", async () => {
    const admin = await storeOf("admin");
    const put = (key: string, value: object): Promise<number> =>
      admin.projections.put(key, msgpackCodec.encode(value, ""));
    const entry = { name: "old", version: 1, families: ["Count"], position: 0 };
    await put("registered.old.1", entry);
    await put("lease.old.1", { holder: "before", takeOverMs: 600, free: true });
    const store = await storeOf("projector");
    await using postgres = await PGlite.create();
    const projection = defineProjection<typeof Counts, Sql>({
      name: "old",
      events: Counts,
      project: () => undefined,
    });
    const checkpoints = postgresCheckpoints(postgres);
    const running = observe(store, projection, { checkpoints, standby: true });
    await running.caughtUp();
    await until("live", () => running.state === "live");
    for (const key of ["registered.old.1", "lease.old.1"]) {
      expect(await store.projections.get(key, { fresh: "leader" })).toBe(undefined);
    }
    await running.stop();
    expect([running.state, running.error]).toEqual(["stopped", undefined]);
    await forgetProjection(store, "old", 1, checkpoints);
  }, 120_000);

  it("a truncator leaves no snapshot of an earlier version", async () => {
    const admin = await storeOf("admin");
    for (const name of ["sum", "old", "parking"]) await forgetProjection(admin, name);
    const store = await storeOf("truncator");
    const at = (version: number) =>
      defineAggregate({
        events: Counts,
        name: "sum",
        version,
        initial: () => 0,
        upcastState: Array.from({ length: version - 1 }, () => (state: unknown) => state),
        process: () => [],
        apply: (sum: number, { n }) => sum + n,
      });
    const root = await write(store, at(1), newRoot(at(1), "snapped"), [{ type: "Counted", n: 2 }]);
    await saveSnapshot(store, at(1), root);
    const key = "Count.snapped.1.sum";
    expect(await store.snapshots.get(key, { fresh: "leader" })).not.toBe(undefined);
    await snapshotAndTruncate(store, at(2), await read(store, at(2), "snapped"));
    expect(await store.snapshots.get(key, { fresh: "leader" })).toBe(undefined);
  });

  it("a truncator truncates", async () => {
    await forgetProjection(await storeOf("admin"), "sum");
    const store = await storeOf("truncator");
    let root = await read(store, Counter, "long");
    root = await write(store, Counter, root, [{ type: "Counted", n: 2 }]);
    const { deleted } = await snapshotAndTruncate(store, Counter, root);
    expect(deleted).toBe(2);
    expect((await read(store, Counter, "long")).state).toBe(3);
  });

  it("nobody but an admin creates a store", async () => {
    const connection = opened.find((one) => one.info?.client_id !== undefined)!;
    const servers = `127.0.0.1:${server.port}`;
    const user = { user: "writer", pass: "p", inboxPrefix: "_INBOX_writer" };
    const writing = await connect({ servers, ...user });
    opened.push(writing);
    await expect(NatsStore.open(writing, { name: "other" })).rejects.toMatchObject({
      code: "config",
    });
    const missing = NatsStore.open(connection, { name: "other", create: false });
    await expect(missing).rejects.toMatchObject({ code: "config", message: /does not exist/ });
  });
});

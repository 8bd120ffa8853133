/** A user's program. It is compiled against the packed declarations, and run. */
import assert from "node:assert/strict";
import { isMainThread } from "node:worker_threads";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import {
  type Aggregate,
  defineAggregate,
  defineEvents,
  defineProjection,
  execute,
  type Family,
  jsonCodec,
  observe,
  read,
  rebuild,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { NatsStore, type NatsStoreOptions } from "jetfold/nats";
import { events$, projected$, projectWith, state$ } from "jetfold/rx";
import { given, startNatsServer, storeContract } from "jetfold/testing";
import { lastValueFrom, type Observable, toArray } from "rxjs";
import { runInWorker, startWorker, type WorkerModule } from "jetfold/worker";

type LampEvent =
  | { readonly type: "SwitchedOn"; readonly watts: number }
  | { readonly type: "SwitchedOff" };
type LampCommand = "on" | "off";

const LampEvents: Family<LampEvent> = defineEvents<LampEvent>()({
  name: "Lamp",
  types: {
    SwitchedOn: { upcast: [(old: { type: "SwitchedOn" }) => ({ ...old, watts: 40 })] },
    SwitchedOff: {},
  },
});

const Lamp: Aggregate<boolean, LampCommand, LampEvent> = defineAggregate({
  events: LampEvents,
  initial: () => false,
  process: (on: boolean, command: LampCommand): LampEvent[] => {
    if (command === "off") return on ? [{ type: "SwitchedOff" }] : [];
    return on ? [] : [{ type: "SwitchedOn", watts: 60 }];
  },
  apply: (_, event) => event.type === "SwitchedOn",
});

/** Compiled, and not called: it needs a server. */
export async function onNats(options: Omit<NatsStoreOptions, "name">): Promise<boolean> {
  await using server = await startNatsServer();
  const connection: NatsConnection = await connect({ servers: server.url });
  const store = await NatsStore.open(connection, { ...options, name: "lamps" });
  const { state } = await execute(store, Lamp, "hall", "on");
  await store.close();
  await connection.close();
  return state;
}

/** A worker that counts the watts of a store of its own. */
function countInWorker(): WorkerModule<{ readonly lamps: number }, { watts(): number }> {
  return runInWorker({
    async start({ data }) {
      let watts = 0;
      const usage = defineProjection({
        name: "usage",
        events: LampEvents.only("SwitchedOn"),
        project: ({ event }) => void (watts += event.watts),
      });
      const store = await MemoryStore.open();
      for (let n = 0; n < data.lamps; n++) await execute(store, Lamp, `lamp${n}`, "on");
      const running = observe(store, usage);
      return { running, queries: { watts: () => watts }, close: () => store.close() };
    },
  });
}

async function askWorker(): Promise<void> {
  const module = new URL(import.meta.url);
  const worker = await startWorker<ReturnType<typeof countInWorker>>(module, {
    data: { lamps: 3 },
  });
  await worker.caughtUp();
  assert.equal(await worker.query("watts"), 180);
  await worker.stop();
  assert.equal(worker.state, "stopped");
}

async function main(): Promise<void> {
  given(Lamp, [])
    .when("on")
    .then([{ type: "SwitchedOn", watts: 60 }]);

  const store = await MemoryStore.open({ codec: jsonCodec });
  const { events, head } = await execute(store, Lamp, "hall", "on");
  assert.deepEqual(events, [{ type: "SwitchedOn", watts: 60 }]);
  await execute(store, Lamp, "hall", "off");
  assert.equal((await read(store, Lamp, "hall", { until: head.sequence })).state, true);

  let watts = 0;
  const usage = defineProjection({
    name: "usage",
    events: LampEvents.only("SwitchedOn"),
    project(envelope) {
      watts += envelope.event.watts;
    },
  });
  await rebuild(store, usage);
  const running = observe(store, usage);
  const states = lastValueFrom(state$(running));
  await running.reached(head.sequence);
  await running.stop();
  assert.equal(watts, 120);
  assert.equal((await states).state, "stopped");

  const stored = events$(store, LampEvents, { read: "history" });
  const types: Observable<string> = stored.pipe(
    projectWith(async (envelope) => envelope.event.type, { buffer: 9 }),
  );
  assert.deepEqual(await lastValueFrom(types.pipe(toArray())), ["SwitchedOn", "SwitchedOff"]);
  const ids: Observable<string> = projected$(store, LampEvents, async ({ id }) => id, {
    read: "history",
    buffer: 1,
  });
  assert.equal(await lastValueFrom(ids), "hall");

  const none = "a consumer's harness";
  const missing = { reopen: none, foreign: none, payload: none, readers: none, "size-limit": none };
  assert.ok(storeContract({ open: () => MemoryStore.open(), missing }).length > 0);
  await store.close();
}

if (isMainThread) {
  await main();
  await askWorker();
  console.log("consumer: done");
} else {
  countInWorker();
}

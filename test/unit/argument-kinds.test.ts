import * as jetfold from "jetfold";
import {
  commandTo,
  defineAggregate,
  defineEvents,
  defineProjection,
  defineReactor,
  isJetfoldError,
  kvCheckpoints,
  newRoot,
  observe,
} from "jetfold";
import * as memory from "jetfold/memory";
import * as nats from "jetfold/nats";
import * as postgres from "jetfold/postgres";
import * as rx from "jetfold/rx";
import * as testing from "jetfold/testing";
import * as worker from "jetfold/worker";
import { firstValueFrom, type Observable, of } from "rxjs";
import { expect, test } from "vitest";

type Noted = { type: "Noted" };
const Notes = defineEvents<Noted>()({ name: "Note", types: { Noted: {} } });
const Note = defineAggregate({
  events: Notes,
  initial: () => 0,
  process: () => [{ type: "Noted" }],
  apply: (count: number) => count + 1,
  upcastState: [],
});
const projection = defineProjection({ name: "n", events: Notes, project: () => undefined });
const reactor = defineReactor({ name: "r", events: Notes, react: () => undefined });
const store = await memory.MemoryStore.open();
const checkpoints = kvCheckpoints(store);
const root = await jetfold.execute(store, Note, "a", {});
const running = observe(store, projection);
await running.caughtUp();
await running.stop();
const inspection = await jetfold.inspect(store, Note, "a");
const envelope = (await store.replay(Notes)[Symbol.asyncIterator]().next()).value;

const commit = { family: Notes, id: "b", expect: "any", events: [] };

async function gather(source: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of source) break;
}

/** A function with arguments as they should be; `free` are those that may be anything. */
interface Way {
  readonly call: (...args: never[]) => unknown;
  readonly good: readonly unknown[];
  readonly free?: readonly number[];
}
const way = (call: Way["call"], good: readonly unknown[], ...free: number[]): Way => ({
  call,
  good,
  free,
});
const first = (call: (...args: never[]) => Observable<unknown>) =>
  ((...args: never[]) => firstValueFrom(call(...args))) as Way["call"];

/** Every function of the package, by entry and name, and the methods that make stores. */
const ways: Readonly<Record<string, Way>> = {
  "jetfold adoptCheckpoint": way(jetfold.adoptCheckpoint, [store, projection, checkpoints]),
  "jetfold aggregateIds": way(jetfold.aggregateIds, [store, Notes]),
  "jetfold checkId": way(jetfold.checkId, ["a"]),
  "jetfold checkName": way(jetfold.checkName, ["field", "a"], 0),
  "jetfold commandTo": way(commandTo, [Note, "a", {}], 2),
  "jetfold defineAggregate": way(defineAggregate, [Note]),
  "jetfold defineEvents": way(defineEvents(), [{ name: "N", types: { A: {} } }]),
  "jetfold defineProjection": way(defineProjection, [projection]),
  "jetfold defineReactor": way(defineReactor, [reactor]),
  "jetfold dropProjection": way(jetfold.dropProjection, [store, projection, checkpoints]),
  "jetfold execute": way(jetfold.execute, [store, Note, "a", {}], 3),
  "jetfold find": way(jetfold.find, [store, Note, "a"]),
  "jetfold forgetAggregate": way(jetfold.forgetAggregate, [store, Note, "a"]),
  "jetfold forgetProjection": way(jetfold.forgetProjection, [store, "n"]),
  "jetfold idOf": way(jetfold.idOf, ["a"]),
  "jetfold importCommits": way(jetfold.importCommits, [store, []]),
  "jetfold inspect": way(jetfold.inspect, [store, Note, "a"]),
  "jetfold kvCheckpoints": way(kvCheckpoints, [store]),
  "jetfold lazyEvent": way(jetfold.lazyEvent, [envelope]),
  "jetfold newRoot": way(newRoot, [Note, "a"]),
  "jetfold observe": way(observe, [store, projection]),
  "jetfold pickFields": way(jetfold.pickFields, [envelope, "type"]),
  "jetfold react": way(jetfold.react, [store, reactor]),
  "jetfold read": way(jetfold.read, [store, Note, "a"]),
  "jetfold readAfter": way(jetfold.readAfter, [store, Note, root]),
  "jetfold rebuild": way(jetfold.rebuild, [store, projection]),
  "jetfold repair": way(jetfold.repair, [store, Note, inspection]),
  "jetfold saveSnapshot": way(jetfold.saveSnapshot, [store, Note, root]),
  "jetfold snapshotAndTruncate": way(jetfold.snapshotAndTruncate, [store, Note, root]),
  "jetfold write": way(jetfold.write, [store, Note, root, []]),
  "a store's publish": way(store.publish.bind(store), [commit]),
  "a store's transact": way(store.transact.bind(store), [[commit, commit]]),
  "a store's replay": way((s: never) => gather(store.replay(s)), [Notes]),
  "a store's subscribe": way((s: never) => gather(store.subscribe(s)), [Notes]),
  "a store's last": way(store.last.bind(store), [Notes, "a"]),
  "a store's at": way(store.at.bind(store), [Notes, 1]),
  "a store's stampAt": way(store.stampAt.bind(store), [1]),
  "a store's end": way(store.end.bind(store), [Notes]),
  "a store's count": way(store.count.bind(store), [Notes, 0]),
  "a store's ids": way((s: never) => gather(store.ids(s)), [Notes]),
  "a store's truncate": way(store.truncate.bind(store), [Notes, "a", 1]),
  "a bucket's get": way(store.projections.get.bind(store.projections), ["k"]),
  "a bucket's put": way(store.projections.put.bind(store.projections), ["k", new Uint8Array(1)]),
  "a bucket's remove": way(store.projections.remove.bind(store.projections), ["k"]),
  "jetfold/nats NatsStore.open": way(nats.NatsStore.open, [{}, { name: "s" }]),
  "jetfold/postgres postgresCheckpoints": way(postgres.postgresCheckpoints, [
    { query: () => undefined, transaction: () => undefined },
  ]),
  "jetfold/rx commits$": way(first(rx.commits$), [store, Notes]),
  "jetfold/rx events$": way(first(rx.events$), [store, Notes]),
  "jetfold/rx projectWith": way(
    (projector: never, options: never) =>
      firstValueFrom(of(1).pipe(rx.projectWith(projector, options))),
    [(n: number) => n, { buffer: 1 }],
  ),
  "jetfold/rx projected$": way(first(rx.projected$), [store, Notes, () => 1, { buffer: 1 }]),
  "jetfold/rx state$": way(first(rx.state$), [running]),
  "jetfold/testing given": way(testing.given, [Note, []]),
  "jetfold/testing projectionContract": way(testing.projectionContract, [{ open: () => store }]),
  "jetfold/testing skippedCases": way(testing.skippedCases, [{ open: () => store }]),
  "jetfold/testing skippedProjectionCases": way(testing.skippedProjectionCases, [
    { open: () => store },
  ]),
  "jetfold/testing storeContract": way(testing.storeContract, [{ open: () => store }]),
  "jetfold/worker runInWorker": way(worker.runInWorker, [{ start: () => undefined }]),
  "jetfold/worker startWorker": way(worker.startWorker, [new URL("file:///none.ts")]),
  "jetfold/worker transfer": way(worker.transfer, [new Uint8Array(1)]),
};

/** Those that take options only (see arguments.test.ts), or nothing, or tell of anything what it is. */
const others = new Set([
  "jetfold isJetfoldError",
  "jetfold isRejection",
  "jetfold memoryCheckpoints",
  "jetfold newId",
  "jetfold/postgres postgresTables",
  "jetfold/testing resolveNatsServer",
  "jetfold/testing runningServerUrl",
  "jetfold/testing startNatsCluster",
  "jetfold/testing startNatsServer",
]);

test("every function of the package is tried here", () => {
  const entries = {
    jetfold,
    "jetfold/memory": memory,
    "jetfold/nats": nats,
    "jetfold/postgres": postgres,
    "jetfold/rx": rx,
    "jetfold/testing": testing,
    "jetfold/worker": worker,
  };
  const isClass = (value: Function): boolean => /^class\b/.test(String(value));
  const all = Object.entries(entries).flatMap(([entry, exported]) =>
    Object.entries(exported)
      .filter(([, value]) => typeof value === "function" && !isClass(value))
      .map(([name]) => `${entry} ${name}`),
  );
  const tried = new Set(Object.keys(ways));
  expect(all.filter((name) => !tried.has(name) && !others.has(name))).toEqual([]);
});

async function outcomeOf(call: () => unknown): Promise<unknown> {
  try {
    const made = await call();
    // A projection that was begun fails later, which is too late.
    await (made as { stop?(): Promise<void> } | undefined)?.stop?.();
    return made;
  } catch (error) {
    return error;
  }
}

/** Whatever is no argument of any of these. */
const wrong: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  "a promise": () => Promise.resolve(store),
  "a number": () => 7,
  "an empty object": () => ({}),
};

test.each(Object.entries(ways))(
  "%s names the argument that is none",
  async (name, { call, good, free }) => {
    const bad: string[] = [];
    for (const [position] of good.entries()) {
      if (free?.includes(position)) continue;
      for (const [kind, make] of Object.entries(wrong)) {
        if (kind === "a number" && typeof good[position] === "number") continue;
        const args = good.map((one, i) => (i === position ? make() : one));
        const error = await outcomeOf(() => (call as Function)(...args));
        const known =
          isJetfoldError(error, "invalid-input") ||
          (isJetfoldError(error, "config") && name.includes("define"));
        const told = String(error).slice(0, 150);
        const names = kind !== "a promise" || good[position] !== store || /await/.test(told);
        if (!known || !names) bad.push(`${position}, ${kind}: ${told}`);
      }
    }
    expect(bad).toEqual([]);
  },
);

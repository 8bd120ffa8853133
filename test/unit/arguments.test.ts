import {
  adoptCheckpoint,
  defineAggregate,
  defineEvents,
  defineProjection,
  defineReactor,
  forgetProjection,
  importCommits,
  InvalidInputError,
  kvCheckpoints,
  observe,
  react,
  rebuild,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { NatsStore } from "jetfold/nats";
import { postgresCheckpoints } from "jetfold/postgres";
import { events$, projectWith } from "jetfold/rx";
import { given, startNatsCluster, startNatsServer } from "jetfold/testing";
import { startWorker } from "jetfold/worker";
import { firstValueFrom, of } from "rxjs";
import { expect, test } from "vitest";

const Notes = defineEvents<{ type: "Noted" }>()({ name: "Note", types: { Noted: {} } });
const folded = { events: Notes, initial: () => 0, process: () => [], apply: (n: number) => n };
const projected = { name: "notes", events: Notes, project: () => undefined };
const reacting = { name: "notes", events: Notes, react: () => undefined };

/** Every way in that takes an object of options or a definition, with the others as they should be. */
async function waysIn(): Promise<Record<string, (extra: object) => unknown>> {
  const store = await MemoryStore.open();
  const projection = defineProjection(projected);
  const checkpoints = kvCheckpoints(store);
  const commit = { family: Notes, id: "a", expect: "any", events: [] } as const;
  return {
    defineEvents: (extra) =>
      defineEvents<{ type: "Noted" }>()({ name: "N", types: { Noted: {} }, ...extra }),
    "an event type": (extra) =>
      defineEvents<{ type: "Noted" }>()({ name: "N", types: { Noted: extra as never } }),
    defineAggregate: (extra) => defineAggregate({ ...folded, ...extra }),
    defineProjection: (extra) => defineProjection({ ...projected, ...extra }),
    batch: (extra) => defineProjection({ ...projected, batch: extra }),
    onError: (extra) => defineProjection({ ...projected, onError: extra }),
    defineReactor: (extra) => defineReactor({ ...reacting, ...extra }),
    "MemoryStore.open": (extra) => MemoryStore.open(extra),
    "NatsStore.open": (extra) => NatsStore.open({} as never, { name: "s", ...extra }),
    "a commit": (extra) => store.publish({ ...commit, ...extra }),
    observe: (extra) => observe(store, projection, extra),
    standby: (extra) => observe(store, projection, { standby: extra }),
    react: (extra) => react(store, defineReactor(reacting), extra),
    rebuild: (extra) => rebuild(store, projection, extra),
    adoptCheckpoint: (extra) => adoptCheckpoint(store, projection, checkpoints, extra),
    importCommits: (extra) => importCommits(store, [], extra),
    postgresCheckpoints: (extra) => postgresCheckpoints({} as never, extra),
    startWorker: (extra) => startWorker(new URL("file:///none.ts"), extra),
    restart: (extra) => startWorker(new URL("file:///none.ts"), { restart: extra }),
    events$: (extra) => firstValueFrom(events$(store, Notes, { read: "history", ...extra })),
    projectWith: (extra) =>
      firstValueFrom(of(1).pipe(projectWith((n: number) => n, { buffer: 1, ...extra }))),
    given: (extra) => given(defineAggregate(folded), [], extra),
    startNatsServer: (extra) => startNatsServer(extra),
    startNatsCluster: (extra) => startNatsCluster(extra),
  };
}

async function refusalOf(call: () => unknown): Promise<InvalidInputError> {
  const error: unknown = await (async () => call())().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(InvalidInputError);
  return error as InvalidInputError;
}

const ways = await waysIn();

test.each(Object.keys(ways))(
  "%s refuses a misspelt name, and says which there are",
  async (way) => {
    const error = await refusalOf(() => ways[way]!({ mispelt: 1 }));
    expect(error.field).toMatch(/^(?:.*[.: ])?mispelt$/);
    expect(error.rule).toMatch(/^is no option of .*, which takes \w/);
    expect(error.value).toBe(1);
  },
);

test("a name that every object has is no option, nor is one that is inherited", async () => {
  for (const extra of [{ constructor: 1 }, { toString: 1 }, Object.create({ mispelt: 1 })]) {
    await refusalOf(() => ways["observe"]!(extra as object));
  }
});

test.each([
  ["onError", { policy: "Park" }, /onError\.policy$/],
  ["onError", { retries: -1 }, /onError\.retries$/],
  ["onError", { retries: Number.NaN }, /onError\.retries$/],
  ["onError", { firstMs: -1 }, /onError\.firstMs$/],
  ["onError", { longestMs: Number.NaN }, /onError\.longestMs$/],
  ["batch", { commits: 0 }, /batch\.commits$/],
  ["batch", { commits: Infinity }, /batch\.commits$/],
  ["batch", { ms: Number.NaN }, /batch\.ms$/],
  ["batch", { ms: "50" }, /batch\.ms$/],
  ["defineProjection", { poison: "Skip" }, /^poison$/],
  ["defineProjection", { project: "f" }, /^project$/],
  ["defineAggregate", { apply: undefined }, /^apply$/],
  ["defineAggregate", { snapshots: "never" }, /^snapshots$/],
  ["an event type", { upcast: [5] }, /^types\.Noted\.upcast$/],
  ["observe", { after: "start" }, /^after$/],
  ["observe", { onState: "f" }, /^onState$/],
  ["standby", { takeOverMs: 299 }, /^standby\.takeOverMs$/],
  ["importCommits", { maxInFlight: 1025 }, /^maxInFlight$/],
  ["rebuild", { until: -1 }, /^until$/],
  ["adoptCheckpoint", { from: "" }, /^from$/],
  ["startWorker", { startTimeoutMs: -1 }, /^startTimeoutMs$/],
  ["startWorker", { stopTimeoutMs: Number.NaN }, /^stopTimeoutMs$/],
  ["restart", { limit: -1 }, /^restart\.limit$/],
  ["restart", { limit: 1.5 }, /^restart\.limit$/],
  ["restart", { longestMs: Number.NaN }, /^restart\.longestMs$/],
  ["startNatsServer", { startTimeoutMs: Number.NaN }, /^startTimeoutMs$/],
  ["startNatsCluster", { readyTimeoutMs: -1 }, /^readyTimeoutMs$/],
  ["NatsStore.open", { replicas: 2 }, /^replicas$/],
  ["NatsStore.open", { create: "no" }, /^create$/],
  ["MemoryStore.open", { maxCommitBytes: -1 }, /^maxCommitBytes$/],
  ["projectWith", { concurrency: 0 }, /^concurrency$/],
] as const)("%s refuses %o", async (way, extra, field) => {
  const error = await refusalOf(() => ways[way]!(extra));
  expect(error.field).toMatch(field);
});

test("undefined stands for the default", async () => {
  const batch = { commits: undefined, ms: undefined } as object;
  const onError = { retries: undefined, policy: undefined } as object;
  const projection = defineProjection({ ...projected, batch, onError });
  const store = await MemoryStore.open({ name: undefined, cachedRoots: undefined } as object);
  await store.publish({ family: Notes, id: "a", expect: "any", events: [{ type: "Noted" }] });
  const running = observe(store, projection, { after: undefined, standby: undefined } as object);
  await running.caughtUp({ timeoutMs: undefined } as object);
  expect(running.handled).toBe(1);
  await running.stop();
  await expect(forgetProjection(store, "notes", undefined)).resolves.toBeUndefined();
  await refusalOf(() => forgetProjection(store, "notes", 0));
});

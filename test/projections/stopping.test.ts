import {
  type Checkpoints,
  defineProjection,
  type HandlerContext,
  InvalidInputError,
  kvCheckpoints,
  observe,
  type ProjectionDefinition,
  type Running,
  type StoreWarning,
  UnavailableError,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { afterEach, expect, test } from "vitest";
import { CounterEvents as family } from "../faults/counter.ts";
import { until, within } from "../faults/until.ts";
import { count } from "../guarantees/list-model.ts";

const opened: MemoryStore[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function openStore(): Promise<{ store: MemoryStore; warnings: StoreWarning[] }> {
  const warnings: StoreWarning[] = [];
  const store = await MemoryStore.open({ name: "bank", onWarning: (one) => warnings.push(one) });
  opened.push(store);
  return { store, warnings };
}

const never = (): Promise<never> => new Promise<never>(() => undefined);

/** Checkpoints of which, once told, no save is answered, or each fails. */
function failing(store: MemoryStore) {
  let answer: (() => Promise<void>) | undefined;
  const kept = kvCheckpoints(store);
  const checkpoints: Checkpoints = {
    ...kept,
    async resume(owner) {
      const resumed = await kept.resume(owner);
      return { ...resumed, write: (step) => answer?.() ?? resumed.write(step) };
    },
  };
  return { checkpoints, fail: (how: () => Promise<void>) => void (answer = how) };
}

async function live(running: Running): Promise<void> {
  await until("live", () => running.state === "live");
}

test("a handler that never settles is not waited for beyond the time-out", async () => {
  const { store, warnings } = await openStore();
  const seen: string[] = [];
  const projection = defineProjection({
    name: "list",
    events: family,
    project: ({ id }) => (seen.push(id), never()),
  });
  const checkpoints = kvCheckpoints(store);
  const running = observe(store, projection, { checkpoints });
  await count(store);
  await until("the handler to begin", () => seen.length === 1);
  await within("stopping", running.stop({ timeoutMs: 20 }));
  expect([running.state, running.error]).toEqual(["stopped", undefined]);
  await running.done;
  expect(warnings.map(({ code }) => code)).toEqual(["stop"]);
  await running.stop({ timeoutMs: 20 });
  // Another one handles it again.
  const next = defineProjection({ name: "list", events: family, project: () => undefined });
  const again = observe(store, next, { checkpoints });
  await again.caughtUp();
  expect(again.handled).toBe(1);
  await again.stop();
  expect(warnings.map(({ code }) => code)).toEqual(["stop"]);
});

test("handlers are told by a signal, and what they throw then is not their failure", async () => {
  const { store, warnings } = await openStore();
  let began = 0;
  const waiting = (_: unknown, __: unknown, { signal }: HandlerContext): Promise<never> => {
    began++;
    return new Promise((...settle) =>
      signal.addEventListener("abort", () => settle[1](new Error("left"))),
    );
  };
  const onError = { retries: 0, policy: "park" } as const;
  const checkpoints = kvCheckpoints(store);
  const start = (part: Partial<ProjectionDefinition<typeof family, undefined>>): Running =>
    observe(
      store,
      defineProjection<typeof family, undefined>({
        name: "list",
        events: family,
        onError,
        ...part,
      }),
      { checkpoints },
    );
  await count(store);
  for (const part of [{ project: waiting }, { projectBatch: waiting }]) {
    const running = start(part);
    await until("the handler to begin", () => began === 1);
    await within("stopping", running.stop());
    expect([running.state, running.parked.list()]).toEqual(["stopped", []]);
    began = 0;
  }
  const effects = start({
    project: () => undefined,
    effect: (envelope, context) => waiting(envelope, undefined, context),
  });
  await until("the effect to begin", () => began === 1);
  await within("stopping", effects.stop());
  expect([effects.state, effects.error]).toEqual(["stopped", undefined]);
  expect(warnings).toEqual([]);
});

test.each([
  ["does not answer", never],
  ["is away", () => Promise.reject(new UnavailableError("the server is away"))],
] as const)("what keeps the checkpoint %s: it ends stopped all the same", async (_, how) => {
  const { store, warnings } = await openStore();
  const projection = defineProjection({ name: "list", events: family, project: () => undefined });
  const { checkpoints, fail } = failing(store);
  const running = observe(store, projection, { checkpoints });
  await live(running);
  fail(how);
  const sequence = await count(store);
  await running.reached(sequence);
  await within("stopping", running.stop({ timeoutMs: 50 }));
  await running.done;
  expect([running.state, running.error]).toEqual(["stopped", undefined]);
  expect(
    warnings.filter(({ code }) => code === "stop" || code === "checkpoint").length,
  ).toBeGreaterThan(0);
});

test("a time-out that is none is refused", async () => {
  const { store } = await openStore();
  const projection = defineProjection({ name: "list", events: family, project: () => undefined });
  const running = observe(store, projection);
  await expect(running.stop({ timeoutMs: Number.NaN })).rejects.toThrow(InvalidInputError);
  await running.stop({ timeoutMs: Infinity });
  expect(running.state).toBe("stopped");
});

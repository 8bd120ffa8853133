import {
  defineEvents,
  defineProjection,
  type EventStore,
  memoryCheckpoints,
  observe,
  type RunState,
  UnavailableError,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { expect, test } from "vitest";
import { until } from "../faults/until.ts";

type Noted = { type: "Noted" };
const Notes = defineEvents<Noted>()({ name: "Note", types: { Noted: {} } });

/** The store, whose reads are away for so many times. */
function awayFor(store: EventStore, times: number): EventStore {
  return new Proxy(store, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key === "replay" && times-- > 0) throw new UnavailableError("away");
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

test("an outage while the effects of a take-over are done is over when they go on", async () => {
  await using store = await MemoryStore.open();
  const checkpoints = memoryCheckpoints();
  const done: string[] = [];
  const version = (number: number) =>
    defineProjection({
      name: "notes",
      version: number,
      events: Notes,
      project: () => undefined,
      effect: ({ id }) => void done.push(`${id} by ${number}`),
    });
  const put = (id: string) =>
    store.publish({ family: Notes, id, expect: "any", events: [{ type: "Noted" }] });
  await put("a");
  const before = observe(store, version(1), { checkpoints });
  await before.caughtUp();
  await before.stop();
  await put("b");
  const told: RunState[] = [];
  const onState = (state: RunState): void => void told.push(state);
  const after = observe(awayFor(store, 1), version(2), { checkpoints, onState });
  await until("the effects", () => done.length === 2 && after.state !== "waiting");
  expect(done).toEqual(["a by 1", "b by 2"]);
  expect(told).toContain("waiting");
  expect(after.state).toBe("live");
  await after.stop();
});

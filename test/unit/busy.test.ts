import {
  defineEvents,
  defineProjection,
  observe,
  type ProjectionDefinition,
  type StoreWarning,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { until } from "../faults/until.ts";

type Noted = { type: "Noted" };
const Notes = defineEvents<Noted>()({ name: "Note", types: { Noted: {} } });
type Definition = ProjectionDefinition<typeof Notes, undefined>;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] }));
afterEach(() => void vi.useRealTimers());

const never = (): Promise<never> => new Promise<never>(() => undefined);
const nothing = (): void => undefined;

const handlers: Record<string, Partial<Definition>> = {
  project: { project: never },
  projectBatch: { projectBatch: never },
  effect: { project: nothing, effect: never },
  create: { project: nothing, create: never },
};

test.each(Object.keys(handlers))(
  "%s that does not settle is seen, and told of once",
  async (how) => {
    const warnings: StoreWarning[] = [];
    const onWarning = (warning: StoreWarning): void => void warnings.push(warning);
    await using store = await MemoryStore.open({ onWarning });
    const definition = { name: "stuck", events: Notes, ...handlers[how] };
    const running = observe(store, defineProjection(definition as Definition));
    await store.publish({ family: Notes, id: "n", expect: "any", events: [{ type: "Noted" }] });
    const sinceMs = await until("the handler", async () => {
      await vi.advanceTimersByTimeAsync(100);
      return running.busySinceMs;
    });
    expect(sinceMs).toBeLessThanOrEqual(Date.now());
    await vi.advanceTimersByTimeAsync(60_000);
    expect(running.busySinceMs).toBe(sinceMs);
    expect(warnings).toMatchObject([{ code: "busy" }]);
    expect(warnings[0]!.message).toContain('a handler of projection "stuck" is busy');
    const stopped = running.stop({ timeoutMs: 50 });
    await vi.advanceTimersByTimeAsync(50);
    await stopped;
    expect(running.busySinceMs).toBeUndefined();
  },
);

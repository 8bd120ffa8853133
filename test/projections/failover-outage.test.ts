import {
  defineProjection,
  type Envelope,
  kvCheckpoints,
  observe,
  type Running,
  type RunState,
} from "jetfold";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CounterEvents as family } from "../faults/counter.ts";
import { Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { write } from "./notes.ts";

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

const takeOverMs = 600;

test("both stand by or wait while the server is away, one goes on, and nobody makes a storm", async () => {
  const name = storeName();
  const seen: string[] = [];
  const told: RunState[] = [];
  const start = async (): Promise<Running> => {
    const { store } = await site.client(name);
    const projection = defineProjection({
      name: "seen",
      events: family,
      project: ({ id, revision }: Envelope) => void seen.push(`${id}:${revision}`),
    });
    const onState = (state: RunState): unknown => told.push(state);
    const checkpoints = kvCheckpoints(store);
    return observe(store, projection, { checkpoints, onState, standby: { takeOverMs } });
  };
  const { store } = await site.client(name);
  await write(store);
  const both = [await start()];
  await both[0]!.caughtUp();
  both.push(await start());
  await until("the second to stand by", () => both[1]!.state === "standby");
  for (let outage = 1; outage <= 3; outage++) {
    const before = told.length;
    await site.server.kill();
    await until("the active one to give up", () => told.slice(before).includes("standby"));
    expect(both.map(({ state }) => state)).not.toContain("live");
    await site.server.restart();
    await until("one to go on", () => both.some(({ state }) => state === "live"));
    const sequence = await write(store);
    for (const running of both) await running.reached(sequence);
    await until("the other to stand by", () => both.some(({ state }) => state === "standby"));
    expect(new Set(seen).size).toBe(outage + 1);
    expect(told.length - before, told.join()).toBeLessThan(40);
  }
  for (const running of both) {
    await running.stop();
    expect([running.state, running.error]).toEqual(["stopped", undefined]);
  }
});

import { state$ } from "jetfold/rx";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Client, Site, storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { Threads } from "./threads.ts";
import { type MemoryScreen, startMemory, write } from "./worker-site.ts";

let site: Site;
let client: Client;
beforeAll(async () => void (site = await Site.start(1)));
afterAll(() => site.close());
beforeEach(async () => void (client = await site.client(storeName())));

/** What is told of a worker, as it comes. */
function watch(screen: MemoryScreen) {
  const seen = { states: [] as string[], positions: [] as number[], end: undefined as unknown };
  state$(screen).subscribe({
    next: ({ state, position }) => {
      if (seen.states.at(-1) !== state) seen.states.push(state);
      if (seen.positions.at(-1) !== position) seen.positions.push(position);
    },
    error: (error: unknown) => (seen.end = error),
    complete: () => (seen.end = "completed"),
  });
  return seen;
}

test("a projection in a worker tells its states and positions, over a crash, until it stops", async () => {
  const { store } = client;
  const threads = new Threads();
  await using screen = await startMemory(site, store.name);
  await screen.caughtUp();
  const seen = watch(screen);
  expect(seen).toMatchObject({ positions: [screen.position], end: undefined });
  const first = await write(store, 3);
  await until("its position", () => seen.positions.at(-1) === first);
  await threads.last.terminate();
  await until("its return", () => screen.restarts === 1 && seen.states.at(-1) === "live");
  expect(seen.states).toContain("starting");
  const second = await write(store, 2);
  await until("its position", () => seen.positions.at(-1) === second);
  expect(seen.end).toBeUndefined();
  await screen.stop();
  await until("its end", () => seen.end !== undefined);
  expect([seen.states.at(-1), seen.end]).toEqual(["stopped", "completed"]);
  threads.close();
});

test("one that fails is an error, after its last state", async () => {
  await using screen = await startMemory(site, client.store.name, { failAt: 2 });
  const seen = watch(screen);
  await write(client.store, 2);
  await until("the error", () => seen.end !== undefined);
  expect(seen.end).toBe(screen.error);
  expect([seen.states.at(-1), seen.positions.at(-1)]).toEqual(["failed", 1]);
});

test("changes are told until the listener is taken off", async () => {
  await using screen = await startMemory(site, client.store.name);
  const told: number[] = [];
  const off = screen.onChange(() => void told.push(screen.position));
  await screen.reached(await write(client.store, 1));
  await until("the change", () => told.at(-1) === 1);
  off();
  const before = told.length;
  await screen.reached(await write(client.store, 1));
  expect([screen.position, told.length]).toEqual([2, before]);
});

test("a listener that throws is a warning of the process, and changes nothing", async () => {
  const warnings: string[] = [];
  const hear = ({ message }: Error): unknown => warnings.push(message);
  process.on("warning", hear);
  const states: string[] = [];
  const fail = (): never => {
    throw new Error("the listener's own");
  };
  const onState = (state: string): unknown => (states.push(state), fail());
  const screen = await startMemory(site, client.store.name, {}, { onState });
  screen.onChange(fail);
  await screen.reached(await write(client.store, 2));
  await screen.stop();
  await screen.done;
  expect([screen.state, states.at(-1)]).toEqual(["stopped", "stopped"]);
  for (const name of ["onState", "onChange"]) {
    await until("its warning", () => warnings.some((text) => text.startsWith(`${name} threw`)));
  }
  process.off("warning", hear);
});

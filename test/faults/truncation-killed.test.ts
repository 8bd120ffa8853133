import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  type Aggregate,
  defineAggregate,
  execute,
  PoisonError,
  read,
  snapshotAndTruncate,
  TruncatedError,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Count,
  Counter,
  type Counted,
  counted,
  CounterEvents,
  type CounterState,
} from "./counter.ts";
import { fill } from "./fill.ts";
import { Site, storeName } from "./site.ts";
import { askApi, flawsOf, storedLog } from "./stored-log.ts";
import { within } from "./until.ts";

const id = "a";
const commits = 30;
const state: CounterState = { count: commits, last: `${id}:${commits}` };
const steps = ["before the base", "after the base", "before the purge", "after the purge"];

interface Tally {
  readonly total: number;
  readonly note: string;
}

/** The same aggregate some time later: its state has another shape. */
const tally: Aggregate<Tally, Count, Counted> = defineAggregate({
  events: CounterEvents,
  version: 2,
  initial: (): Tally => ({ total: 0, note: "" }),
  process: (_: Tally, { by, step }: Count): Counted[] => [counted(by, step)],
  apply: ({ total }: Tally, { by, step }: Counted): Tally => ({
    total: total + 1,
    note: `${by}:${step}`,
  }),
  upcastState: [({ count, last }: CounterState): Tally => ({ total: count, note: last })],
});

let site: Site;
beforeAll(async () => {
  site = await Site.start(1);
});
afterAll(() => site.close());

/** Run a truncation in a process of its own, and kill it once it stands at a step. */
async function truncateAndKill(name: string, step: string): Promise<void> {
  const script = fileURLToPath(new URL("./truncate-child.ts", import.meta.url));
  const options = ["--import", "tsx", "-C", "@jetfold/source"];
  const child = spawn(process.execPath, [...options, script, site.server.url, name, step], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  try {
    const lines = createInterface({ input: child.stdout });
    const [line] = await within(step, once(lines, "line") as Promise<[string]>, 30_000);
    expect(line).toBe(step);
  } finally {
    child.kill("SIGKILL");
  }
  expect(await exited).toEqual([null, "SIGKILL"]);
}

describe.concurrent("a truncation that is killed", () => {
  test.each(steps)("%s loses nothing, and another one finishes it", async (step) => {
    const name = storeName();
    const { store, connection } = await site.client(name);
    await fill(store, [{ family: CounterEvents, id }], commits);
    await truncateAndKill(name, step);

    const purged = step === "after the purge";
    const based = step !== "before the base";
    const log = await storedLog(connection, name);
    expect(log).toHaveLength(purged ? 1 : commits + (based ? 1 : 0));
    expect(log.at(-1)!.frame.base !== undefined).toBe(based);

    const root = await read(store, Counter, id);
    expect(root.state).toEqual(state);
    expect(root.head.revision).toBe(commits);
    expect((await read(store, tally, id)).state).toEqual({ total: state.count, note: state.last });

    const { root: cut, deleted } = await snapshotAndTruncate(store, Counter, root);
    expect(deleted).toBe(purged ? 0 : commits);
    expect(cut.state).toEqual(state);
    const left = await storedLog(connection, name);
    expect(left.map(({ sequence }) => sequence)).toEqual([commits + 1]);
    await expect(read(store, Counter, id, { until: 3 })).rejects.toThrow(TruncatedError);

    const next = await execute(store, Counter, id, { by: "w", step: 1 });
    expect(next).toMatchObject({ state: { count: commits + 1 }, head: { revision: commits + 1 } });
    await askApi(connection, `STREAM.DELETE.KV_${name}-snapshots`);
    expect((await read(store, Counter, id)).state).toEqual({ count: commits + 1, last: "w:1" });
    const later = await execute(store, tally, id, { by: "w", step: 2 });
    expect(later.state).toEqual({ total: commits + 2, note: "w:2" });
    expect((await read(store, tally, id)).state).toEqual(later.state);
    expect(flawsOf(await storedLog(connection, name))).toEqual([]);
  });
});

test("a base is brought to a newer reducer version step by step, and never to an older one", async () => {
  const { store } = await site.client(storeName());
  await fill(store, [{ family: CounterEvents, id }], commits);
  await snapshotAndTruncate(store, Counter, await read(store, Counter, id));
  await execute(store, Counter, id, { by: "w", step: 1 });
  const root = await read(store, tally, id);
  expect(root.state).toEqual({ total: commits + 1, note: "w:1" });
  const { deleted } = await snapshotAndTruncate(store, tally, root);
  expect(deleted).toBe(2);
  expect((await read(store, tally, id)).state).toEqual(root.state);
  await expect(read(store, Counter, id)).rejects.toThrow(PoisonError);
});

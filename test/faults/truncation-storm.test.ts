import {
  ConflictError,
  defineProjection,
  type EventStore,
  execute,
  observe,
  type Projection,
  read,
  type Root,
  type Running,
  snapshotAndTruncate,
} from "jetfold";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Counter, CounterEvents, type CounterState } from "./counter.ts";
import { cycles } from "./long.ts";
import { Site, storeName } from "./site.ts";
import { flawsOf, storedLog } from "./stored-log.ts";
import { until } from "./until.ts";

const id = "a";
const writers = 3;

interface Tally {
  count: number;
  bases: number;
}

/** Counts events, and takes over the count of a base that stands for events it was not given. */
function tallying(model: Tally): Projection<typeof CounterEvents> {
  return defineProjection({
    name: "sum",
    events: CounterEvents,
    project: () => void model.count++,
    projectBase: (commit) => {
      const { state } = commit.base!;
      model.count = (commit.codec.decode(state, CounterEvents.name) as CounterState).count;
      model.bases++;
    },
  });
}

describe.each([1, 3] as const)("an aggregate is truncated again and again, %i node(s)", (nodes) => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.start(nodes);
  });
  afterAll(() => site.close());

  test("while it is written, read and projected: nobody sees a wrong state", async () => {
    const name = storeName();
    const first = await site.client(name);
    const stores: EventStore[] = [first.store];
    for (let i = 1; i < writers + 2; i++) stores.push((await site.client(name)).store);
    const commands = cycles(100);
    const often = { ...Counter, snapshots: { every: 7 } } as const;
    const begun = await execute(first.store, often, id, { by: "first", step: 0 });
    expect(begun.state.count).toBe(1);

    const projected: { readonly model: Tally; readonly running: Running }[] = [];
    const project = (): void => {
      const model = { count: 0, bases: 0 };
      const store = stores[writers + 1]!;
      projected.push({ model, running: observe(store, tallying(model)) });
    };
    project();

    let writing = true;
    let truncations = 0;
    let reads = 0;
    const truncate = async (store: EventStore, root: Root<CounterState>): Promise<boolean> => {
      try {
        await snapshotAndTruncate(store, often, root);
        truncations++;
        return true;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        return false;
      }
    };
    const write = async (writer: number): Promise<void> => {
      for (let step = 1; step <= commands; step++) {
        const done = await execute(stores[writer]!, often, id, { by: `w${writer}`, step });
        expect(done.state.last).toBe(`w${writer}:${step}`);
        expect(done.state.count).toBe(done.head.revision);
        if (writer === 0 && step % 20 === 0) project();
        if (step % 3 !== 0) continue;
        const cut = await truncate(stores[writer]!, done);
        // However often others are quicker, each writer has some that are done.
        if (cut || step % 30 !== 0) continue;
        await until("a truncation that is done", async () =>
          truncate(stores[writer]!, await read(stores[writer]!, often, id)),
        );
      }
    };
    const watch = async (store: EventStore): Promise<void> => {
      for (let last = 0; writing; reads++) {
        const { state, head } = await read(store, often, id, { fresh: "leader" });
        expect(state.count).toBe(head.revision);
        expect(state.count).toBeGreaterThanOrEqual(last);
        last = state.count;
      }
    };
    const watching = watch(stores[writers]!);
    const all = Array.from({ length: writers }, (_, writer) => write(writer));
    try {
      await Promise.all(all);
    } finally {
      writing = false;
    }
    await watching;

    const { state } = await read(first.store, often, id, { fresh: "leader" });
    const total = 1 + writers * commands;
    const bases = projected.reduce((sum, { model }) => sum + model.bases, 0);
    console.info(
      `truncation storm on ${nodes} node(s): ${total} commits, ${truncations} truncations, ` +
        `${reads} reads, ${bases} bases met by ${projected.length} projections`,
    );
    expect(state.count).toBe(total);
    for (const { model, running } of projected) {
      await running.caughtUp();
      await running.stop();
      expect(running.error).toBeUndefined();
      expect(model.count).toBe(total);
    }
    expect(flawsOf(await storedLog(first.connection, name))).toEqual([]);
  });
});

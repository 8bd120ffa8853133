import { describe, expect, it } from "vitest";
import {
  defineEvents,
  type EventStore,
  type Family,
  type FirstAppend,
  type ImportedCommit,
  type Importer,
  type PreparedCommit,
} from "../event/index.ts";
import { MemoryStore } from "../memory/index.ts";
import { importCommits } from "./index.ts";

interface Noted {
  readonly type: "Noted";
  readonly text: string;
}

const Notes: Family<Noted> = defineEvents<Noted>()({ name: "Note", types: { Noted: {} } });

function note(id: string, text: string): ImportedCommit<Noted> {
  return { family: Notes, id, events: [{ type: "Noted", text }] };
}

/** So many commits, the aggregates taking turns. */
function* notes(commits: number, aggregates: number): Generator<ImportedCommit<Noted>> {
  for (let i = 0; i < commits; i++) yield note(`n${i % aggregates}`, `${i}`);
}

/** A store of which some methods, and some steps of its importer, are replaced. */
function replaced(
  store: EventStore,
  { importer = {}, ...methods }: Partial<Omit<EventStore, "importer">> & { importer?: object },
): EventStore {
  const steps: Importer = { ...store.importer(), ...importer };
  return new Proxy(store, {
    get(target, key) {
      if (key === "importer") return () => steps;
      if (key in methods) return methods[key as keyof typeof methods];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** An importer's appends, each held back until it is let go. */
function gate(store: EventStore): { steps: object; open(): void; busy: Set<string>; most: number } {
  const real = store.importer();
  const waiting: (() => void)[] = [];
  let opened = false;
  const gated = {
    busy: new Set<string>(),
    most: 0,
    open: () => {
      opened = true;
      for (const go of waiting.splice(0)) go();
    },
    steps: {
      appendFirst: (commit: PreparedCommit) => pass(commit, () => real.appendFirst(commit)),
      append: (...[commit, ...rest]: Parameters<Importer["append"]>) =>
        pass(commit, () => real.append(commit, ...rest)),
    },
  };
  async function pass<T>({ id }: PreparedCommit, append: () => Promise<T>): Promise<T> {
    expect(gated.busy.has(id), `two of ${id} at once`).toBe(false);
    gated.busy.add(id);
    gated.most = Math.max(gated.most, gated.busy.size);
    if (!opened) await new Promise<void>((go) => waiting.push(go));
    else await new Promise((go) => setImmediate(go));
    gated.busy.delete(id);
    return append();
  }
  return gated;
}

/** Until the source has not been asked for more in a while of the event loop's turns. */
async function stands(pulled: () => number): Promise<number> {
  for (let turns = 0, before = -1; turns < 50; turns++) {
    if (pulled() !== before) turns = 0;
    before = pulled();
    await new Promise((go) => setImmediate(go));
  }
  return pulled();
}

describe("an import", () => {
  it.each([
    { aggregates: 3, ahead: 4 * 32, most: 3 },
    { aggregates: 10, ahead: 4 + 4, most: 4 },
  ])("asks its source for what $aggregates aggregates have room for", async (expected) => {
    const { aggregates, ahead, most } = expected;
    const store = await MemoryStore.open();
    const held = gate(store);
    let pulled = 0;
    async function* source(): AsyncGenerator<ImportedCommit<Noted>> {
      for (const commit of notes(1_000, aggregates)) {
        pulled++;
        yield commit;
      }
    }
    const options = { maxInFlight: 4 };
    const importing = importCommits(replaced(store, { importer: held.steps }), source(), options);
    expect(await stands(() => pulled)).toBe(ahead);
    held.open();
    expect(await importing).toMatchObject({ stored: 1_000, aggregates });
    expect(held.most).toBe(most);
  });

  it("counts bytes as well as commits", async () => {
    const store = await MemoryStore.open();
    const held = gate(store);
    let pulled = 0;
    function* source(): Generator<ImportedCommit<Noted>> {
      const text = "x".repeat(1_000_000);
      for (let i = 0; i < 100; i++) {
        pulled++;
        yield note(`n${i % 3}`, text);
      }
    }
    const importing = importCommits(replaced(store, { importer: held.steps }), source());
    expect(await stands(() => pulled)).toBe(34);
    held.open();
    expect(await importing).toMatchObject({ stored: 100 });
  });

  it("begins nothing more once something failed, and ends when nothing is under way", async () => {
    const store = await MemoryStore.open();
    const real = store.importer();
    const failure = new Error("of the server");
    let begun = 0;
    let ended = 0;
    const append = async (...args: Parameters<Importer["append"]>) => {
      const mine = ++begun;
      await new Promise((go) => setTimeout(go, 5));
      ended++;
      if (mine === 20) throw failure;
      return real.append(...args);
    };
    const faulty = replaced(store, { importer: { append } });
    const importing = importCommits(faulty, notes(1_000, 10), { maxInFlight: 10 });
    await expect(importing).rejects.toBe(failure);
    expect(begun).toBeLessThanOrEqual(30);
    expect(ended).toBe(begun);
  });

  it("settles a first append whose answer was lost, stored or not, and counts it once", async () => {
    const store = await MemoryStore.open();
    const real = store.importer();
    let lost = 0;
    const appendFirst = async (commit: PreparedCommit): Promise<FirstAppend> => {
      if (lost++ % 2 === 0) await real.appendFirst(commit);
      return "unknown";
    };
    const faulty = replaced(store, { importer: { appendFirst } });
    const did = await importCommits(faulty, notes(60, 20), { maxInFlight: 1 });
    expect(did).toMatchObject({ stored: 60, skipped: 0, aggregates: 20, lastSequence: 60 });
    expect(lost).toBeGreaterThan(1);
    expect(await importCommits(store, notes(60, 20))).toMatchObject({ stored: 0, skipped: 60 });
  });

  it("asks for no head of an aggregate that is new, and for each that is not, once", async () => {
    const store = await MemoryStore.open();
    let asked = 0;
    const last: EventStore["last"] = (...args) => {
      asked++;
      return store.last(...args);
    };
    const counting = replaced(store, { last });
    await importCommits(counting, notes(100, 50));
    expect(asked).toBe(0);
    await importCommits(counting, notes(150, 50));
    expect(asked).toBe(50);
  });

  it("compares every head one by one where a replay would be longer", async () => {
    const store = await MemoryStore.open();
    await importCommits(store, notes(5, 5));
    await importCommits(
      store,
      (function* () {
        for (let i = 0; i < 200; i++) yield note("other", `${i}`);
      })(),
    );
    const asked: string[] = [];
    const last: EventStore["last"] = (family, id, options) => {
      asked.push(`${id} ${options?.fresh}`);
      return store.last(family, id, options);
    };
    const replay: EventStore["replay"] = () => expect.fail("replayed");
    await importCommits(replaced(store, { last, replay }), notes(5, 5));
    const each = ["n0 leader", "n1 leader", "n2 leader", "n3 leader", "n4 leader"];
    expect(asked.sort()).toEqual([...each, ...each].sort());
  });

  it("fails when what was acknowledged is not what is stored", async () => {
    for (const foreign of [0, 500]) {
      const store = await MemoryStore.open();
      const real = store.importer();
      const append = async (...args: Parameters<Importer["append"]>) => {
        const published = await real.append(...args);
        const { head } = published;
        return { ...published, head: { ...head, checksum: head.checksum ^ 1 } };
      };
      async function* source(): AsyncGenerator<ImportedCommit<Noted>> {
        yield* notes(4, 2);
        while ((await store.end(Notes)) < 4) await new Promise((go) => setImmediate(go));
        for (let i = 0; i < foreign; i++) {
          await store.publish({ ...note(`other${i}`, ""), expect: "new" });
        }
      }
      const faulty = replaced(store, { importer: { append } });
      await expect(importCommits(faulty, source())).rejects.toMatchObject({ code: "corrupt" });
    }
  });

  it("does not go on with a store that is closed", async () => {
    const store = await MemoryStore.open();
    async function* source(): AsyncGenerator<ImportedCommit<Noted>> {
      yield note("a", "1");
      await store.close();
      yield note("a", "2");
    }
    await expect(importCommits(store, source())).rejects.toMatchObject({ code: "closed" });
  });
});

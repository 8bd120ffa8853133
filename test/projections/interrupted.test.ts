import { PGlite } from "@electric-sql/pglite";
import {
  adoptCheckpoint,
  type Checkpoints,
  defineProjection,
  type Envelope,
  type EventStore,
  observe,
  type Projection,
  type Running,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import type { Sql } from "jetfold/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { counted, type Counted, CounterEvents as family } from "../faults/counter.ts";
import { until, within } from "../faults/until.ts";
import { homeOf, Interruption, type Kind, kinds, type Mode, modes } from "./interruption.ts";

let postgres: PGlite;
beforeAll(async () => {
  postgres = await PGlite.create();
});
afterAll(() => postgres.close());

let sites = 0;

/** A projection with side effects, a process after the other. */
class Life {
  readonly effects: string[] = [];
  readonly hooks: string[] = [];
  /** Lines that can't be handled, and those whose effect fails. */
  readonly bad = new Set<string>();
  readonly mute = new Set<string>();
  readonly #kind: Kind;
  readonly #schema = `life_${++sites}`;
  readonly #rows: string[] = [];
  readonly #home: ReturnType<typeof homeOf>;
  store!: EventStore;
  #moved: EventStore | undefined;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.#home = homeOf(kind, postgres, this.#schema);
  }

  async open(): Promise<void> {
    this.store = await MemoryStore.open({ name: "bank", onWarning: () => undefined });
    if (this.#kind !== "PostgreSQL") return;
    await postgres.exec(`CREATE SCHEMA ${this.#schema};
      CREATE TABLE ${this.#schema}.lines (n serial, version int, line text)`);
  }

  /** The store that its events were moved to. */
  async move(): Promise<EventStore> {
    if (this.#moved !== undefined) return this.#moved;
    this.#moved = await MemoryStore.open({ name: "moved", onWarning: () => undefined });
    await write(this.#moved, "d");
    for await (const { id, events } of commitsOf(this.store)) {
      await this.#moved.publish({ family, id, expect: "any", events });
    }
    return this.#moved;
  }

  checkpoints(by: Interruption, store: EventStore = this.store): Checkpoints<never> {
    return this.#home(store, by);
  }

  projection(by: Interruption, version = 1): Projection<typeof family, never> {
    const append = async (line: string, tx: Sql | undefined): Promise<void> => {
      by.call();
      if (tx === undefined) return void this.#rows.push(`${version} ${line}`);
      const text = `INSERT INTO ${this.#schema}.lines (version, line) VALUES ($1, $2)`;
      await tx.query(text, [version, line]);
    };
    return defineProjection<typeof family, never>({
      name: "list",
      version,
      events: family,
      onError: { retries: 0, policy: "park" },
      create: async (tx) => (this.hooks.push("create"), append("create", tx)),
      activate: async (tx) => (this.hooks.push("activate"), append("activate", tx)),
      project: async (envelope, tx) => {
        if (this.bad.has(`${version} ${lineOf(envelope)}`)) throw new Error("bad");
        await append(lineOf(envelope), tx);
      },
      effect: (envelope) => {
        by.call();
        if (this.mute.has(lineOf(envelope))) throw new Error("no mail");
        this.effects.push(lineOf(envelope));
      },
    });
  }

  start(by: Interruption, version = 1, store: EventStore = this.store): Running {
    return observe<typeof family, never>(store, this.projection(by, version), {
      checkpoints: this.checkpoints(by, store),
    });
  }

  async rows(version: number): Promise<string[]> {
    if (this.#kind !== "PostgreSQL") {
      const own = this.#rows.filter((line) => line.startsWith(`${version} `));
      return own.map((line) => line.slice(2));
    }
    const text = `SELECT line FROM ${this.#schema}.lines WHERE version = $1 ORDER BY n`;
    const { rows } = await postgres.query<{ line: string }>(text, [version]);
    return rows.map(({ line }) => line);
  }
}

async function* commitsOf(store: EventStore) {
  for await (const { id, envelopes } of store.replay(family).commits()) {
    yield { id, events: envelopes.map(({ event }) => event) };
  }
}

function lineOf({ id, revision }: Envelope<Counted>): string {
  return `${id}${revision}`;
}

async function write(store: EventStore, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    await store.publish({ family, id, expect: "any", events: [counted("w", 1)] });
  }
}

/** Everything is handled and had its effects, or the process is dead. */
async function settled(running: Running, life: Life, lines: readonly string[]): Promise<void> {
  await until("the end", async () => {
    if (running.state === "failed") return true;
    const parked = running.parked.list();
    if (!running.active || parked.length > 0) return false;
    return lines.every((line) => life.effects.includes(line));
  });
}

interface Scenario {
  /** Before what is interrupted. */
  prepare?(life: Life): Promise<void>;
  /** What is interrupted, and is begun again where it was killed. */
  run(life: Life, by: Interruption): Promise<Running>;
  readonly version?: number;
  /** The rows and the effects that must come of it. */
  readonly lines: readonly string[];
}

const sound = new Interruption();

/** v1 has handled a1, set a2 and a3 aside; the effects of b2 and c1 are still to be done. */
async function unfinished(life: Life): Promise<void> {
  await write(life.store, "a", "b", "a", "a");
  life.bad.add("1 a2");
  const running = life.start(sound);
  await running.caughtUp();
  life.mute.add("b2");
  await write(life.store, "b", "c");
  await within(
    "failing",
    running.done.catch(() => undefined),
  );
  life.mute.clear();
}

const scenarios: { readonly [name: string]: Scenario } = {
  "first start": {
    run: async (life, by) => {
      if ((await life.store.end(family)) === 0) await write(life.store, "a", "b", "a");
      return life.start(by);
    },
    lines: ["a1", "b1", "a2"],
  },
  "retry of what is set aside": {
    prepare: unfinished,
    run: async (life, by) => {
      life.bad.clear();
      const running = life.start(by);
      await running.parked.retry().catch(() => undefined);
      await running.caughtUp().catch(() => undefined);
      await running.parked.retry().catch(() => undefined);
      return running;
    },
    lines: ["a1", "b1", "b2", "c1", "a2", "a3"],
  },
  takeover: {
    prepare: unfinished,
    run: async (life, by) => life.start(by, 2),
    version: 2,
    lines: ["a1", "b1", "a2", "a3", "b2", "c1"],
  },
  adopting: {
    prepare: unfinished,
    run: async (life, by) => {
      life.bad.clear();
      const moved = await life.move();
      const options = { source: life.checkpoints(by), from: "bank" };
      const adopt = (): Promise<unknown> =>
        adoptCheckpoint(moved, life.projection(by), life.checkpoints(by, moved), options);
      // Again where it was interrupted; where it was not there is nothing left to adopt.
      for (let n = 0; n < 2; n++) await adopt().catch(() => undefined);
      const running = life.start(by, 1, moved);
      await running.parked.retry().catch(() => undefined);
      await running.caughtUp().catch(() => undefined);
      await running.parked.retry().catch(() => undefined);
      return running;
    },
    lines: ["a1", "b1", "b2", "c1", "a2", "a3"],
  },
};

function times(list: readonly string[], line: string): number {
  return list.filter((one) => one === line).length;
}

/** Interrupt a scenario at one step. @returns whether there was such a step */
async function interrupt(kind: Kind, scenario: Scenario, mode: Mode, at: number): Promise<boolean> {
  const life = new Life(kind);
  await life.open();
  await scenario.prepare?.(life);
  const before = life.effects.length;
  const by = new Interruption(mode, at);
  let running = await scenario.run(life, by);
  await settled(running, life, scenario.lines);
  const where = `${mode} at step ${at}`;
  if (mode !== "killed") expect(running.error, where).toBeUndefined();
  await running.stop();
  if (mode === "killed") {
    running = await scenario.run(life, sound);
    await settled(running, life, scenario.lines);
    await running.stop();
  } else {
    const mine = life.effects.slice(before);
    expect(mine.length, `${where}: each effect once`).toBe(new Set(mine).size);
    const { version = 1 } = scenario;
    const hooks = life.hooks.slice(version === 1 ? 0 : 2);
    if (kind !== "PostgreSQL") expect(hooks, where).toEqual(["create", "activate"]);
  }
  const rows = await life.rows(scenario.version ?? 1);
  const exact = kind === "PostgreSQL" || mode !== "killed";
  for (const line of [...scenario.lines, "create", "activate"]) {
    const n = times(rows, line);
    expect(exact ? n === 1 : n >= 1, `${where}: ${line} is handled ${n} times`).toBe(true);
  }
  await life.store.close();
  return by.happened;
}

describe.each(kinds)("interrupted at any step, with checkpoints in %s", (kind) => {
  describe.each(Object.entries(scenarios))("%s", (_, scenario) => {
    test.each(modes)(
      "%s",
      async (mode) => {
        let at = 1;
        while (await interrupt(kind, scenario, mode, at)) at++;
        expect(at).toBeGreaterThan(2);
      },
      300_000,
    );
  });
});

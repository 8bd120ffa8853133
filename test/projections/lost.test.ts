import {
  CheckpointError,
  type Checkpoints,
  defineProjection,
  type EventStore,
  forgetProjection,
  observe,
  type ObserveOptions,
  type Projection,
  type Running,
} from "jetfold";
import { postgresCheckpoints, postgresTables, type Sql } from "jetfold/postgres";
import { kvCheckpoints } from "jetfold";
import { describe, expect, test } from "vitest";
import { CounterEvents as family } from "../faults/counter.ts";
import { storeName } from "../faults/site.ts";
import { askApi } from "../faults/stored-log.ts";
import { until, within } from "../faults/until.ts";
import { type Kind, kinds, write } from "./notes.ts";
import { siteWithPostgres } from "./site-with-postgres.ts";

const shared = siteWithPostgres();

interface StartOptions extends ObserveOptions<never> {
  readonly version?: number;
}

/** Rows in PostgreSQL, whatever keeps the checkpoint, and effects. */
class Mails {
  readonly effects: string[] = [];
  /** The aggregate that can't be handled. */
  broken = "";
  /** Called before a version tries to become the active one. */
  beforeActivation: () => Promise<void> | void = () => undefined;
  /** Called when a version becomes the active one. */
  onActivate: () => Promise<void> | void = () => undefined;
  readonly #kind: Kind;
  readonly #store: EventStore;
  readonly schema: string;

  constructor(kind: Kind, store: EventStore) {
    this.#kind = kind;
    this.#store = store;
    this.schema = `lost_${store.name.replaceAll("-", "_")}`;
  }

  checkpoints(): Checkpoints<never> {
    const { schema } = this;
    const inStore = this.#kind === "the store";
    const kept = inStore
      ? kvCheckpoints(this.#store)
      : postgresCheckpoints(shared.postgres, { schema });
    return this.#announced(kept as Checkpoints<never>);
  }

  /** The same checkpoints, which tell before a version tries to become the active one. */
  #announced(checkpoints: Checkpoints<never>): Checkpoints<never> {
    return {
      ...checkpoints,
      resume: async (owner) => {
        const resumed = await checkpoints.resume(owner);
        const { at, parked, active } = resumed;
        return {
          at,
          parked,
          active,
          write: (step) => resumed.write(step),
          activate: async (step) => {
            await this.beforeActivation();
            return resumed.activate(step);
          },
        };
      },
    };
  }

  projection(version: number): Projection<typeof family, never> {
    const query = async (tx: Sql | undefined, text: string): Promise<void> =>
      void (await (tx ?? shared.postgres).query(text));
    return defineProjection<typeof family, never>({
      name: "mails",
      version,
      events: family,
      create: (tx) => query(tx, `CREATE TABLE ${this.schema}.rows (n int)`),
      drop: (tx) => query(tx, `DROP TABLE IF EXISTS ${this.schema}.rows`),
      activate: () => this.onActivate(),
      project: ({ id, revision }, tx) => {
        if (id === this.broken) throw new Error(`cannot handle ${id}`);
        return query(tx, `INSERT INTO ${this.schema}.rows VALUES (${revision})`);
      },
      onError: { retries: 0, policy: "park" },
      effect: ({ id, revision }) => void this.effects.push(`${id}${revision}`),
    });
  }

  start({ version = 1, ...options }: StartOptions = {}): Running {
    const checkpoints = this.checkpoints();
    return observe<typeof family, never>(this.#store, this.projection(version), {
      ...options,
      checkpoints,
    });
  }

  async run(options: StartOptions = {}): Promise<void> {
    const running = this.start(options);
    await running.caughtUp();
    await until("live", () => running.state === "live");
    await running.stop();
  }

  /**
   * So many effects, each at least once; those of the first run once. The registry, by which they go
   * on where a checkpoint is lost, may be some seconds behind.
   */
  expectDone(count: number): void {
    expect(new Set(this.effects).size).toBe(count);
    const first = this.effects.slice(0, 10);
    expect(this.effects.filter((one) => first.includes(one)).length).toBe(10);
  }

  async rows(): Promise<number> {
    const { rows } = await shared.postgres.query(`SELECT n FROM ${this.schema}.rows`);
    return rows.length;
  }

  /** The checkpoint is gone, and the active version with it if that is asked for. */
  async lose(active: boolean): Promise<void> {
    await this.#remove("checkpoint.mails.1", "checkpoints");
    if (active) await this.loseActive();
  }

  loseActive(): Promise<void> {
    return this.#remove("active.mails", "active");
  }

  loseParked(): Promise<void> {
    return this.#remove("parked.mails.1.Counter.b", "parked");
  }

  /** A key, or the rows of a table. */
  async #remove(key: string, table: string): Promise<void> {
    if (this.#kind === "the store") await this.#store.projections.remove(key);
    else await shared.postgres.exec(`DELETE FROM ${this.schema}.jetfold_${table}`);
  }
}

test("an active version that is lost in the middle of a take-over is named", async () => {
  const { store } = await shared.site.client(storeName());
  const mails = new Mails("the store", store);
  await shared.postgres.exec(`CREATE SCHEMA ${mails.schema}`);
  await write(store);
  await mails.run();
  await shared.postgres.exec(`DROP TABLE ${mails.schema}.rows`);
  mails.onActivate = () => mails.loseActive();
  const young = mails.start({ version: 2 });
  await expect(within("failing", young.done)).rejects.toThrow(/can't take over.*lost/);
  expect(mails.effects.length).toBe(1);
});

test.each(["checkpoints", "active"])("a lost table is named with a way out: %s", async (table) => {
  const { store } = await shared.site.client(storeName());
  const mails = new Mails("PostgreSQL", store);
  await shared.postgres.exec(`CREATE SCHEMA ${mails.schema}`);
  await write(store);
  await mails.run();
  await shared.postgres.exec(`DROP TABLE ${mails.schema}.jetfold_${table}`);
  const lost = mails.start();
  const named = new RegExp(`jetfold_${table} .*missing.*postgresTables`);
  await expect(within("failing", lost.done)).rejects.toThrow(named);
  expect(lost.error).toBeInstanceOf(CheckpointError);
  await shared.postgres.exec(postgresTables(mails.schema));
  if (table === "checkpoints") {
    await expect(within("failing", mails.start().done)).rejects.toThrow(/has no checkpoint/);
    await mails.run({ rebuild: true });
  } else await mails.run();
  expect([await mails.rows(), mails.effects.length]).toEqual([1, 1]);
});

describe.each(kinds)("a checkpoint in %s", (kind) => {
  async function handled(): Promise<{ mails: Mails; store: EventStore }> {
    const { store } = await shared.site.client(storeName());
    const mails = new Mails(kind, store);
    await shared.postgres.exec(`CREATE SCHEMA ${mails.schema}`);
    for (let n = 0; n < 10; n++) await write(store);
    await mails.run();
    expect([await mails.rows(), mails.effects.length]).toEqual([10, 10]);
    return { mails, store };
  }

  test.each([false, true])(
    "that is lost is an error, and begun anew knowingly (the active version lost too: %s)",
    async (active) => {
      const { mails, store } = await handled();
      await mails.lose(active);
      await write(store);
      const refused = mails.start();
      await expect(within("failing", refused.done)).rejects.toThrow(/has no checkpoint.*rebuild/);
      expect([await mails.rows(), mails.effects.length]).toEqual([10, 10]);
      await mails.run({ rebuild: true });
      expect([await mails.rows(), mails.effects.length]).toEqual([11, 11]);
      await mails.run({ rebuild: true });
      await write(store);
      await mails.run();
      expect([await mails.rows(), mails.effects.length]).toEqual([12, 12]);
    },
  );

  test("that is lost can be forgotten, and begins as one that never ran", async () => {
    const { mails, store } = await handled();
    await mails.lose(false);
    await forgetProjection(store, "mails", 1, mails.checkpoints());
    await shared.postgres.exec(`DROP TABLE ${mails.schema}.rows`);
    await mails.run();
    expect([await mails.rows(), mails.effects.length]).toEqual([10, 20]);
  });

  test("is not begun anew as another version where the active one is lost", async () => {
    const { mails, store } = await handled();
    await mails.loseActive();
    const refused = mails.start({ version: 2 });
    await expect(within("failing", refused.done)).rejects.toThrow(
      /version 1 was.*forgetProjection/,
    );
    expect(await mails.checkpoints().activeVersion({ store: store.name, name: "mails" })).toBe(
      undefined,
    );
    expect(mails.effects.length).toBe(10);
    await write(store);
    await mails.run();
    expect([await mails.rows(), mails.effects.length]).toEqual([11, 11]);
    await shared.postgres.exec(`DROP TABLE ${mails.schema}.rows`);
    await mails.run({ version: 2 });
    expect([await mails.rows(), mails.effects.length]).toEqual([11, 11]);
    await mails.loseActive();
    const old = mails.start();
    await expect(within("failing", old.done)).rejects.toThrow(/version 2 was/);
    await write(store);
    await mails.run({ version: 2 });
    expect([await mails.rows(), mails.effects.length]).toEqual([12, 12]);
    // To go back: the other one becomes active where none is.
    await forgetProjection(store, "mails", 2, mails.checkpoints());
    await mails.run();
    expect(await mails.checkpoints().activeVersion({ store: store.name, name: "mails" })).toBe(1);
  });

  test("does not lose the active version while another one is being built", async () => {
    const { mails } = await handled();
    await shared.postgres.exec(`DROP TABLE ${mails.schema}.rows`);
    mails.beforeActivation = () => mails.loseActive();
    const young = mails.start({ version: 2 });
    await expect(within("failing", young.done)).rejects.toThrow(/can't take over.*lost/);
    expect(mails.effects.length).toBe(10);
  });

  test("that is lost: what was set aside keeps the effects it has not had", async () => {
    const { mails, store } = await handled();
    mails.broken = "b";
    for (const id of ["b", "a", "b"]) await write(store, family, id);
    await mails.run();
    await mails.lose(false);
    mails.broken = "";
    await mails.run({ rebuild: true });
    expect([await mails.rows(), mails.effects.length]).toEqual([11, 11]);
    const running = mails.start();
    await until("live", () => running.state === "live");
    expect(await running.parked.retry()).toEqual([]);
    await running.stop();
    expect(await mails.rows()).toBe(13);
    mails.expectDone(13);
  });

  test("that is lost of the active version: another one goes on with the effects", async () => {
    const { mails, store } = await handled();
    mails.broken = "b";
    for (const id of ["b", "a", "a"]) await write(store, family, id);
    await mails.run();
    expect(mails.effects.length).toBe(12);
    mails.broken = "";
    for (let n = 0; n < 3; n++) await write(store);
    await mails.lose(false);
    await shared.postgres.exec(`DROP TABLE ${mails.schema}.rows`);
    for (let runs = 0; runs < 2; runs++) await mails.run({ version: 2 });
    // With that of what was set aside, which had none.
    expect(await mails.rows()).toBe(16);
    mails.expectDone(16);
  });

  test("that can't be taken over from: another one goes on with the effects once it is forgotten", async () => {
    const { mails, store } = await handled();
    mails.broken = "b";
    await write(store, family, "b");
    await mails.run();
    mails.broken = "";
    for (let n = 0; n < 3; n++) await write(store);
    await mails.loseParked();
    await shared.postgres.exec(`DROP TABLE ${mails.schema}.rows`);
    const refused = mails.start({ version: 2 });
    const wayOut = /set aside is lost.*forget version 1 \(forgetProjection\)/;
    await expect(within("failing", refused.done)).rejects.toThrow(wayOut);
    await forgetProjection(store, "mails", 1, mails.checkpoints());
    for (let runs = 0; runs < 2; runs++) await mails.run({ version: 2 });
    expect(await mails.rows()).toBe(14);
    mails.expectDone(13);
  });

  test("of which something that is set aside is lost is an error", async () => {
    const { mails, store } = await handled();
    mails.broken = "b";
    for (const id of ["b", "a", "b"]) await write(store, family, id);
    await mails.run();
    mails.broken = "";
    await mails.loseParked();
    for (let starts = 0; starts < 2; starts++) {
      const refused = mails.start();
      await expect(within("failing", refused.done)).rejects.toThrow(/lost \(Counter\.b\)/);
    }
    expect(await mails.rows()).toBe(11);
  });

  test("counts what is set aside, and what no longer is", async () => {
    const { mails, store } = await handled();
    mails.broken = "b";
    await write(store, family, "b");
    await mails.run();
    mails.broken = "";
    const running = mails.start();
    await until("live", () => running.state === "live");
    expect(running.parked.list().length).toBe(1);
    expect(await running.parked.retry()).toEqual([]);
    await running.stop();
    await mails.run();
    expect([await mails.rows(), mails.effects.length]).toEqual([11, 11]);
  });

  test("whose place goes away under a running projection fails it, and stop is quick", async () => {
    for (const idle of [true, false]) {
      const { store, connection } = await shared.site.client(storeName());
      const mails = new Mails(kind, store);
      await shared.postgres.exec(`CREATE SCHEMA ${mails.schema}`);
      await write(store);
      const running = mails.start();
      await running.caughtUp();
      await until("live", () => running.state === "live");
      if (kind === "the store")
        await askApi(connection, `STREAM.DELETE.KV_${store.name}-projections`);
      else await shared.postgres.exec(`DROP TABLE ${mails.schema}.jetfold_active CASCADE`);
      if (!idle) await write(store);
      await until("failed", () => running.state === "failed", 15_000);
      expect(String(running.error)).toMatch(/gone|jetfold_active/);
      await within("stopping", running.stop(), 5_000);
    }
  }, 60_000);
});

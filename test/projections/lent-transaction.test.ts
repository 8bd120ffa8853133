import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  defineProjection,
  dropProjection,
  isJetfoldError,
  observe,
  type Projection,
  type ProjectionDefinition,
  type Running,
  type StoreWarning,
  TransactionError,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { postgresCheckpoints, type Sql, type SqlPool } from "jetfold/postgres";
import { counted, CounterEvents } from "../faults/counter.ts";
import { until, within } from "../faults/until.ts";
import { embeddedPostgres, realPostgres, type TestDatabase } from "../postgres/test-database.ts";

type Defined = ProjectionDefinition<typeof CounterEvents, Sql>;

let names = 0;

/** A store, and a table that a projection's handlers write to. */
class Place {
  readonly warnings: readonly StoreWarning[];
  readonly table: string = `lines_${++names}`;
  readonly store: MemoryStore;
  readonly database: TestDatabase["database"];

  private constructor(
    database: TestDatabase["database"],
    store: MemoryStore,
    warnings: readonly StoreWarning[],
  ) {
    this.database = database;
    this.store = store;
    this.warnings = warnings;
  }

  static async in({ database }: TestDatabase): Promise<Place> {
    const warnings: StoreWarning[] = [];
    const onWarning = (warning: StoreWarning): unknown => warnings.push(warning);
    const store = await MemoryStore.open({ name: `store-${names + 1}`, onWarning });
    const place = new Place(database, store, warnings);
    await database.query(`CREATE TABLE ${place.table} (line text)`);
    return place;
  }

  insert(tx: Sql, line: string): Promise<unknown> {
    return tx.query(`INSERT INTO ${this.table} VALUES ($1)`, [line]);
  }

  async put(...ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const events = [counted(id, 1)];
      await this.store.publish({ family: CounterEvents, id, expect: "any", events });
    }
  }

  projection(definition: Partial<Defined>): Projection<typeof CounterEvents, Sql> {
    return defineProjection<typeof CounterEvents, Sql>({
      name: "lines",
      events: CounterEvents,
      onError: { policy: "park", retries: 1, firstMs: 1 },
      ...definition,
    });
  }

  start(definition: Partial<Defined>, database: Sql | SqlPool = this.database): Running {
    const checkpoints = postgresCheckpoints(database as SqlPool);
    return observe(this.store, this.projection(definition), { checkpoints });
  }

  async lines(): Promise<string[]> {
    const { rows } = await this.database.query(`SELECT line FROM ${this.table} ORDER BY line`);
    return (rows as { readonly line: string }[]).map(({ line }) => line);
  }

  /** The position that is stored. */
  async position(): Promise<number | undefined> {
    const text = "SELECT sequence::integer AS at FROM jetfold_checkpoints WHERE store = $1";
    const { rows } = await this.database.query(text, [this.store.name]);
    return (rows[0] as { readonly at: number } | undefined)?.at;
  }
}

const kinds = ["PGlite", "PostgreSQL"] as const;

describe.each(kinds)("a handler's transaction, on %s", (kind) => {
  let on: TestDatabase | undefined;
  beforeAll(async () => {
    on = kind === "PGlite" ? await embeddedPostgres() : await realPostgres();
  });
  afterAll(() => on?.close());

  test("its step waits for what it has begun, and for what that begins, awaited or not", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    const running = place.start({
      project: ({ id }, tx) => {
        void (async () => {
          for (const n of [1, 2, 3]) await place.insert(tx, `${id}${n}`);
        })();
      },
    });
    await running.caughtUp();
    for (const id of ["a", "b"]) {
      await place.put(id);
      await running.caughtUp();
      expect(await place.lines()).toContain(`${id}3`);
    }
    await running.stop();
    expect(await place.lines()).toEqual(["a1", "a2", "a3", "b1", "b2", "b3"]);
    expect(place.warnings).toEqual([]);
  });

  test("its step fails with what it has left to itself, though that was caught there", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    await place.put("a", "bad", "c");
    const effects: string[] = [];
    const running = place.start({
      project: ({ id }, tx) => {
        void place
          .insert(tx, id)
          .then(() => (id === "bad" ? tx.query("SELECT nonsense") : undefined))
          .catch(() => undefined);
      },
      effect: ({ id }) => void effects.push(id),
    });
    await running.caughtUp();
    const parked = running.parked.list();
    await running.stop();
    expect(await place.lines()).toEqual(["a", "c"]);
    expect(effects).toEqual(["a", "c"]);
    expect(parked.map(({ id, error }) => [id, error])).toEqual([
      ["bad", expect.stringContaining('column "nonsense" does not exist')],
    ]);
  });

  test("a query that failed and was passed over is the failure of its commit, by its own words", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    await place.put("bad");
    const running = place.start({
      async project({ id }, tx) {
        await place.insert(tx, id);
        await tx.query("SELECT nonsense").catch(() => undefined);
        await place.insert(tx, id).catch(() => undefined);
      },
    });
    await running.caughtUp();
    const [parked] = running.parked.list();
    await running.stop();
    expect(parked?.error).toContain('column "nonsense" does not exist');
    expect(await place.lines()).toEqual([]);
  });

  test("a query that comes when its step is over is refused, and a warning says so", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    const kept: Sql[] = [];
    const running = place.start({
      async project({ id }, tx) {
        kept.push(tx);
        await place.insert(tx, id);
      },
    });
    await running.caughtUp();
    for (const id of ["a", "b"]) {
      await place.put(id);
      await running.caughtUp();
    }
    for (let n = 0; n < 2; n++) {
      await expect(place.insert(kept[0]!, "late")).rejects.toThrow(TransactionError);
    }
    await place.put("c");
    await running.caughtUp();
    await running.stop();
    expect(running.error).toBeUndefined();
    expect(await place.lines()).toEqual(["a", "b", "c"]);
    expect(place.warnings).toEqual([
      {
        code: "late-query",
        message: expect.stringMatching(/^checkpoint\.lines\.1: .*await each query/),
        cause: expect.any(TransactionError),
      },
    ]);
  });

  test("what is under way when a handler fails is waited for, and nothing of it reaches the next one", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    const late: unknown[] = [];
    let others: Promise<unknown>[] = [];
    const running = place.start({
      onError: { retries: 3, firstMs: 1 },
      async project({ id }, tx) {
        const attempt = others.length + 1;
        const other = async (): Promise<void> => {
          await tx.query("SELECT pg_sleep(0.05)");
          await place.insert(tx, `${id} of ${attempt}`);
        };
        const begun = other();
        others = [...others, begun.catch((error: unknown) => late.push(error))];
        const failing = attempt < 3 ? Promise.reject(new Error("at once")) : Promise.resolve();
        await Promise.all([begun, failing]);
      },
    });
    await place.put("a");
    await running.caughtUp();
    await place.put("b");
    await running.caughtUp();
    await Promise.all(others);
    await running.stop();
    expect(late.every((error) => isJetfoldError(error, "transaction"))).toBe(true);
    expect(late).toHaveLength(2);
    expect(await place.lines()).toEqual(["a of 3", "b of 4"]);
    // Each was of a step that has failed, and that was told.
    expect(place.warnings).toEqual([]);
  });

  test("a callback or a cursor is refused: nobody could wait for it", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    await place.put("a");
    const refused: unknown[] = [];
    const running = place.start({
      async project({ id }, tx) {
        const query = tx.query.bind(tx) as (...args: unknown[]) => Promise<unknown>;
        for (const args of [
          ["SELECT 1", () => undefined],
          ["SELECT 1", [], () => undefined],
          [{ text: "SELECT 1", callback: () => undefined }],
          [{ submit: () => undefined }],
        ]) {
          await query(...args).catch((error: unknown) => refused.push(error));
        }
        await place.insert(tx, id);
      },
    });
    await running.caughtUp();
    await running.stop();
    expect(refused).toHaveLength(4);
    for (const error of refused) expect(error).toMatchObject({ code: "invalid-input" });
    expect(await place.lines()).toEqual(["a"]);
  });

  test("its own savepoints are its own", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    await place.put("a", "b");
    const running = place.start({
      async project({ id }, tx) {
        await place.insert(tx, id);
        await tx.query("SAVEPOINT mine");
        await tx.query("SELECT nonsense").catch(() => undefined);
        await tx.query("ROLLBACK TO SAVEPOINT mine");
        await tx.query("SAVEPOINT left_open");
        await place.insert(tx, `${id}!`);
      },
    });
    await running.caughtUp();
    await running.stop();
    expect(running.error).toBeUndefined();
    expect(await place.lines()).toEqual(["a", "a!", "b", "b!"]);
  });

  const endings: readonly (readonly string[])[] = [
    ["COMMIT"],
    ["ROLLBACK"],
    ["END"],
    ["COMMIT AND CHAIN"],
    ["ROLLBACK AND CHAIN"],
    ["COMMIT", "BEGIN"],
    ["ROLLBACK", "BEGIN", "SAVEPOINT other"],
    ["ROLLBACK", "SELECT 1", "BEGIN", "SELECT 1 / 0"],
  ];
  for (const throws of [false, true]) {
    const then = throws ? "and throws" : "and goes on";
    test.for(endings.map((said) => [said.join("; "), said] as const))(
      `ended by the handler (%s) ${then}: the projection stops, and nothing is tried again`,
      async ([, said], context) => {
        if (on === undefined) return context.skip("no PostgreSQL on this machine");
        const place = await Place.in(on);
        const calls: string[] = [];
        const running = place.start({
          async project({ id }, tx) {
            calls.push(id);
            await place.insert(tx, id);
            if (id !== "bad") return;
            for (const text of said) await tx.query(text).catch(() => undefined);
            await place.insert(tx, "afterwards").catch(() => undefined);
            if (throws) throw new Error("and then it threw");
          },
        });
        await place.put("a");
        await running.caughtUp();
        const before = await place.position();
        await place.put("bad", "c");
        await expect(within("the end", running.done)).rejects.toThrow(TransactionError);
        expect(running.state).toBe("failed");
        expect(calls.filter((id) => id === "bad")).toHaveLength(1);
        expect(await place.position()).toBe(before);
        expect(running.parked.list()).toEqual([]);
        // What was committed is what the error says may be there, and never twice.
        const lines = await place.lines();
        expect(lines.filter((line) => line === "a")).toHaveLength(1);
        expect(lines.filter((line) => line === "bad").length).toBeLessThanOrEqual(1);
      },
    );
  }

  test("a batch that ended it is not done again, commit by commit", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    await place.put("a", "bad", "c");
    const calls: string[] = [];
    const running = place.start({
      batch: { commits: 3, ms: 10_000 },
      async project({ id }, tx) {
        calls.push(id);
        await place.insert(tx, id);
        if (id === "bad") await tx.query("COMMIT");
      },
    });
    await expect(within("the end", running.done)).rejects.toThrow(TransactionError);
    expect(calls).toEqual(["a", "bad", "c"]);
    expect(await place.lines()).toEqual(["a", "bad", "c"]);
    expect(await place.position()).toBe(0);
  });

  test.for(["create", "activate"] as const)(
    "ended in `%s`: it does not begin",
    async (hook, context) => {
      if (on === undefined) return context.skip("no PostgreSQL on this machine");
      const place = await Place.in(on);
      await place.put("a");
      const running = place.start({
        [hook]: async (tx: Sql) => void (await tx.query("COMMIT")),
        project: ({ id }, tx) => place.insert(tx, id),
      });
      await expect(within("the end", running.done)).rejects.toThrow(TransactionError);
      expect(await place.position()).toBeUndefined();
      expect(await place.lines()).toEqual([]);
    },
  );

  test("ended in a retry of what is parked: the projection stops, and nothing is done again", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    let broken = true;
    const running = place.start({
      project: async ({ id }, tx) => {
        if (broken) throw new Error("not yet");
        await place.insert(tx, id);
        await tx.query("COMMIT");
      },
    });
    await place.put("a", "b");
    await until("parked", () => running.parked.list().length === 2);
    broken = false;
    await expect(running.parked.retry()).rejects.toThrow(TransactionError);
    expect(running.state).toBe("failed");
    await expect(within("the end", running.done)).rejects.toThrow(TransactionError);
    await expect(running.parked.retry()).rejects.toThrow(/not running/);
    expect(await place.lines()).toEqual(["a"]);
  });

  test("ended in `drop`: nothing is forgotten", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    await place.put("a");
    const first = place.start({ project: () => undefined });
    await first.caughtUp();
    await first.stop();
    const second = place.start({ version: 2, project: () => undefined });
    await second.activated();
    await second.stop();
    const dropping = dropProjection(
      place.store,
      place.projection({
        project: () => undefined,
        drop: async (tx) => void (await tx.query("COMMIT")),
      }),
      postgresCheckpoints(place.database),
    );
    await expect(dropping).rejects.toThrow(TransactionError);
    const text = "SELECT version FROM jetfold_checkpoints WHERE store = $1 ORDER BY version";
    const { rows } = await place.database.query(text, [place.store.name]);
    expect(rows).toEqual([{ version: 1 }, { version: 2 }]);
  });
});

describe("a mistake in a query", () => {
  test("an object in place of a text is refused on PGlite, before it is sent", async () => {
    const on = await embeddedPostgres();
    const place = await Place.in(on);
    const running = place.start({
      project: async ({ id }, tx) => {
        const text = `INSERT INTO ${place.table} VALUES ('${id}')`;
        await (id === "bad" ? tx.query({ text } as unknown as string) : tx.query(text));
      },
    });
    await place.put("bad", "good");
    await until("parked", () => running.parked.list().length === 1);
    await running.caughtUp();
    expect(running.parked.list()[0]!.error).toMatch(/tx\.query must be given a text first/);
    expect(await place.lines()).toEqual(["good"]);
    await running.stop();
    await on.close();
  }, 120_000);

  test("the driver's own TypeError is no broken connection", async (context) => {
    const on = await realPostgres();
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    const pool = place.database as SqlPool;
    const wrong = new TypeError("insufficient data left in message");
    const connect = async () => {
      const client = await pool.connect();
      let spoilt = false;
      return {
        async query(text: string, values?: unknown[]) {
          if (spoilt) throw wrong;
          spoilt = text === "SELECT 'bad'";
          if (spoilt) throw new TypeError("the argument must be of type string");
          return values === undefined ? client.query(text) : client.query(text, values);
        },
        release: (broken = false) => client.release(broken || spoilt),
      };
    };
    const running = place.start(
      {
        project: async ({ id }, tx) =>
          void (await (id === "bad" ? tx.query("SELECT 'bad'") : place.insert(tx, id))),
      },
      { connect },
    );
    await place.put("bad", "good");
    await until("parked", () => running.parked.list().length === 1);
    await running.caughtUp();
    expect(running.parked.list()[0]!.error).toMatch(/must be of type string/);
    expect(await place.lines()).toEqual(["good"]);
    await running.stop();
    await on.close();
  }, 120_000);
});

describe("the connection of a transaction that is in doubt", () => {
  let on: TestDatabase | undefined;
  beforeAll(async () => {
    on = await realPostgres();
  });
  afterAll(() => on?.close());

  /** A pool that hands out what `change` makes of its clients, and tells how each came back. */
  function wrapped(pool: SqlPool, change: (client: Sql) => Sql["query"]) {
    const broken: boolean[] = [];
    const connect = async () => {
      const client = await pool.connect();
      return {
        query: change(client),
        release(isBroken = false) {
          broken.push(isBroken);
          client.release(isBroken);
        },
      };
    };
    return { broken, pool: { connect } };
  }

  test("is not used again after a handler has ended it", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    await place.put("a");
    const { broken, pool } = wrapped(place.database as SqlPool, (client) =>
      client.query.bind(client),
    );
    const running = place.start(
      { project: async (_, tx) => void (await tx.query("COMMIT; BEGIN")) },
      pool,
    );
    await expect(within("the end", running.done)).rejects.toThrow(TransactionError);
    await until("it to be given back", () => broken.includes(true));
    expect(broken.filter(Boolean)).toHaveLength(1);
  });

  test("a COMMIT that is answered by ROLLBACK is no success", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const place = await Place.in(on);
    let armed = false;
    const effects: string[] = [];
    const { broken, pool } = wrapped(
      place.database as SqlPool,
      (client) => async (text, values) => {
        if (armed && text === "COMMIT") await client.query("SELECT 1 / 0").catch(() => undefined);
        return values === undefined ? client.query(text) : client.query(text, values);
      },
    );
    const running = place.start(
      {
        project: async ({ id }, tx) => void (await place.insert(tx, id)),
        effect: ({ id }) => void effects.push(id),
      },
      pool,
    );
    await running.caughtUp();
    armed = true;
    await place.put("a");
    await expect(within("the end", running.done)).rejects.toThrow(TransactionError);
    expect(running.position).toBe(0);
    expect(effects).toEqual([]);
    expect(await place.lines()).toEqual([]);
    expect(broken).toContain(true);
  });
});

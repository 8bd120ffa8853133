import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ClosedError,
  ConfigError,
  defineProjection,
  NotRunningError,
  observe,
  PoisonError,
  type Projection,
  SecondRunnerError,
} from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { postgresCheckpoints, postgresTables, type Sql } from "jetfold/postgres";
import { counted, CounterEvents } from "../faults/counter.ts";
import { until, within } from "../faults/until.ts";
import { embeddedPostgres, realPostgres, type TestDatabase } from "../postgres/test-database.ts";

let names = 0;

/** A store with three commits, of which the second is of an aggregate of its own. */
async function threeCommits(): Promise<MemoryStore> {
  const store = await MemoryStore.open({ name: `store-${++names}`, onWarning: () => undefined });
  for (const id of ["a", "bad", "a"]) {
    await store.publish({ family: CounterEvents, id, expect: "any", events: [counted(id, 1)] });
  }
  return store;
}

type Handler = (id: string, tx: Sql) => Promise<void>;

function noting(handle: Handler): Projection<typeof CounterEvents, Sql> {
  return defineProjection({
    name: "noting",
    events: CounterEvents,
    project: ({ id }, tx: Sql) => handle(id, tx),
    onError: { policy: "park", retries: 0 },
  });
}

async function inserted(tx: Sql, table: string, id: string): Promise<void> {
  await tx.query(`INSERT INTO ${table} (id) VALUES ($1)`, [id]);
}

/** A pool of which, once armed, one answer to each of some statements never comes in time. */
function lateOnce(pool: pg.Pool, statements: string[]) {
  let armed = false;
  const connect = async (): Promise<pg.PoolClient> => {
    const client = await pool.connect();
    const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
    const late = async (...args: unknown[]): Promise<unknown> => {
      const answer = await query(...args);
      const at = armed ? statements.findIndex((one) => String(args[0]).startsWith(one)) : -1;
      if (at < 0) return answer;
      statements.splice(at, 1);
      throw new Error("Query read timeout");
    };
    const lent = { query: late, release: (broken?: boolean) => client.release(broken) };
    return lent as unknown as pg.PoolClient;
  };
  const slow = { connect, on: pool.on.bind(pool) } as unknown as pg.Pool;
  return { pool: slow, arm: () => void (armed = true), left: () => statements };
}

describe.each(["PGlite", "PostgreSQL"])("what a database refuses, on %s", (kind) => {
  let on: TestDatabase | undefined;
  beforeAll(async () => {
    on = kind === "PGlite" ? await embeddedPostgres() : await realPostgres();
  });
  afterAll(() => on?.close());

  /** The ids that are in a table, of what a handler does with it for each event. */
  async function notedBy(handle: (id: string, tx: Sql, table: string) => Promise<void>) {
    const { database } = on!;
    const table = `noted_${++names}`;
    await database.query(
      `CREATE TABLE ${table} (id text, needs text REFERENCES ${table}_all DEFERRABLE INITIALLY DEFERRED)`.replace(
        `${table}_all`,
        "known",
      ),
    );
    const store = await threeCommits();
    const projection = noting((id, tx) => handle(id, tx, table));
    const running = observe(store, projection, { checkpoints: postgresCheckpoints(database) });
    await running.caughtUp();
    const parked = running.parked.list();
    const again = await running.parked.retry();
    await running.stop();
    const { rows } = await database.query(`SELECT id FROM ${table}`);
    await store.close();
    return { parked, again, ids: (rows as { readonly id: string }[]).map(({ id }) => id) };
  }

  beforeAll(async () => {
    await on?.database.query("CREATE TABLE known (id text PRIMARY KEY)");
  });

  test("at COMMIT is the failure of the commit that caused it", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const { parked, again, ids } = await notedBy(async (id, tx, table) => {
      const needs = id === "bad" ? "nothing known" : null;
      await tx.query(`INSERT INTO ${table} VALUES ($1, $2)`, [id, needs]);
    });
    expect(ids).toEqual(["a", "a"]);
    expect(parked.map(({ id, error }) => [id, /foreign key/.test(error)])).toEqual([["bad", true]]);
    expect(again).toEqual(parked.map((one) => ({ ...one, attempts: 2 })));
  });

  test("and the handler has caught, too: nothing of it is half done", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const { parked, ids } = await notedBy(async (id, tx, table) => {
      await inserted(tx, table, id);
      if (id === "bad") await tx.query("SELECT 1 / 0").catch(() => undefined);
    });
    expect(ids).toEqual(["a", "a"]);
    expect(parked.map(({ id }) => id)).toEqual(["bad"]);
  });

  test("a stored checkpoint that is none stops it, and is not passed over", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const { database } = on;
    const store = await threeCommits();
    const checkpoints = postgresCheckpoints(database);
    const start = () =>
      observe(
        store,
        noting(async () => undefined),
        { checkpoints },
      );
    const first = start();
    await first.caughtUp();
    await first.stop();
    await database.query(
      'UPDATE jetfold_checkpoints SET checkpoint = \'{"sequence": "far"}\' WHERE store = $1',
      [store.name],
    );
    await expect(within("the end", start().done)).rejects.toThrow(PoisonError);
    await store.close();
  });

  test("two that begin at once make the tables once, and one of them goes on", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const { database } = on;
    const schema = `schema_${++names}`;
    await database.query(`CREATE SCHEMA ${schema}`);
    const store = await threeCommits();
    const seen: string[] = [];
    const all = Array.from({ length: 4 }, () => {
      const checkpoints = postgresCheckpoints(database, { schema });
      return observe(
        store,
        noting(async (id) => void seen.push(id)),
        { checkpoints },
      );
    });
    const ends = await Promise.allSettled(
      all.map((one) => Promise.race([one.caughtUp(), one.done])),
    );
    const failed = ends.flatMap((end) => (end.status === "rejected" ? [end.reason as Error] : []));
    expect(ends.length - failed.length).toBeGreaterThanOrEqual(1);
    for (const error of failed) {
      const cause = error instanceof NotRunningError ? error.cause : error;
      expect(cause).toBeInstanceOf(SecondRunnerError);
    }
    await Promise.all(all.map((one) => one.stop()));
    const text = `SELECT sequence::integer AS sequence FROM ${schema}.jetfold_checkpoints`;
    expect((await database.query(text)).rows).toEqual([{ sequence: 3 }]);
    await store.close();
  });
});

test("a schema's name that would have to be quoted is refused", () => {
  for (const schema of ["", "Public", "a b", "a.b", 'a"; DROP TABLE x; --', "1a", "é"]) {
    expect(() => postgresCheckpoints({} as pg.Pool, { schema })).toThrow(ConfigError);
    expect(() => postgresTables(schema)).toThrow(ConfigError);
  }
});

describe("roles and outages of a real PostgreSQL", () => {
  let on: TestDatabase | undefined;
  beforeAll(async () => {
    on = await realPostgres();
  });
  afterAll(() => on?.close());

  test("an answer to COMMIT that is late, or to BEGIN, is waited out", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    await on.database.query("CREATE SCHEMA late");
    await on.database.query("CREATE TABLE late.rows (id text)");
    const pool = new pg.Pool({ connectionString: on.url!, query_timeout: 500 });
    const slow = lateOnce(pool, ["COMMIT", "BEGIN"]);
    const store = await threeCommits();
    const running = observe(
      store,
      noting((id, tx) => inserted(tx, "late.rows", id)),
      { checkpoints: postgresCheckpoints(slow.pool, { schema: "late" }) },
    );
    await running.caughtUp();
    await until("live", () => running.state === "live");
    slow.arm();
    for (const id of ["b", "c"]) {
      const events = [counted(id, 1)];
      await store.publish({ family: CounterEvents, id, expect: "any", events });
      await running.caughtUp();
    }
    expect(slow.left()).toEqual([]);
    expect(running.parked.list()).toEqual([]);
    const { rows } = await on.database.query("SELECT id FROM late.rows ORDER BY id");
    expect(rows.map((row) => (row as { id: string }).id)).toEqual(["a", "a", "b", "bad", "c"]);
    await running.stop();
    await pool.end();
    await store.close();
  });

  test("a role that may not create tables uses those of a migration", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const { database } = on;
    await database.query("CREATE SCHEMA migrated");
    for (const statement of postgresTables("migrated").split(";")) {
      if (statement.trim() !== "") await database.query(statement);
    }
    await database.query("CREATE ROLE modest LOGIN PASSWORD 'modest'");
    await database.query("GRANT USAGE ON SCHEMA migrated TO modest");
    await database.query(
      "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA migrated TO modest",
    );
    const url = new URL(on.url!);
    url.username = "modest";
    url.password = "modest";
    const pool = new pg.Pool({ connectionString: url.href });
    const store = await threeCommits();
    const start = (schema: string) =>
      observe(
        store,
        noting(async () => undefined),
        {
          checkpoints: postgresCheckpoints(pool, { schema }),
        },
      );
    const running = start("migrated");
    await running.caughtUp();
    await running.stop();
    expect(running.state).toBe("stopped");
    await database.query("CREATE SCHEMA forbidden");
    const refused = start("forbidden");
    await expect(within("the end", refused.done)).rejects.toThrow(/permission denied/);
    expect(refused.error).toBeInstanceOf(ConfigError);
    await pool.end();
    await store.close();
  });

  test("a pool that is closed for good ends it, and a server that is away does not", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const store = await threeCommits();
    const closed = new pg.Pool({ connectionString: on.url! });
    await closed.end();
    const start = (pool: pg.Pool, onState?: (state: string) => void) =>
      observe(
        store,
        noting(async () => undefined),
        {
          checkpoints: postgresCheckpoints(pool),
          ...(onState && { onState }),
        },
      );
    await expect(within("the end", start(closed).done)).rejects.toThrow(ClosedError);
    const url = new URL(on.url!);
    url.port = "1";
    const away = new pg.Pool({ connectionString: url.href });
    const waiting = new Promise<void>((resolve) => {
      const running = start(away, (state) => {
        if (state === "waiting") void running.stop().then(resolve);
      });
    });
    await within("it waits, and stops when told", waiting);
    await away.end();
    await store.close();
  });

  test("a transaction that is left idle for too long is ended, and no handler's failure", async (context) => {
    if (on === undefined) return context.skip("no PostgreSQL on this machine");
    const { database, url } = on;
    const store = await threeCommits();
    const application_name = "idle";
    const pool = new pg.Pool({ connectionString: url!, max: 1, application_name });
    // A connection that was there before the projection.
    await pool.query("CREATE TABLE left_idle (id text)");
    const count = "SELECT 1 FROM pg_stat_activity WHERE application_name = $1";
    const isEnded = async (): Promise<boolean> =>
      (await database.query(count, [application_name])).rows.length === 0;
    let calls = 0;
    const projection = noting(async (id, tx) => {
      if (++calls === 1) await until("the server to end the session", isEnded);
      await inserted(tx, "left_idle", id);
    });
    const states: string[] = [];
    const running = observe(store, projection, {
      checkpoints: postgresCheckpoints(pool),
      standby: { takeOverMs: 500 },
      onState: (state) => states.push(state),
    });
    await running.caughtUp();
    expect(states).toContain("waiting");
    expect(running.parked.list()).toEqual([]);
    const { rows } = await database.query("SELECT id FROM left_idle");
    expect(rows.map(({ id }) => id)).toEqual(["a", "bad", "a"]);
    await running.stop();
    await pool.end();
    await store.close();
  });
});

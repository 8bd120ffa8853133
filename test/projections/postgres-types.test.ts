import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { defineProjection, observe, type Projection, type Running } from "jetfold";
import { MemoryStore } from "jetfold/memory";
import { type Database, postgresCheckpoints, type Sql } from "jetfold/postgres";
import { counted, CounterEvents } from "../faults/counter.ts";
import { realPostgres, type TestDatabase } from "../postgres/test-database.ts";

/** Of PostgreSQL: its type for texts, which every client reads the same. */
const text = 25;

/** A value in a form that nobody expects; as ORMs and applications set it for all of a process. */
function strange(value: unknown): unknown {
  return { strange: value };
}

/** A database whose client reads every type but text in a form of its own. */
interface Strange {
  readonly database: Database & Sql;
  close(): Promise<void>;
}

const kinds = {
  async PGlite(): Promise<Strange> {
    const { types } = await import("@electric-sql/pglite");
    const numbers = Object.keys(types.parsers)
      .map(Number)
      .filter((type) => type !== text);
    const parsers = Object.fromEntries(numbers.map((type) => [type, strange]));
    const refuse = (): string => {
      throw new Error("a serializer of the caller's was asked");
    };
    const serializers = Object.fromEntries(numbers.map((type) => [type, refuse]));
    const database = await PGlite.create({ parsers, serializers });
    return { database, close: () => database.close() };
  },
  async PostgreSQL(): Promise<Strange | undefined> {
    const real = await realPostgres();
    return real && strangePool(real);
  },
} satisfies Readonly<Record<string, () => Promise<Strange | undefined>>>;

function strangePool(real: TestDatabase): Strange {
  const types = { getTypeParser: (type: number) => (type === text ? String : strange) };
  const options = "-c standard_conforming_strings=off -c search_path=elsewhere";
  const database = new pg.Pool({ connectionString: real.url!, types, options });
  return {
    database,
    async close() {
      await database.end();
      await real.close();
    },
  };
}

const trouble = `it's "\\ bad" \\' $1 -- ; /* E'' \u2028 \u00e9 {"a":[null]}`;

let names = 0;

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])(
  "a client that reads types in its own way, on %s",
  (kind) => {
    let on: Strange | undefined;
    beforeAll(async () => {
      on = await kinds[kind]();
    });
    afterAll(() => on?.close());

    test("begins, goes on, parks, tries again and is replaced as ever", async (context) => {
      if (on === undefined) return context.skip("no PostgreSQL on this machine");
      const { database } = on;
      const store = await MemoryStore.open({ name: `s${++names}`, onWarning: () => undefined });
      await database.query("CREATE TABLE public.sums (version text, id text)");
      const put = async (id: string): Promise<number> => {
        const events = [counted("w", 1)];
        const commit = { family: CounterEvents, id, expect: "any", events } as const;
        return (await store.publish(commit)).head.sequence;
      };
      let broken = true;
      const versioned = (version: number): Projection<typeof CounterEvents, Sql> =>
        defineProjection({
          name: "sums",
          version,
          events: CounterEvents,
          onError: { retries: 0, policy: "park" },
          async project({ id }, tx: Sql) {
            if (id === "bad" && broken) throw new Error(trouble);
            await tx.query("INSERT INTO public.sums VALUES ($1, $2)", [`v${version}`, id]);
          },
        });
      const start = (version: number): Running =>
        observe(store, versioned(version), { checkpoints: postgresCheckpoints(database) });
      const rows = async (version: number): Promise<string> => {
        const query = "SELECT string_agg(id, ' ' ORDER BY id) FROM public.sums WHERE version = $1";
        return (await database.query(query, [`v${version}`])).rows[0].string_agg as string;
      };

      await put("bad");
      await put("a");
      const first = start(1);
      await first.caughtUp();
      expect(first.active).toBe(true);
      const parked = first.parked.list();
      expect(parked.map(({ id, error }) => [id, error])).toEqual([["bad", `Error: ${trouble}`]]);
      await first.stop();
      expect(await rows(1)).toBe("a");

      const again = start(1);
      await again.reached(await put("b"));
      expect(again.parked.list()).toEqual(parked);
      broken = false;
      expect(await again.parked.retry()).toEqual([]);
      expect(await rows(1)).toBe("a b bad");

      const second = start(2);
      await second.activated();
      await again.done;
      expect(again.state).toBe("superseded");
      await second.reached(await put("c"));
      expect(await rows(2)).toBe("a b bad c");
      await second.stop();
      expect(second.error).toBeUndefined();
      const late = start(1);
      await late.done;
      expect(late.state).toBe("superseded");
      await store.close();
    });

    test("reads what was stored before its statements were text", async (context) => {
      if (on === undefined) return context.skip("no PostgreSQL on this machine");
      const { database } = on;
      const store = await MemoryStore.open({ name: `s${++names}`, onWarning: () => undefined });
      const seen: string[] = [];
      const projection = defineProjection({
        name: "old",
        events: CounterEvents,
        async project({ id }, tx: Sql) {
          await tx.query("SELECT 1");
          seen.push(id);
        },
      });
      const start = (): Running =>
        observe(store, projection, { checkpoints: postgresCheckpoints(database) });
      // Makes the tables.
      const first = start();
      await first.caughtUp();
      await first.stop();
      const commit = { family: CounterEvents, expect: "any" } as const;
      const { commitId } = await store.publish({ ...commit, id: "a", events: [counted("w", 1)] });
      const checkpoint = {
        storeId: store.storeId,
        sequence: 1,
        selects: ["Counter"],
        lastCommit: { sequence: 1, commitId, family: "Counter", id: "a", revision: 1 },
      };
      await database.query(
        `UPDATE public.jetfold_checkpoints SET sequence = 1, revision = 9007199254740991 - 10,
           runner = 'another', checkpoint = '${JSON.stringify(checkpoint)}'
         WHERE store = '${store.name}'`,
      );
      await store.publish({ ...commit, id: "b", events: [counted("w", 1)] });
      const running = start();
      await running.caughtUp();
      await running.stop();
      expect(running.error).toBeUndefined();
      expect(seen).toEqual(["b"]);
      await store.close();
    });
  },
);

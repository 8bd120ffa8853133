import type { Sql } from "jetfold/postgres";
import { expect, test } from "vitest";
import { randomFrom, seedOf } from "../faults/seed.ts";
import { storeName } from "../faults/site.ts";
import { until } from "../faults/until.ts";
import { selected, startBusyWriters } from "./busy-writers.ts";
import { failOver, type Fault, spread } from "./failovers.ts";
import { Life } from "./life.ts";
import { long } from "./long.ts";
import { siteWithRealPostgres } from "./real-postgres.ts";
import { checkpointOf, flawsOf } from "./tally.ts";

const shared = siteWithRealPostgres();

const takeOverMs = 1_000;

/** Is a transaction of this process open, and nothing being done in it? */
async function isInTransaction(database: Sql, application: string): Promise<boolean> {
  const text = `SELECT 1 FROM pg_stat_activity
    WHERE application_name = $1 AND state = 'idle in transaction'`;
  return (await database.query(text, [application])).rows.length > 0;
}

test.for<Fault>(["killed", "frozen"])(
  "when the active process is %s, another goes on, and every event is applied once",
  { timeout: 900_000 },
  async (fault, context) => {
    const { database, url } = shared.postgresOf(context);
    const { site } = shared;
    const { store } = await site.client(storeName());
    const seed = seedOf();
    const prepare = (n: number): Life => {
      const mode = n % 4 === 3 ? "batch" : "project";
      const args = [site.server.url, store.name, url, fault, `${n}`, `${takeOverMs}`, mode];
      return Life.prepare("./failover-postgres-child.ts", args);
    };
    const writers = startBusyWriters([store], seed, 500);
    const rounds = long(4, 50);
    const checkpoint = () => checkpointOf(database, fault);
    const plan = { fault, rounds, random: randomFrom(seed), prepare, checkpoint };
    const inTransaction = (n: number) => isInTransaction(database, `${fault}_${n}`);
    const { takeOvers, open, moved, lives } = await failOver({
      ...plan,
      isInTransaction: inTransaction,
    }).catch((cause: unknown) => {
      throw new Error(`seed ${seed}: ${String(cause)}`, { cause });
    });
    const written = await writers.stop();
    const end = await store.end(selected);
    const caughtUp = async (): Promise<boolean> => (await checkpoint()) >= end;
    await until(`seed ${seed}: the rest`, caughtUp, 60_000);
    await Promise.all(lives.map(({ life }) => life.kill()));

    const { events, ...flaws } = await flawsOf(store, database, fault);
    const within = fault === "frozen" ? `, ${open} of them within a transaction` : "";
    console.info(
      `${fault} ${rounds} times${within}, ${spread(takeOvers)}; the checkpoint had moved in ` +
        `${moved} terms: ${events} events, each once; seed ${seed}`,
    );
    expect(flaws, `seed ${seed}`).toEqual({ missing: [], excess: [], totals: [] });
    expect(events, `seed ${seed}`).toBe(written.events);
    expect(moved, `seed ${seed}`).toBeGreaterThanOrEqual(rounds / 2);
  },
);

import { type Contender, interleave, medianOf } from "../harness/interleave.ts";
import type { Context, Figures, Key, Measured, Scenario, Skipped } from "../harness/scenario.ts";
import { type Filling, fillStore } from "../site/fill.ts";
import { openSite } from "../site/site.ts";
import { Account } from "../work/account.ts";
import { emmettProjection, jetfoldProjection, type Projected, type Way } from "./contenders.ts";
import { type Databases, fillEmmett, openDatabases } from "./databases.ts";

/** A read model in PostgreSQL, by one upsert an event. */
export const postgresProjection: Scenario = {
  key: "project.postgres",
  measure: (context) => {
    const { scale } = context;
    return measure(context, {
      key: "project.postgres",
      ways: ["default", "apart"],
      // As many as Emmett by default.
      projected: { events: scale.pick(1_000, 200, 40), together: 100 },
      emmettRounds: scale.rounds,
      note: "jetfold: as many commits a transaction as have come, at most 100, which is its default; and each in a transaction of its own, which is emmett-pg-apart",
    });
  },
};

/** A read model in PostgreSQL, by one upsert of many rows a batch. */
export const batchedPostgresProjection: Scenario = {
  key: "project.postgres-batch",
  measure: (context) => {
    const { scale } = context;
    return measure(context, {
      key: "project.postgres-batch",
      ways: ["batches"],
      projected: { events: scale.pick(3_000, 500, 50), together: 500 },
      emmettRounds: scale.pick(3, 1, 1),
      note: "jetfold: projectBatch, one statement for each 500 events; Emmett: batches of 500 as well, but it gives its projections one event at a time and so needs one upsert for each",
    });
  },
};

/** What is measured. */
interface Plan {
  readonly key: Key;
  readonly ways: readonly Way[];
  readonly projected: Projected;
  readonly emmettRounds: number;
  readonly note: string;
}

async function measure(context: Context, plan: Plan): Promise<Measured | Skipped> {
  const { key, projected } = plan;
  const { databases, skipped } = await openDatabases(context);
  if (databases.length === 0) return { key, skipped: skipped.join("; ") };
  const figures = await interleave(
    context,
    "events/s",
    await contendersOf(context, plan, databases),
  );
  const versions = databases.map(({ emmett: { name, peer } }) => {
    return `${name}: PostgreSQL ${peer.postgresVersion}`;
  });
  return {
    key,
    value: figures[0]!.median,
    unit: "events/s",
    scale: `${projected.events} events of ${byTurns(projected.events).aggregates} aggregates, by turns, one event a commit; a row with the number and the sum of each aggregate's events, from the first event until all are in it`,
    ratio: ratiosOf(figures),
    bars: [],
    figures,
    notes: [
      plan.note,
      `Emmett: an async projector in a consumer of its store, ${projected.together} events a transaction, each with its checkpoint; without the 50 ms that it rests by default after each batch, and its first rest of 100 ms, which no setting changes, is not counted`,
      ...versions,
      ...skipped,
    ],
  };
}

async function contendersOf(
  context: Context,
  { ways, projected, emmettRounds }: Plan,
  databases: readonly Databases[],
): Promise<readonly Contender[]> {
  const filling = byTurns(projected.events);
  const site = await openSite(context);
  const store = await site.openStore();
  await fillStore(context, site, filling);
  await Promise.all(databases.map((one) => fillEmmett(context, one, filling)));
  return [
    ...ways.flatMap((way) => databases.map((one) => jetfoldProjection(store, one, way, projected))),
    ...databases.map((one) => emmettProjection(one, projected, emmettRounds)),
  ];
}

/** jetfold and Emmett on the same server. */
function ratiosOf(figures: readonly Figures[]): Readonly<Record<string, number>> {
  const pairs = [
    ["emmett-pg", "jetfold", "emmett-pg"],
    ["emmett-pg-fsync-off", "jetfold, fsync off", "emmett-pg-fsync-off"],
    ["emmett-pg-apart", "jetfold, each apart", "emmett-pg"],
  ] as const;
  const names = new Set(figures.map(({ contender }) => contender));
  return Object.fromEntries(
    pairs
      .filter(([, own, peer]) => names.has(own) && names.has(peer))
      .map(([ratio, own, peer]) => [ratio, medianOf(figures, own) / medianOf(figures, peer)]),
  );
}

/** As many aggregates as a batch has events at most: each event of a batch is of another. */
function byTurns(total: number): Filling {
  const aggregates = Math.min(500, total);
  return {
    total,
    aggregates,
    aggregateOf: (n) => n % aggregates,
    addressOf: (n) => ({ family: Account.events.name, id: `account-${n}` }),
  };
}

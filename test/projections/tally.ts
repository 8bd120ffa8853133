import {
  defineProjection,
  type Envelope,
  type EventStore,
  type Projection,
  type ProjectionDefinition,
} from "jetfold";
import type { Sql } from "jetfold/postgres";
import type { Counted } from "../faults/counter.ts";
import { selected } from "./busy-writers.ts";

/** How a tally takes its events. */
export type Mode = "project" | "batch";

/**
 * A projection that counts how often each event was applied, and sums up each aggregate.
 * @param onEvent - called in the handler, before anything is written
 */
export function tally(
  name: string,
  mode: Mode,
  onEvent: () => void = () => undefined,
): Projection<typeof selected, Sql> {
  const apply = async (envelopes: readonly Envelope<Counted>[], tx: Sql): Promise<void> => {
    onEvent();
    const column = <K extends "family" | "id" | "revision">(key: K) => envelopes.map((e) => e[key]);
    const steps = envelopes.map(({ event }) => event.step);
    await tx.query(insert(name), [column("family"), column("id"), column("revision"), steps]);
  };
  const handlers: Pick<
    ProjectionDefinition<typeof selected, Sql>,
    "project" | "projectBatch"
  > = mode === "batch"
    ? { projectBatch: apply }
    : { project: (envelope, tx) => apply([envelope], tx) };
  const create = async (tx: Sql): Promise<void> => {
    await tx.query(`CREATE TABLE ${name}_applied (family text, id text, revision int,
      applied int, PRIMARY KEY (family, id, revision))`);
    await tx.query(`CREATE TABLE ${name}_totals (family text, id text, events int,
      steps bigint, PRIMARY KEY (family, id))`);
  };
  // Small enough that a life of some milliseconds completes one.
  const batch = mode === "batch" ? { batch: { commits: 50, ms: 20 } } : {};
  return defineProjection({ name, events: selected, create, ...handlers, ...batch });
}

function insert(name: string): string {
  return `WITH given AS (
      SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[]) AS t(family, id, revision, step)
    ), applied AS (
      INSERT INTO ${name}_applied AS before SELECT family, id, revision, 1 FROM given
      ON CONFLICT (family, id, revision) DO UPDATE SET applied = before.applied + 1
    )
    INSERT INTO ${name}_totals AS before
    SELECT family, id, count(*), sum(step) FROM given GROUP BY family, id
    ON CONFLICT (family, id) DO UPDATE
    SET events = before.events + excluded.events, steps = before.steps + excluded.steps`;
}

/** How far its checkpoint is; 0 before it has one. */
export async function checkpointOf(database: Sql, name: string): Promise<number> {
  const { rows } = await database.query("SELECT to_regclass('jetfold_checkpoints') AS there");
  if (rows[0].there === null) return 0;
  const text = "SELECT sequence FROM jetfold_checkpoints WHERE projection = $1";
  const found = await database.query(text, [name]);
  return Number(found.rows[0]?.sequence ?? 0);
}

/** What a tally lacks, or has that it should not have; nothing of either when it is exact. */
export interface TallyFlaws {
  readonly missing: readonly string[];
  /** Applied more than once, or not in the store. */
  readonly excess: readonly string[];
  readonly totals: readonly string[];
}

/** Compare a tally with what a fold of the whole store makes. */
export async function flawsOf(
  store: EventStore,
  database: Sql,
  name: string,
): Promise<TallyFlaws & { readonly events: number }> {
  const text = `SELECT family, id, revision, applied FROM ${name}_applied`;
  const { rows } = await database.query(text);
  const applied = new Map<string, number>(
    rows.map((row) => [`${row.family}.${row.id}#${row.revision}`, row.applied]),
  );
  const totals = new Map<string, { events: number; steps: number }>();
  const missing: string[] = [];
  let events = 0;
  for await (const { family, id, revision, event } of store.replay(selected)) {
    events++;
    const key = `${family}.${id}#${revision}`;
    if (!applied.has(key)) missing.push(key);
    else if (applied.get(key) === 1) applied.delete(key);
    const total = totals.get(`${family}.${id}`) ?? { events: 0, steps: 0 };
    totals.set(`${family}.${id}`, total);
    total.events++;
    total.steps += event.step;
  }
  const excess = [...applied].map(([key, times]) => `${key}: ${times} times`);
  const found = await database.query(`SELECT family, id, events, steps FROM ${name}_totals`);
  const written = new Set(
    found.rows.map((row) => `${row.family}.${row.id}: ${row.events} events, ${row.steps} steps`),
  );
  const expected = [...totals].map(([key, t]) => `${key}: ${t.events} events, ${t.steps} steps`);
  const wrong = expected.filter((line) => !written.delete(line));
  return { events, missing, excess, totals: [...wrong, ...written] };
}

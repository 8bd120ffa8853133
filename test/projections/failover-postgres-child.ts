/**
 * Runs a tally in PostgreSQL, and stands by for others:
 * `<nats url> <store> <pg url> <name> <number> <takeOverMs> <mode>`.
 */
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { observe, type Projection } from "jetfold";
import { postgresCheckpoints, type Sql } from "jetfold/postgres";
import type { selected } from "./busy-writers.ts";
import { letGo, openStore, stay, termTeller } from "./child.ts";
import { type Mode, tally } from "./tally.ts";

const [url, storeName, database, name, number, takeOverMs, mode] = process.argv.slice(2);
await letGo();
// The name by which the parent finds its connections.
const application_name = `${name}_${number}`;
const pool = new pg.Pool({ connectionString: database, max: 2, application_name });
const store = await openStore(url!, storeName!);
const { onState, onEvent } = termTeller();
const { project, projectBatch, ...exact } = tally(name!, mode as Mode);

/** Keeps the transaction, with its locks, a little longer: it is to be frozen in one. */
async function linger(applied: unknown): Promise<void> {
  await applied;
  onEvent();
  await delay(Math.random() * 5);
}

/** Small enough that a term of some milliseconds completes one. */
const batch = { commits: 4, ms: 0 };
const lingering: Projection<typeof selected, Sql> =
  project === undefined
    ? { ...exact, projectBatch: (...given) => linger(projectBatch!(...given)) }
    : { ...exact, batch, project: (...given) => linger(project(...given)) };
const standby = { takeOverMs: Number(takeOverMs) };
const checkpoints = postgresCheckpoints(pool);
await stay(observe(store, lingering, { checkpoints, onState, standby }));

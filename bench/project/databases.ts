import pg from "pg";
import { type Emmett, openEmmetts } from "../emmett/peer.ts";
import type { Context } from "../harness/scenario.ts";
import type { Filling } from "../site/fill.ts";
import { deposited } from "../work/account.ts";

/** A PostgreSQL server with a database for each of the two. */
export interface Databases {
  readonly emmett: Extract<Emmett, { readonly name: string }>;
  /** To Emmett's. */
  readonly emmettPool: pg.Pool;
  /** To jetfold's. */
  readonly jetfoldPool: pg.Pool;
  /** What tells jetfold on this server from jetfold on the other one. */
  readonly suffix: "" | ", fsync off";
}

/** What there is of two servers: one with PostgreSQL's default fsync, one without. */
export interface OpenedDatabases {
  readonly databases: readonly Databases[];
  /** Why one is missing. */
  readonly skipped: readonly string[];
}

export async function openDatabases(context: Context): Promise<OpenedDatabases> {
  const databases: Databases[] = [];
  const skipped: string[] = [];
  for (const emmett of await openEmmetts(context)) {
    if ("skipped" in emmett) skipped.push(emmett.skipped);
    else databases.push(await openOn(context, emmett));
  }
  return { databases, skipped };
}

async function openOn(context: Context, emmett: Databases["emmett"]): Promise<Databases> {
  const url = new URL(emmett.peer.url);
  const emmettPool = poolOf(context, url);
  await emmettPool.query("CREATE DATABASE jetfold");
  url.pathname = "/jetfold";
  const suffix = emmett.name === "emmett-pg" ? "" : ", fsync off";
  return { emmett, emmettPool, jetfoldPool: poolOf(context, url), suffix };
}

function poolOf({ resources }: Context, url: URL): pg.Pool {
  const pool = new pg.Pool({ connectionString: url.href });
  pool.on("error", () => undefined);
  return resources.keep("a pool", pool, () => pool.end());
}

/**
 * Append the same events in the same order to Emmett's store. One after the other: its consumer
 * reads by transaction and remembers a position, and passes over some of those that were appended
 * at the same time.
 */
export async function fillEmmett(
  { signal, say }: Context,
  { emmett, emmettPool }: Databases,
  { total, aggregates, aggregateOf, addressOf }: Filling,
): Promise<void> {
  const start = performance.now();
  const revisions = new Array<bigint>(aggregates).fill(0n);
  for (let n = 0; n < total; n++) {
    signal.throwIfAborted();
    const aggregate = aggregateOf(n);
    const { id } = addressOf(aggregate);
    revisions[aggregate] = await emmett.peer.append(id, [deposited(n)], revisions[aggregate]!);
  }
  // As a server that has run for a while has done by itself.
  await emmettPool.query("VACUUM (ANALYZE)");
  const perSecond = Math.round((total * 1000) / (performance.now() - start));
  say(`filled ${emmett.name} with ${total} events at ${perSecond}/s`);
}

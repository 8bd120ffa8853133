import { getPostgreSQLEventStore } from "@event-driven-io/emmett-postgresql";
import { isJetfoldError } from "jetfold";
import { resolvePostgres } from "../../../test/postgres/resolve-postgres.ts";
import { startPostgres } from "../../../test/postgres/start-postgres.ts";
import { emmettEvents } from "./emmett-events.ts";
import { type EmmettProjection, runProjection } from "./run-projection.ts";

/** Emmett's event store on a PostgreSQL server of its own. */
export interface EmmettPeer {
  /** Such as `15.18`. */
  readonly postgresVersion: string;
  /** Of Emmett's database, a superuser's. */
  readonly url: string;
  /**
   * Append events to a stream in one transaction; returns the stream's version after it.
   * @param expectedVersion the stream's version now, 0 for a new one.
   * @throws Emmett's `ExpectedVersionConflictError` when the stream has another version.
   */
  append(streamName: string, events: readonly object[], expectedVersion: bigint): Promise<bigint>;
  /** Read a stream and fold all of it; returns how many events there were. */
  aggregate(streamName: string): Promise<number>;
  /** Bring events into a read model in the same database, from the first one stored. */
  project(projection: EmmettProjection): Promise<void>;
  /** Close the connections, stop the server and remove its data. */
  close(): Promise<void>;
}

/** Why there is no peer on this machine. */
export interface EmmettSkipped {
  readonly skipped: string;
}

/** How {@link openEmmett} runs PostgreSQL. */
export interface EmmettOptions {
  /** Wait for the disk at every commit, PostgreSQL's default; JetStream's default is false. */
  readonly fsync: boolean;
}

/**
 * Start PostgreSQL and open Emmett's store on it: pooled connections, which are Emmett's default,
 * and the tables created before this returns. The caller closes it.
 */
export async function openEmmett(options: EmmettOptions): Promise<EmmettPeer | EmmettSkipped> {
  const found = await resolvePostgres().catch((error: unknown) => {
    if (isJetfoldError(error)) return { skipped: error.message };
    throw error;
  });
  if ("skipped" in found) return found;
  const server = await startPostgres({ fsync: options.fsync, installation: found });
  try {
    const store = getPostgreSQLEventStore(server.url);
    await store.schema.migrate();
    return {
      postgresVersion: server.version,
      url: server.url,
      append: async (streamName, events, expectedStreamVersion) => {
        const appended = await store.appendToStream(streamName, emmettEvents(events), {
          expectedStreamVersion,
        });
        return appended.nextExpectedStreamVersion;
      },
      aggregate: async (streamName) => {
        const initialState = (): number => 0;
        const evolve = (folded: number): number => folded + 1;
        const { state } = await store.aggregateStream(streamName, { initialState, evolve });
        return state;
      },
      project: (projection) => runProjection(store, projection),
      close: async () => {
        try {
          await store.close();
        } finally {
          await server.stop();
        }
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

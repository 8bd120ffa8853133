import { ClosedError } from "../event/index.ts";
import type { PooledSql, SqlPool } from "./sql.ts";

type Emitter = Pick<PooledSql, "on">;

const listening = new WeakSet<Emitter>();

/**
 * A connection of a pool, to be released.
 * @throws what the pool throws; {@link ClosedError} when it is closed
 */
export async function connected(pool: SqlPool): Promise<PooledSql> {
  if (!listening.has(pool)) listen(pool);
  if (pool.ended === true) throw new ClosedError("the pool is closed");
  const client = await pool.connect();
  ignoreErrors(client);
  return client;
}

/**
 * A broken connection says so by an event as well, which ends the process when nobody listens: the
 * connection's own from its beginning on (between its idle time and its use there is a moment
 * without a listener, pg-pool 3), and the pool's for those that nobody uses. A connection that was
 * made before has none of its own while it is used.
 */
function listen(pool: SqlPool): void {
  ignoreErrors(pool);
  pool.on?.("connect", ignoreErrors);
}

function ignoreErrors(emitter: Emitter): void {
  if (listening.has(emitter)) return;
  listening.add(emitter);
  emitter.on?.("error", () => undefined);
}

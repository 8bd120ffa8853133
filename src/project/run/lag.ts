import type { EventStore, Selectable, Sequence } from "../../event/index.ts";
import type { Lag } from "../running.ts";

/**
 * How far a position is behind.
 * @param lastMs - when the last handled commit was stored, by the server's clock; undefined when
 *   that is not known
 */
export async function lagOf(
  store: Pick<EventStore, "end" | "at" | "count" | "replay">,
  events: Selectable,
  position: Sequence,
  lastMs: number | undefined,
): Promise<Lag> {
  const end = await store.end(events);
  if (end <= position) return { commits: 0, ms: 0 };
  const [commits, last, since] = await Promise.all([
    store.count(events, position),
    store.at(events, end),
    lastMs ?? firstMs(store, events, position, end),
  ]);
  return { commits, ms: last === undefined ? 0 : Math.max(0, last.timeMs - since) };
}

/** When the first commit that is to come was stored. */
async function firstMs(
  store: Pick<EventStore, "replay">,
  events: Selectable,
  after: Sequence,
  until: Sequence,
): Promise<number> {
  const commits = store.replay(events, { after, until, poison: "skip" }).commits();
  for await (const { timeMs } of commits) return timeMs;
  return Infinity;
}

import {
  type EventStore,
  isJetfoldError,
  type Sequence,
  SupersededError,
} from "../../event/index.ts";
import type { Projection } from "../projection.ts";
import type { Checkpoints, ResumedCheckpoint, ResumeOptions } from "./checkpoint.ts";
import { assertNoneMissing, lostPosition, wasActive } from "./lost.ts";
import { verifyCheckpoint } from "./verify.ts";

/** What is stored of a projection. */
export interface Found<Tx> {
  readonly resumed: ResumedCheckpoint<Tx>;
  /** See `Checkpoints.home`. */
  readonly home: string | undefined;
  /** It is the active version, or was it when that was said last. */
  readonly active: boolean;
  /** See {@link lostPosition}; undefined when there is a checkpoint. */
  readonly lost: Sequence | undefined;
}

/**
 * Take up a projection's checkpoint, and ask whether what is there is all there was.
 * @throws as {@link verifyCheckpoint}; {@link SupersededError}; {@link CheckpointError} when the active
 *   version, or something that was set aside, is lost
 */
export async function lookUp<Tx>(...of: Parameters<typeof look<Tx>>): Promise<Found<Tx>> {
  for (let looks = 1; ; looks++) {
    try {
      const found = await look(...of);
      if (found.lost === undefined || looks === mostLooks) return found;
    } catch (error) {
      if (!isJetfoldError(error, "checkpoint") || looks === mostLooks) throw error;
    }
  }
}

/** Somebody else who writes meanwhile makes what is read at different moments look like a loss. */
const mostLooks = 3;

async function look<Tx>(
  store: EventStore,
  projection: Projection<never, Tx>,
  checkpoints: Checkpoints<Tx>,
  options: ResumeOptions,
): Promise<Found<Tx>> {
  const { name, version } = projection;
  const resumed = await checkpoints.resume({ store: store.name, name, version }, options);
  const { at, parked, active } = resumed;
  if (active !== undefined && active > version) throw new SupersededError(name, version, active);
  const home = await checkpoints.home?.(store.name);
  const found = { resumed, home, active: active === version, lost: undefined };
  if (at !== undefined) await verifyCheckpoint(store, projection, at);
  if (!checkpoints.durable) return found;
  const who = { name, version, home };
  if (at !== undefined) await assertNoneMissing(store.projections, who, { checkpoint: at, parked });
  const isActive = active === undefined ? await wasActive(store, who, checkpoints) : found.active;
  const lost = at ? undefined : await lostPosition(store.projections, who, active);
  return { ...found, active: isActive, lost };
}

import { CheckpointError, type EventStore, type Sequence } from "../../event/index.ts";
import { type Registered, registered, registeredAs } from "../../event/registry.ts";
import { keyOf } from "../aggregate-key.ts";
import type { Checkpoints, VersionBefore } from "./checkpoint.ts";

/**
 * Has a projection without a checkpoint run before? Then that is lost: the version is the active one,
 * or the registry knows a position of it.
 * @param active - the version that is active, where its checkpoint would be
 * @returns up to where it had come at least, 0 where nobody knows; undefined when it never ran
 */
export async function lostPosition(
  bucket: EventStore["projections"],
  who: Registered,
  active: number | undefined,
): Promise<Sequence | undefined> {
  const entry = await registeredAs(bucket, who);
  const position = entry?.position ?? 0;
  const ran = position > 0 || entry?.active === true || active === who.version;
  return ran ? position : undefined;
}

/**
 * Nothing says which version is active. That is so before the first start, and when the active one was
 * forgotten: then another may become it. Otherwise what said it is lost, and only the version that
 * was active goes on where it was; another one would begin in its place as the first, and repeat its
 * side effects.
 * @returns whether this version was the active one
 * @throws {@link CheckpointError} when, as far as the registry knows, another version was the active one
 */
export async function wasActive<Tx>(
  { name: store, projections }: Pick<EventStore, "name" | "projections">,
  { name, version, home = "" }: Registered,
  checkpoints: Checkpoints<Tx>,
): Promise<boolean> {
  let was = 0;
  for await (const entry of registered(projections, { name })) {
    if (entry.version <= was) continue;
    if ((entry.home ?? home) !== home) continue;
    if (!(entry.active ?? entry.position > 0)) continue;
    // One of before homes were told apart may be of any.
    const owner = { store, name, version: entry.version };
    const own = entry.home !== undefined || (await checkpoints.resume(owner)).at !== undefined;
    if (own) was = entry.version;
  }
  if (was === 0 || was === version) return was === version;
  throw new CheckpointError(
    `nothing says any more which version of projection "${name}" is active, although version ${was} ` +
      `was: version ${version} would begin in its place and repeat its effects. Restore what is ` +
      `lost, or start version ${was} once more, and it is active again; or forget it ` +
      "(forgetProjection), if it is not to be",
  );
}

/** What a version has set aside, and how much of it its checkpoint counts. */
type SetAside = Pick<VersionBefore, "checkpoint" | "parked">;

/** How many of the entries that its checkpoint counts are missing. */
export function missingParked({ checkpoint, parked }: SetAside): number {
  return Math.max((checkpoint?.parked ?? 0) - parked.length, 0);
}

/**
 * What is set aside and missing would never be handled, while truncation no longer waits for it.
 * @throws {@link CheckpointError} when anything is missing
 */
export async function assertNoneMissing(
  bucket: EventStore["projections"],
  who: Registered,
  before: SetAside,
): Promise<void> {
  const missing = missingParked(before);
  if (missing === 0) return;
  const known = (await registeredAs(bucket, who))?.parked ?? [];
  const there = new Set(before.parked.map(keyOf));
  const which = known.filter((key) => !there.has(key)).join(", ");
  throw new CheckpointError(
    `projection "${who.name}" version ${who.version} has set commits of ${before.checkpoint!.parked} ` +
      `aggregates aside, and the entries of ${missing} are lost${which && ` (${which})`}: they would ` +
      "never be handled. Restore them; or build the read model anew as another version; or forget " +
      "this one (forgetProjection), and it begins like one that never ran",
  );
}

/** To begin anew would handle everything again, and repeat its side effects. */
export function lostCheckpoint({ name, version }: Registered, position: Sequence): CheckpointError {
  const known = position > 0 ? `it had come to ${position} at least` : "it is the active version";
  return new CheckpointError(
    `projection "${name}" version ${version} has no checkpoint, although ${known}: it is lost, or ` +
      "elsewhere. Restore it, or adopt it from where it is (adoptCheckpoint); or begin anew " +
      "knowingly, with rebuild: true, which does not repeat its effects; or forget it " +
      "(forgetProjection), and it begins like one that never ran",
  );
}

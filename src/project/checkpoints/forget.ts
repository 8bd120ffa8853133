import { checkName, ConfigError, type EventStore } from "../../event/index.ts";
import { checkArgument, wholeFrom } from "../../event/arguments.ts";
import { unregister } from "../../event/registry.ts";
import { forgetLease } from "../failover/stored-lease.ts";
import type { Projection } from "../projection.ts";
import { unregisterBefore } from "./before-homes.ts";
import type { CheckpointOwner, Checkpoints } from "./checkpoint.ts";
import { noteForgotten } from "./forgotten.ts";
import { kvCheckpoints } from "./kv.ts";
import { checkKind, checkStore } from "../../event/kinds.ts";

/**
 * Remove a projection that will not run again: its checkpoint, what it has parked, its lease, and its
 * entry in the registry, for which truncation waits; also those that have become unreadable. Nothing
 * happens when there is none of these.
 * When it is the active one, a version that was being built beside it may become active in its place,
 * and goes on with the side effects where the registry says that this one was. What this one has set
 * aside is given up.
 * @param checkpoints - where its checkpoint is; by default in the store's bucket. Of one that is gone
 *   with its database, whose `home` the refused truncation names: `{ home, forget }`
 */
export async function forgetProjection(
  store: Pick<EventStore, "name" | "projections">,
  name: string,
  version: number = 1,
  checkpoints: Forgetting = kvCheckpoints(store),
): Promise<void> {
  checkStore(store, "projections");
  checkName("name", name);
  checkArgument("version", version, wholeFrom(1));
  await noteForgotten(store.projections, {
    name,
    version,
    home: await checkpoints.home?.(store.name),
  });
  await checkpoints.forget({ store: store.name, name, version });
  await forgetEntries(store, { name, version }, checkpoints);
}

/** Checkpoints of any kind, as far as forgetting goes. */
export interface Forgetting extends Pick<Checkpoints, "home"> {
  forget(owner: CheckpointOwner): Promise<void>;
}

/** What the store's bucket holds of it, besides its checkpoint. */
async function forgetEntries(
  { name: store, projections }: Pick<EventStore, "name" | "projections">,
  projection: Pick<CheckpointOwner, "name" | "version">,
  checkpoints: Forgetting,
): Promise<void> {
  const { name, version } = projection;
  const who = { name, version, home: await checkpoints.home?.(store) };
  await forgetLease(projections, who);
  await unregister(projections, who);
  await unregisterBefore(projections, who);
}

/**
 * Forget a version of a projection and remove its read model, by its own `drop`: in one transaction
 * where its checkpoints have any.
 * @throws {@link ConfigError} when it is the active version: queries would find nothing
 */
export async function dropProjection<Tx>(
  store: Pick<EventStore, "name" | "projections">,
  projection: Pick<Projection<never, Tx>, "name" | "version" | "drop">,
  checkpoints: Checkpoints<Tx>,
): Promise<void> {
  checkStore(store, "projections");
  checkKind("projection", projection);
  checkKind("checkpoints", checkpoints);
  const { name, version } = projection;
  const owner = { store: store.name, name, version };
  if ((await checkpoints.activeVersion(owner)) === version) {
    throw new ConfigError(
      `version ${version} of projection "${name}" is the active one; forgetProjection forgets it`,
    );
  }
  await checkpoints.forget(owner, async (tx) => void (await projection.drop?.(tx)));
  await forgetEntries(store, { name, version }, checkpoints);
}

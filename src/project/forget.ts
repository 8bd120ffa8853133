import { checkName, type EventStore } from "../event/index.ts";
import { unregister } from "../event/registry.ts";
import { checkpointKey } from "./kv-checkpoints.ts";

/**
 * Remove a projection that will not run again: its entry in the registry, for which truncation
 * waits, and its checkpoint in the store's bucket. Nothing happens when there is neither.
 */
export async function forgetProjection(
  store: Pick<EventStore, "projections">,
  name: string,
  version: number = 1,
): Promise<void> {
  checkName("name", name);
  await unregister(store.projections, name, version);
  await store.projections.remove(checkpointKey({ name, version }));
}

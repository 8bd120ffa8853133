import type { Bucket, Sequence } from "../../event/index.ts";
import {
  type Registered,
  registeredAs,
  type RegisteredProjection,
  unregister,
} from "../../event/registry.ts";
import { KvKeys } from "./kv-keys.ts";
import { orUnreadable } from "./unreadable.ts";

/**
 * Entries in the store's bucket were once of a projection's name and version only, wherever its
 * checkpoint was kept. Such a one has no `home` in it; it may be of `who`, unless that has its
 * checkpoint in the bucket itself, or another one has.
 */
export async function isOfBefore(
  bucket: Bucket,
  { name, version, home = "" }: Registered,
  entry: Pick<RegisteredProjection, "home">,
): Promise<boolean> {
  if (home === "" || entry.home !== undefined) return false;
  const key = new KvKeys(name).checkpoint(version);
  return (await bucket.get(key, { fresh: "leader" })) === undefined;
}

/**
 * Remove the entry of before from the register, now that its projection has one of its own.
 * @param upTo - it is another's when its position is higher: then it stays
 */
export async function unregisterBefore(
  bucket: Bucket,
  who: Registered,
  upTo: Sequence = Infinity,
): Promise<void> {
  const { home = "", ...before } = who;
  if (home === "") return;
  const found = await orUnreadable(registeredAs(bucket, before));
  // Nobody knows how far one has come that can't be read.
  const entry = found === "unreadable" ? { home: undefined, position: Infinity } : found;
  if (entry === undefined || entry.position > upTo) return;
  if (await isOfBefore(bucket, who, entry)) await unregister(bucket, before);
}

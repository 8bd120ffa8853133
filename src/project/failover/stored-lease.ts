import { type Bucket, checkName, msgpackCodec } from "../../event/index.ts";
import type { Registered } from "../../event/registry.ts";
import { isOfBefore } from "../checkpoints/before-homes.ts";
import { orUnreadable, unreadable as entryError } from "../checkpoints/unreadable.ts";

/** A lease as it is stored: whose it is, and how long it holds from its last renewal. */
export interface StoredLease {
  readonly holder: string;
  readonly takeOverMs: number;
  /** Its holder has given it back. */
  readonly free: boolean;
  /** Changes with each renewal. */
  readonly revision: number;
  /** Where the checkpoint is kept; absent in leases that were written before homes were told apart. */
  readonly home?: string | undefined;
}

export function leaseKey({ name, version, home = "" }: Registered): string {
  const own = `lease.${checkName("name", name)}.${version}`;
  return home === "" ? own : `${own}.${home}`;
}

/** @throws {@link PoisonError} when something else is stored there */
export async function readLease(
  bucket: Bucket,
  who: Registered,
  signal?: AbortSignal,
): Promise<StoredLease | undefined> {
  const key = leaseKey(who);
  const entry = await bucket.get(key, { fresh: "leader", signal });
  if (entry === undefined) return undefined;
  const { holder, takeOverMs, free, home } = decoded(entry.value, key);
  if (typeof holder !== "string" || !Number.isSafeInteger(takeOverMs)) throw unreadable(key);
  const { revision } = entry;
  return { holder, takeOverMs: takeOverMs!, free: free === true, home, revision };
}

/** The lease that a process of before has, or had: one key for all homes. */
export async function oldLease(
  bucket: Bucket,
  who: Registered,
  signal?: AbortSignal,
): Promise<StoredLease | undefined> {
  const { home = "", ...before } = who;
  if (home === "") return undefined;
  const lease = await readLease(bucket, before, signal);
  return lease && (await isOfBefore(bucket, who, lease)) ? lease : undefined;
}

/** Nobody waits for it any more. */
export async function removeOldLease(bucket: Bucket, who: Registered): Promise<void> {
  const { home = "", ...before } = who;
  if (home === "") return;
  const lease = await orUnreadable(readLease(bucket, before));
  if (lease === undefined) return;
  const old = lease === "unreadable" ? {} : lease;
  if (await isOfBefore(bucket, who, old)) await bucket.remove(leaseKey(before));
}

/** Remove the lease of a version that will not run again. */
export async function forgetLease(bucket: Bucket, who: Registered): Promise<void> {
  await bucket.remove(leaseKey(who));
  await removeOldLease(bucket, who);
}

function decoded(value: Uint8Array, key: string): Partial<StoredLease> {
  try {
    return msgpackCodec.decode(value, "") ?? {};
  } catch (cause) {
    throw unreadable(key, { cause });
  }
}

function unreadable(key: string, options?: ErrorOptions): Error {
  return entryError(key, "lease", options);
}

import type { Bucket } from "./bucket.ts";
import {
  type AggregateRef,
  isJetfoldError,
  PoisonError,
  TruncationBlockedError,
} from "./errors.ts";
import { isList } from "./is-list.ts";
import { msgpackCodec } from "./codec/msgpack-codec.ts";
import { checkName } from "./name.ts";
import type { Sequence } from "./sequence.ts";

/**
 * The register of projections with a durable checkpoint, in a store's bucket: what truncation asks
 * before it cuts. A position in it is never ahead of the projection.
 */
export interface RegisteredProjection {
  readonly name: string;
  readonly version: number;
  /**
   * Where its checkpoint is kept, see `Checkpoints.home`: "" in the store itself; absent in entries
   * that were written before homes were told apart.
   */
  readonly home?: string | undefined;
  /** The families it reads. */
  readonly families: readonly string[];
  /** Every selected commit at or below this sequence has been handled. */
  readonly position: Sequence;
  /** The aggregates, as `family.id`, that have commits set aside, which are still to be read. */
  readonly parked?: readonly string[];
  /**
   * It has been the version that queries read; of those, the highest still is. Absent in entries that
   * were written before this was told.
   */
  readonly active?: boolean;
}

/** Whose entry: the same projection in two homes has two. */
export type Registered = Pick<RegisteredProjection, "name" | "version" | "home">;

const prefix = "registered";

function registryKey({ name, version, home = "" }: Registered): string {
  const own = `${prefix}.${checkName("name", name)}.${version}`;
  return home === "" ? own : `${own}.${home}`;
}

/** Enter a projection, or its new position. */
export async function register(bucket: Bucket, projection: RegisteredProjection): Promise<void> {
  const { home = "" } = projection;
  await bucket.put(registryKey(projection), msgpackCodec.encode({ ...projection, home }, ""));
}

/** A projection's entry, as the leader has it. @throws {@link PoisonError} when it is none */
export async function registeredAs(
  bucket: Bucket,
  who: Registered,
): Promise<RegisteredProjection | undefined> {
  const key = registryKey(who);
  const entry = await bucket.get(key, { fresh: "leader" });
  return entry && thrown(decodeEntry(key, entry.value));
}

/** Which entries are gone through. */
export interface RegisteredOptions {
  /** Only the versions of this one, in all their homes: the others are not read. */
  readonly name?: string;
  /** Given the error of an entry that can't be read, which is left out then. */
  readonly passOver?: (error: PoisonError) => void;
}

/**
 * Every registered projection. Finite.
 * @throws {@link PoisonError} for an entry that can't be read, unless it is passed over
 */
export async function* registered(
  bucket: Bucket,
  { name, passOver = thrown }: RegisteredOptions = {},
): AsyncGenerator<RegisteredProjection> {
  const wanted = name === undefined ? `${prefix}.` : `${prefix}.${checkName("name", name)}.`;
  for await (const key of bucket.keys()) {
    if (!key.startsWith(wanted)) continue;
    const entry = await bucket.get(key);
    const found = entry && decodeEntry(key, entry.value);
    if (isJetfoldError(found, "poison")) passOver(found);
    else if (found !== undefined) yield found;
  }
}

/** An error when it is not what {@link register} wrote: who is behind can't be told. */
function decodeEntry(key: string, bytes: Uint8Array): RegisteredProjection | PoisonError {
  const at = { kind: "bucket", key } as const;
  const detail = "an unreadable entry of the registry; forgetProjection removes it";
  try {
    const entry = msgpackCodec.decode(bytes, "") as Partial<RegisteredProjection> | null;
    const sound = isList(entry?.families) && Number.isSafeInteger(entry?.position);
    return sound ? (entry as RegisteredProjection) : new PoisonError(at, detail);
  } catch (cause) {
    return new PoisonError(at, detail, { cause });
  }
}

function thrown(found: RegisteredProjection | PoisonError): RegisteredProjection {
  if (isJetfoldError(found, "poison")) throw found;
  return found;
}

/** Remove a projection from the register: truncation no longer waits for it. */
export async function unregister(bucket: Bucket, who: Registered): Promise<void> {
  await bucket.remove(registryKey(who));
}

/**
 * @throws {@link TruncationBlockedError} naming the projection, when one that reads this family has not
 *   handled everything below `before` (exclusive)
 */
export async function assertProjectionsPassed(
  bucket: Bucket,
  { family, id }: AggregateRef,
  before: Sequence,
): Promise<void> {
  for await (const { name, version, home = "", families, position, parked } of registered(bucket)) {
    if (!families.includes(family)) continue;
    const where = home === "" ? "" : `, with its checkpoint in ${home}`;
    const behind = position < before - 1;
    const blocked = (why: string): TruncationBlockedError =>
      new TruncationBlockedError(
        { family, id },
        { name, version },
        behind,
        `the truncation ${why}`,
      );
    const who = `projection "${name}" version ${version}${where}`;
    if (behind) {
      throw blocked(`must not pass ${who}, which is at ${position}, at ${before}`);
    }
    if (isList(parked) && parked?.includes(`${family}.${id}`)) {
      throw blocked(`must not pass ${who}, which has set commits of it aside`);
    }
  }
}

import type { Bucket } from "./bucket.ts";
import { type AggregateRef, InvalidInputError, PoisonError } from "./errors.ts";
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
  /** The families it reads. */
  readonly families: readonly string[];
  /** Every selected commit at or below this sequence has been handled. */
  readonly position: Sequence;
  /** The aggregates, as `family.id`, that have commits set aside, which are still to be read. */
  readonly parked?: readonly string[];
}

const prefix = "registered";

function registryKey(name: string, version: number): string {
  return `${prefix}.${name}.${version}`;
}

/** Enter a projection, or its new position. */
export async function register(bucket: Bucket, projection: RegisteredProjection): Promise<void> {
  const { name, version } = projection;
  await bucket.put(registryKey(name, version), msgpackCodec.encode({ ...projection }, ""));
}

/** Every registered projection. Finite. */
async function* registered(bucket: Bucket): AsyncGenerator<RegisteredProjection> {
  for await (const key of bucket.keys()) {
    if (!key.startsWith(`${prefix}.`)) continue;
    const entry = await bucket.get(key);
    if (entry !== undefined) yield decodeEntry(key, entry.value);
  }
}

/** @throws {@link PoisonError} when it is not what {@link register} wrote: who is behind can't be told */
function decodeEntry(key: string, bytes: Uint8Array): RegisteredProjection {
  const at = { sequence: 0, subject: key };
  try {
    const entry = msgpackCodec.decode(bytes, "") as Partial<RegisteredProjection> | null;
    const sound = isList(entry?.families) && Number.isSafeInteger(entry?.position);
    if (sound) return entry as RegisteredProjection;
  } catch (cause) {
    throw new PoisonError(at, "an unreadable entry of the registry", { cause });
  }
  throw new PoisonError(at, "an unreadable entry of the registry");
}

/** Remove a projection from the register: truncation no longer waits for it. */
export async function unregister(bucket: Bucket, name: string, version: number): Promise<void> {
  checkName("name", name);
  await bucket.remove(registryKey(name, version));
}

/**
 * @throws {@link InvalidInputError} naming the projection, when one that reads this family has not
 *   handled everything below `before` (exclusive)
 */
export async function assertProjectionsPassed(
  bucket: Bucket,
  { family, id }: AggregateRef,
  before: Sequence,
): Promise<void> {
  for await (const { name, version, families, position, parked } of registered(bucket)) {
    if (!families.includes(family)) continue;
    const who = `projection "${name}" version ${version}`;
    if (position < before - 1) {
      const rule = `must not pass ${who}, which is at ${position}`;
      throw new InvalidInputError("truncation bound", rule, before);
    }
    if (isList(parked) && parked?.includes(`${family}.${id}`)) {
      const rule = `must not pass ${who}, which has set commits of ${family} "${id}" aside`;
      throw new InvalidInputError("truncation bound", rule, before);
    }
  }
}

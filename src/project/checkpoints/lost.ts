import { type Bucket, ConfigError, type Sequence } from "../../event/index.ts";
import { type Registered, registeredAs } from "../../event/registry.ts";

/**
 * Has a projection without a checkpoint run before? Then that is lost: the version is the active one,
 * or the registry knows a position of it.
 * @param active - the version that is active, where its checkpoint would be
 * @returns up to where it had come at least, 0 where nobody knows; undefined when it never ran
 */
export async function lostPosition(
  bucket: Bucket,
  who: Registered,
  active: number | undefined,
): Promise<Sequence | undefined> {
  const position = (await registeredAs(bucket, who))?.position ?? 0;
  return position > 0 || active === who.version ? position : undefined;
}

/** To begin anew would handle everything again, and repeat its side effects. */
export function lostCheckpoint({ name, version }: Registered, position: Sequence): ConfigError {
  const known = position > 0 ? `it had come to ${position} at least` : "it is the active version";
  return new ConfigError(
    `projection "${name}" version ${version} has no checkpoint, although ${known}: it is lost, or ` +
      "elsewhere. Restore it, or adopt it from where it is (adoptCheckpoint); or begin anew " +
      "knowingly, with rebuild: true, which does not repeat its effects; or forget it " +
      "(forgetProjection), and it begins like one that never ran",
  );
}

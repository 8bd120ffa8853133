import { type Bucket, checkName, msgpackCodec, type Sequence } from "../../event/index.ts";
import { decoded } from "./kv-checkpoint.ts";
import { orUnreadable, unreadable } from "./unreadable.ts";
import {
  type Registered,
  registered,
  registeredAs,
  type RegisteredProjection,
} from "../../event/registry.ts";

/**
 * Up to where the active version had come when it was forgotten: a version that was being built beside
 * it goes on with the side effects there. One entry for each projection and home; the next active
 * version that is forgotten leaves its own in its place.
 */
function forgottenKey({ name, home = "" }: Omit<Registered, "version">): string {
  const own = `forgotten.${checkName("name", name)}`;
  return home === "" ? own : `${own}.${home}`;
}

/**
 * Note where a version is, before it is forgotten, if it is the active one as the registry knows, and
 * another one is there to go on. The last one to be forgotten takes the note along.
 */
export async function noteForgotten(bucket: Bucket, who: Registered): Promise<void> {
  const entry = await orUnreadable(registeredAs(bucket, who));
  const others: RegisteredProjection[] = [];
  const unread: unknown[] = [];
  const passOver = (error: unknown): void => void unread.push(error);
  for await (const other of registered(bucket, { name: who.name, passOver })) {
    const same = (other.home ?? "") === (who.home ?? "");
    if (same && other.version !== who.version) others.push(other);
  }
  const key = forgottenKey(who);
  const isUnreadable = (await orUnreadable(forgottenAt(bucket, who))) === "unreadable";
  const last = others.length === 0 && unread.length <= (entry === "unreadable" ? 1 : 0);
  if (last || isUnreadable) {
    if ((await bucket.get(key, { fresh: "leader" })) !== undefined) await bucket.remove(key);
  }
  if (others.length === 0 || entry === "unreadable") return;
  const wasActive = entry !== undefined && (entry.active ?? entry.position > 0);
  const isSuperseded = others.some((one) => one.version > who.version && one.active === true);
  if (!wasActive || isSuperseded) return;
  const { name, version, home = "" } = who;
  const note = { name, version, home, position: entry.position };
  await bucket.put(key, msgpackCodec.encode(note, ""));
}

/** @returns undefined when no active version was forgotten, or nothing was known of it */
export async function forgottenAt(
  bucket: Bucket,
  who: Omit<Registered, "version">,
): Promise<Sequence | undefined> {
  const key = forgottenKey(who);
  const entry = await bucket.get(key, { fresh: "leader" });
  if (entry === undefined) return undefined;
  const { position } = (decoded(entry.value, key) ?? {}) as { readonly position?: unknown };
  if (Number.isSafeInteger(position)) return position as Sequence;
  throw unreadable(key, "position");
}

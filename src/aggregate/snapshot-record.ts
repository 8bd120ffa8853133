import { asState } from "../event/backend/prepare.ts";
import { type DomainEvent, type Family, type Head, msgpackCodec } from "../event/index.ts";
import { versionOf } from "../event/family.ts";
import { checksumOf } from "../event/wire/checksum.ts";
import type { Foldable } from "./aggregate.ts";
import { type Definition, snapshotOwner } from "./identity.ts";
import type { Root } from "./root.ts";

/** A snapshot as a bucket holds it: MessagePack, then its CRC-32 in four bytes, little-endian. */
interface SnapshotRecord {
  /** 1 told neither whose it is nor by which schemas its events were read. */
  readonly format: 2;
  readonly storeId: string;
  /** See `snapshotOwner`. */
  readonly owner: string;
  /** The family's types, each with its schema version. */
  readonly schemas: Readonly<Record<string, number>>;
  readonly head: Head;
  readonly commitId: string;
  readonly latestMs: number | null;
  readonly state: unknown;
}

const checksumBytes = 4;

/** @throws {@link UnstorableError} when the state holds what MessagePack can't carry */
export function encodeSnapshot(
  storeId: string,
  definition: Definition,
  root: Root<unknown>,
  owner: string = snapshotOwner(definition),
): Uint8Array {
  const { head, commitId = "", latestMs = null, state } = root;
  const schemas = schemasOf(definition.events);
  const record = { format: 2, storeId, owner, schemas, head, commitId, latestMs, state };
  const body = asState("", () => msgpackCodec.encode(record, ""));
  const bytes = Buffer.alloc(body.length + checksumBytes);
  bytes.set(body);
  bytes.writeUInt32LE(checksumOf(body), body.length);
  return bytes;
}

/**
 * The root in a snapshot of this store.
 * @returns undefined when it is of another store, folded by another definition or by other schemas,
 *   damaged or of another format: it is only a cache
 */
export function decodeSnapshot<State>(
  bytes: Uint8Array,
  storeId: string,
  definition: Foldable<State, DomainEvent>,
  id: string,
  owner: string = snapshotOwner(definition),
): Root<State> | undefined {
  try {
    const body = bytes.subarray(0, -checksumBytes);
    const tail = new DataView(bytes.buffer, bytes.byteOffset + body.length, checksumBytes);
    if (tail.getUint32(0, true) !== checksumOf(body)) return undefined;
    const record = msgpackCodec.decode(body, "") as SnapshotRecord;
    if (record.format !== 2 || record.storeId !== storeId) return undefined;
    if (record.owner !== owner) return undefined;
    if (!areToday(record.schemas, definition.events)) return undefined;
    const { head, commitId, latestMs, state } = record;
    const known = { head, commitId, latestMs: latestMs ?? undefined, state: state as State };
    const of = { family: definition.events.name, id };
    return Object.freeze({ ...of, ...known, snapshotRevision: head.revision });
  } catch {
    return undefined;
  }
}

function schemasOf({ upcasters }: Family): Record<string, number> {
  const versions = [...upcasters].map(([type, chain]) => [type, chain.length + 1]);
  return Object.fromEntries(versions) as Record<string, number>;
}

/** Types that are new since then have no events among those that were folded. */
function areToday(schemas: SnapshotRecord["schemas"], family: Family): boolean {
  return Object.entries(schemas).every(([type, version]) => versionOf(family, type) === version);
}

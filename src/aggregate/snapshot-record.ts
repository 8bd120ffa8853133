import { type Head, msgpackCodec } from "../event/index.ts";
import { checksumOf } from "../event/wire/checksum.ts";
import type { Root } from "./root.ts";

/** A snapshot as a bucket holds it: MessagePack, then its CRC-32 in four bytes, little-endian. */
interface SnapshotRecord {
  readonly format: 1;
  readonly storeId: string;
  readonly head: Head;
  readonly commitId: string;
  readonly latestMs: number | null;
  readonly state: unknown;
}

const checksumBytes = 4;

/** @throws {@link InvalidInputError} when the state holds what MessagePack can't carry */
export function encodeSnapshot(storeId: string, root: Root<unknown>): Uint8Array {
  const { head, commitId = "", latestMs = null, state } = root;
  const record = { format: 1, storeId, head, commitId, latestMs, state };
  const body = msgpackCodec.encode(record, "");
  const bytes = Buffer.alloc(body.length + checksumBytes);
  bytes.set(body);
  bytes.writeUInt32LE(checksumOf(body), body.length);
  return bytes;
}

/**
 * The root in a snapshot of this store.
 * @returns undefined when it is of another store, damaged or of another format: it is only a cache
 */
export function decodeSnapshot<State>(
  bytes: Uint8Array,
  storeId: string,
  of: { readonly family: string; readonly id: string },
): Root<State> | undefined {
  try {
    const body = bytes.subarray(0, -checksumBytes);
    const tail = new DataView(bytes.buffer, bytes.byteOffset + body.length, checksumBytes);
    if (tail.getUint32(0, true) !== checksumOf(body)) return undefined;
    const record = msgpackCodec.decode(body, "") as SnapshotRecord;
    if (record.format !== 1 || record.storeId !== storeId) return undefined;
    const { head, commitId, latestMs, state } = record;
    const known = { head, commitId, latestMs: latestMs ?? undefined, state: state as State };
    return Object.freeze({ ...of, ...known, snapshotRevision: head.revision });
  } catch {
    return undefined;
  }
}

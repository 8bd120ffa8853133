import { maxDepth } from "./codec.ts";
import { assertUtf8 } from "./utf8.ts";

/**
 * Walks MessagePack without decoding it: to find one field without materialising the rest. Accepts
 * and refuses what `readValue` does.
 */

/**
 * Check one value.
 * @returns the offset just past it
 * @throws RangeError when the bytes end early, nest deeper than {@link maxDepth} or hold what is
 *   refused
 */
export function skipValue(bytes: Uint8Array, offset: number, depth: number = 0): number {
  const byte = byteAt(bytes, offset);
  if (byte < 0x80 || byte >= 0xe0) return offset + 1;
  if (byte < 0x90) return skipMap(bytes, offset + 1, byte & 0x0f, depth);
  if (byte < 0xa0) return skipArray(bytes, offset + 1, byte & 0x0f, depth);
  if (byte < 0xc0) return skipString(bytes, offset + 1, byte & 0x1f);
  return skipMarked(bytes, offset, byte, depth);
}

function skipMarked(bytes: Uint8Array, offset: number, byte: number, depth: number): number {
  const fixed = fixedSizes[byte - 0xc0]!;
  if (fixed > 0) return within(bytes, offset + fixed);
  switch (byte) {
    case 0xc4:
      return within(bytes, offset + 2 + uint(bytes, offset + 1, 1));
    case 0xc5:
      return within(bytes, offset + 3 + uint(bytes, offset + 1, 2));
    case 0xc6:
      return within(bytes, offset + 5 + uint(bytes, offset + 1, 4));
    case 0xd9:
      return skipString(bytes, offset + 2, uint(bytes, offset + 1, 1));
    case 0xda:
      return skipString(bytes, offset + 3, uint(bytes, offset + 1, 2));
    case 0xdb:
      return skipString(bytes, offset + 5, uint(bytes, offset + 1, 4));
    case 0xdc:
      return skipArray(bytes, offset + 3, uint(bytes, offset + 1, 2), depth);
    case 0xdd:
      return skipArray(bytes, offset + 5, uint(bytes, offset + 1, 4), depth);
    case 0xde:
      return skipMap(bytes, offset + 3, uint(bytes, offset + 1, 2), depth);
    case 0xdf:
      return skipMap(bytes, offset + 5, uint(bytes, offset + 1, 4), depth);
    case 0xd6:
    case 0xd7:
      return skipTimestamp(bytes, offset + 1, byte === 0xd6 ? 4 : 8);
    case 0xc7:
      return skipTimestamp(bytes, offset + 2, uint(bytes, offset + 1, 1));
    default:
      throw new RangeError(`MessagePack byte 0x${byte.toString(16)} is not accepted`);
  }
}

/** Whole sizes, marker included, of 0xc0 to 0xdf where fixed; 0 = look closer. */
const fixedSizes: readonly number[] = [
  1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

function skipString(bytes: Uint8Array, start: number, length: number): number {
  const end = within(bytes, start + length);
  assertUtf8(bytes, start, end);
  return end;
}

function skipTimestamp(bytes: Uint8Array, typeOffset: number, length: number): number {
  const accepted = byteAt(bytes, typeOffset) === 0xff && [4, 8, 12].includes(length);
  if (!accepted) throw new RangeError("a MessagePack extension other than a timestamp");
  return within(bytes, typeOffset + 1 + length);
}

function skipArray(bytes: Uint8Array, offset: number, count: number, depth: number): number {
  enter(bytes, offset, count, depth);
  for (let i = 0; i < count; i++) offset = skipValue(bytes, offset, depth + 1);
  return offset;
}

function skipMap(bytes: Uint8Array, offset: number, count: number, depth: number): number {
  enter(bytes, offset, count * 2, depth);
  for (let i = 0; i < count; i++) {
    const key = readKey(bytes, offset);
    if (isProto(bytes, key)) throw new RangeError("a MessagePack map with the key __proto__");
    offset = skipValue(bytes, key.end, depth + 1);
  }
  return offset;
}

function enter(bytes: Uint8Array, offset: number, values: number, depth: number): void {
  if (depth >= maxDepth) throw new RangeError(`nested deeper than ${maxDepth}`);
  within(bytes, offset + values);
}

/** A map key's text: from `start` to `end` (exclusive). */
export interface KeySpan {
  readonly start: number;
  readonly end: number;
}

/** The string key at an offset. @throws RangeError when it is not a string or ends early */
export function readKey(bytes: Uint8Array, offset: number): KeySpan {
  const byte = byteAt(bytes, offset);
  const head = byte >= 0xa0 && byte < 0xc0 ? 0 : lengthBytes(byte);
  const length = head === 0 ? byte & 0x1f : uint(bytes, offset + 1, head);
  const start = offset + 1 + head;
  return { start, end: skipString(bytes, start, length) };
}

/** How many bytes say how long the string with this marker is. */
function lengthBytes(byte: number): number {
  if (byte < 0xd9 || byte > 0xdb) {
    throw new RangeError("a MessagePack map key that is not a string");
  }
  return 1 << (byte - 0xd9);
}

/** How many entries the map at an offset has, and where the first one starts. */
export function readMapHead(bytes: Uint8Array, offset: number): { count: number; start: number } {
  const byte = byteAt(bytes, offset);
  if (byte >= 0x80 && byte < 0x90) return { count: byte & 0x0f, start: offset + 1 };
  if (byte === 0xde) return { count: uint(bytes, offset + 1, 2), start: offset + 3 };
  if (byte === 0xdf) return { count: uint(bytes, offset + 1, 4), start: offset + 5 };
  throw new RangeError("not a MessagePack map");
}

const proto = Buffer.from("__proto__");

function isProto(bytes: Uint8Array, { start, end }: KeySpan): boolean {
  if (end - start !== proto.length) return false;
  for (let i = 0; i < proto.length; i++) if (bytes[start + i] !== proto[i]) return false;
  return true;
}

function byteAt(bytes: Uint8Array, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw new RangeError("MessagePack ends early");
  return byte;
}

function uint(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + byteAt(bytes, offset + i);
  return value;
}

function within(bytes: Uint8Array, end: number): number {
  if (end > bytes.length) throw new RangeError("MessagePack ends early");
  return end;
}

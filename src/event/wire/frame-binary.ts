import { bufferOf } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { ChecksumError, checksumOf, checksumWithItself } from "./checksum.ts";
import { BinaryFrame, flagBase, flagMetadata } from "./binary-frame.ts";
import type { Content, EncodedFrame, Frame, Place } from "./frame.ts";

/**
 * The binary frame, format 1. ARCHITECTURE.md has it byte by byte.
 *
 * Integers are LEB128 varints unless noted, texts a length byte and UTF-8. The first byte is the
 * format; a JSON frame begins with `{` (0x7b) instead, so the two can share a stream.
 */
const format = 0xf1;
const checksumBytes = 4;

export function isBinaryFrame(bytes: Uint8Array): boolean {
  return bytes[0] === format;
}

export function encodeBinaryFrame(place: Place, content: Content): EncodedFrame {
  const { head } = place;
  const out = new ByteWriter(sizeBound(place, content));
  out.byte(format);
  out.byte((content.base ? flagBase : 0) | (content.metadata ? flagMetadata : 0));
  out.text(place.family);
  out.text(place.id);
  out.varint(head.revision + 1);
  out.uint32(head.checksum);
  writeLinks(out, head.links);
  out.varint(place.part);
  out.varint(place.parts);
  writeContent(out, content);
  const bytes = out.written(checksumBytes);
  const checksum = checksumOf(bytes.subarray(0, -checksumBytes));
  bytes.writeUInt32LE(checksum, bytes.length - checksumBytes);
  return { bytes, checksum };
}

/** Links are descending, so each after the first is written as its distance from the one before. */
function writeLinks(out: ByteWriter, links: readonly number[]): void {
  out.byte(links.length);
  links.forEach((link, i) => out.varint(i === 0 ? link : links[i - 1]! - link));
}

function writeContent(out: ByteWriter, { commitId, codec, events, metadata, base }: Content): void {
  out.text(commitId);
  out.text(codec);
  out.varint(events.length);
  for (const event of events) {
    out.text(event.type);
    out.varint(event.version);
    out.varint(event.body.length);
  }
  if (metadata) out.varint(metadata.length);
  if (base) {
    out.varint(base.reducerVersion);
    out.varint(base.state.length);
  }
  if (metadata) out.bytes(metadata);
  if (base) out.bytes(base.state);
  for (const event of events) out.bytes(event.body);
}

/**
 * A varint of a safe integer takes at most 8 bytes, a text 1 more than its UTF-8, of 3 a code unit;
 * the names are ASCII.
 */
function sizeBound(place: Place, { commitId, codec, events, metadata, base }: Content): number {
  let size = 80 + place.family.length + place.id.length + commitId.length + 3 * codec.length;
  size += 8 * place.head.links.length + (metadata?.length ?? 0) + (base?.state.length ?? 0);
  for (const { type, body } of events) size += 17 + 3 * type.length + body.length;
  return size;
}

/** @throws ChecksumError, or RangeError when the checksum holds and yet it can't be read */
export function decodeBinaryFrame(bytes: Uint8Array): Frame {
  const buffer = bufferOf(bytes);
  const end = buffer.length - checksumBytes;
  if (end < 1) throw new RangeError("the frame ends early");
  const stated = buffer.readUInt32LE(end);
  if (checksumOf(buffer) !== checksumWithItself) {
    throw new ChecksumError(stated, checksumOf(buffer.subarray(0, end)));
  }
  return new BinaryFrame(buffer, end, stated);
}

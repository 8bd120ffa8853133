import { copyOf } from "../copy.ts";
import { maxLinks } from "../head.ts";
import { ChecksumError, checksumOf } from "./checksum.ts";
import {
  type Content,
  type EncodedBase,
  type EncodedEvent,
  type EncodedFrame,
  type Frame,
  maxParts,
  type Place,
} from "./frame.ts";
import { parseJson } from "../codec/json-codec.ts";

/**
 * The frame of a store whose codec is JSON: one readable object with the binary frame's members.
 * Its first byte is `{`; its last member is `"crc"`, eight hex digits over all bytes before the
 * comma that precedes it.
 */
const tailPattern = /^,"crc":"([0-9a-f]{8})"\}$/;
const tailBytes = 18;

/** The frame, its list of events, and an event, around an event's data: more than around others. */
const levels = 3;

/** Does it begin like one and end with a checksum? */
export function isJsonFrame(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b && bytes.length > tailBytes && tailPattern.test(tailOf(bytes));
}

function tailOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
    "latin1",
    bytes.length - tailBytes,
  );
}

/** The members in the order they are written. */
interface JsonFrame {
  format: 1;
  family: string;
  id: string;
  revision: number;
  previous: string;
  links: readonly number[];
  part: readonly [number, number];
  commit: string;
  events: readonly { type: string; version: number; data: unknown }[];
  metadata?: unknown;
  base?: { reducer: number; state: unknown };
}

export function encodeJsonFrame(place: Place, content: Content): EncodedFrame {
  const { metadata, base } = content;
  const frame: JsonFrame = {
    format: 1,
    family: place.family,
    id: place.id,
    revision: place.head.revision + 1,
    previous: hex(place.head.checksum),
    links: place.head.links,
    part: [place.part, place.parts],
    commit: content.commitId,
    events: content.events.map(({ type, version, body }) => ({ type, version, data: parse(body) })),
    ...(metadata && { metadata: parse(metadata) }),
    ...(base && { base: { reducer: base.reducerVersion, state: parse(base.state) } }),
  };
  const text = JSON.stringify(frame).slice(0, -1);
  const checksum = checksumOf(Buffer.from(text));
  return { bytes: Buffer.from(`${text},"crc":"${hex(checksum)}"}`), checksum };
}

/** @throws ChecksumError, or another error when the checksum holds and yet it can't be read */
export function decodeJsonFrame(bytes: Uint8Array): Frame {
  const end = bytes.length - tailBytes;
  const stated = parseInt(tailPattern.exec(tailOf(bytes))![1]!, 16);
  const checksum = checksumOf(bytes.subarray(0, end));
  if (stated !== checksum) throw new ChecksumError(stated, checksum);
  const frame = parseJson(bytes, levels) as JsonFrame;
  assertShape(frame);
  const { commit, events, metadata, base } = frame;
  return {
    family: frame.family,
    id: frame.id,
    firstRevision: frame.revision,
    previousChecksum: parseInt(frame.previous, 16),
    links: frame.links,
    part: frame.part[0],
    parts: frame.part[1],
    commitId: commit,
    codec: "json",
    events: events.map((event) => lazyEvent(event)),
    eventCount: events.length,
    metadata: metadata === undefined ? undefined : bytesOf(metadata),
    base: base === undefined ? undefined : lazyBase(base),
    checksum,
    isOf: (family, id) => family === frame.family && id === frame.id,
    content: () => bytesOf({ commit, events, metadata, base }),
  };
}

function lazyEvent({ type, version, data }: JsonFrame["events"][number]): EncodedEvent {
  return {
    type,
    version,
    get value() {
      return copyOf(data);
    },
    get body() {
      return bytesOf(data);
    },
  };
}

function lazyBase({ reducer, state }: NonNullable<JsonFrame["base"]>): EncodedBase {
  return {
    reducerVersion: reducer,
    get value() {
      return copyOf(state);
    },
    get state() {
      return bytesOf(state);
    },
  };
}

/** As strict as the binary frame is by its form. */
function assertShape(frame: JsonFrame): void {
  if (frame.format !== 1) throw new RangeError(`format ${String(frame.format)}`);
  const { family, id, revision, previous, links, part, commit, events, base } = frame;
  if (![links, part, events].every(Array.isArray)) throw new RangeError("lists that are none");
  if (links.length > maxLinks) throw new RangeError(`${links.length} links`);
  const texts = [family, id, previous, commit, ...events.map((event) => event.type)];
  const numbers = [revision, ...links, ...part, ...events.map((event) => event.version)];
  const values: unknown[] = events.map((event) => event.data);
  if (base !== undefined) {
    numbers.push(base.reducer);
    values.push(base.state);
  }
  const whole = (n: unknown): boolean => Number.isSafeInteger(n) && (n as number) >= 1;
  const sound =
    texts.every((text) => typeof text === "string") &&
    numbers.every(whole) &&
    values.every((value) => value !== undefined) &&
    /^[0-9a-f]{8}$/.test(previous);
  if (!sound || part.length !== 2 || part[0] > part[1])
    throw new RangeError("members of wrong types");
  if (part[1] > maxParts) throw new RangeError(`a transaction of ${part[1]} commits`);
  if (links.some((link, i) => i > 0 && link >= links[i - 1]!))
    throw new RangeError("links that do not descend");
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, "0");
}

function parse(json: Uint8Array): unknown {
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString());
}

function bytesOf(value: unknown): Uint8Array {
  // Not of Node's pool, which others have a part of.
  return new Uint8Array(Buffer.from(JSON.stringify(value)));
}

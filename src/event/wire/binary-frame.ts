import { maxLinks } from "../head.ts";
import { ByteReader } from "./byte-reader.ts";
import { type EncodedBase, type EncodedEvent, type Frame, maxParts, type Span } from "./frame.ts";

export const flagBase = 1;
export const flagMetadata = 2;

/**
 * A binary frame as it was received: walked through once, which proves that it can be read, and
 * decoded where it is asked.
 */
export class BinaryFrame implements Frame {
  readonly checksum: number;
  readonly firstRevision: number;
  readonly previousChecksum: number;
  readonly part: number;
  readonly parts: number;
  readonly eventCount: number;
  readonly #input: ByteReader;
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #flags: number;
  readonly #linksAt: number;
  readonly #contentAt: number;
  readonly #tableAt: number;
  readonly #bodiesAt: number;
  #family: string | undefined;
  #id: string | undefined;
  #links: readonly number[] | undefined;
  #events: readonly EncodedEvent[] | undefined;
  #besideEvents: Beside | undefined;

  /**
   * @param end - where its checksum begins
   * @throws RangeError when it can't be read
   */
  constructor(bytes: Buffer, end: number, checksum: number) {
    const input = new ByteReader(bytes, 1, end);
    this.#input = input;
    this.#bytes = bytes;
    this.#end = end;
    this.checksum = checksum;
    this.#flags = input.byte();
    if (this.#flags > 3) {
      throw new RangeError(`flags 0x${this.#flags.toString(16)} of a newer format`);
    }
    input.skipText();
    input.skipText();
    this.firstRevision = input.varint();
    this.previousChecksum = input.uint32();
    this.#linksAt = input.offset;
    walkLinks(input);
    this.part = input.varint();
    this.parts = input.varint();
    if (this.firstRevision < 1 || this.part < 1 || this.part > this.parts) {
      throw new RangeError("an impossible place");
    }
    if (this.parts > maxParts) throw new RangeError(`a transaction of ${this.parts} commits`);
    this.#contentAt = input.offset;
    input.checkText();
    input.checkText();
    this.#tableAt = input.offset;
    this.eventCount = input.varint();
    this.#bodiesAt = walkContent(input, this.eventCount, this.#flags);
    if (input.offset !== end) throw new RangeError("bytes after the last body");
  }

  isOf(family: string, id: string): boolean {
    this.#input.seek(namesAt);
    if (!this.#input.isText(family) || !this.#input.isText(id)) return false;
    this.#family = family;
    this.#id = id;
    return true;
  }

  get family(): string {
    return (this.#family ??= this.#textAt(namesAt));
  }

  get id(): string {
    if (this.#id !== undefined) return this.#id;
    this.#input.seek(namesAt);
    this.#input.skipText();
    return (this.#id = this.#input.text());
  }

  get links(): readonly number[] {
    if (this.#links !== undefined) return this.#links;
    this.#input.seek(this.#linksAt);
    return (this.#links = readLinks(this.#input));
  }

  get commitId(): string {
    return this.#textAt(this.#contentAt);
  }

  get codec(): string {
    this.#input.seek(this.#contentAt);
    this.#input.skipText();
    return this.#input.knownText();
  }

  get events(): readonly EncodedEvent[] {
    if (this.#events !== undefined) return this.#events;
    this.#input.seek(this.#tableAt);
    return (this.#events = readEvents(this.#input, this.#bytes, this.#bodiesAt));
  }

  get metadata(): Uint8Array | undefined {
    return this.#flags & flagMetadata ? this.#beside.metadata?.slice() : undefined;
  }

  get base(): EncodedBase | undefined {
    return this.#flags & flagBase ? this.#beside.base : undefined;
  }

  content(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, this.#contentAt, this.#end);
  }

  get #beside(): Beside {
    if (this.#besideEvents !== undefined) return this.#besideEvents;
    this.#input.seek(this.#tableAt);
    return (this.#besideEvents = readBeside(this.#input, this.#flags));
  }

  #textAt(offset: number): string {
    this.#input.seek(offset);
    return this.#input.text();
  }
}

/** Family and id come after the format and the flags. */
const namesAt = 2;

/** What a frame has beside its events. */
type Beside = Pick<Frame, "metadata" | "base">;

function walkLinks(input: ByteReader): void {
  const count = input.byte();
  if (count > maxLinks) throw new RangeError(`${count} links`);
  let link = 0;
  for (let i = 0; i < count; i++) {
    const value = input.varint();
    link = i === 0 ? value : link - value;
    if (link < 1 || value === 0) throw new RangeError("links that do not descend");
  }
}

function readLinks(input: ByteReader): number[] {
  const links: number[] = [];
  const count = input.byte();
  for (let i = 0; i < count; i++) {
    const value = input.varint();
    links.push(i === 0 ? value : links[i - 1]! - value);
  }
  return links;
}

/**
 * Go past everything after the number of events.
 * @returns where the bodies of the events begin: at the end, after metadata and base
 */
function walkContent(input: ByteReader, count: number, flags: number): number {
  if (count > input.left()) throw new RangeError(`${count} events`);
  let bodies = 0;
  for (let i = 0; i < count; i++) {
    input.checkText();
    if (input.varint() < 1) throw new RangeError("schema version 0");
    bodies += input.varint();
  }
  let before = flags & flagMetadata ? input.varint() : 0;
  if (flags & flagBase) {
    input.varint();
    before += input.varint();
  }
  input.skip(before);
  const bodiesAt = input.offset;
  input.skip(bodies);
  return bodiesAt;
}

function readEvents(input: ByteReader, bytes: Buffer, bodiesAt: number): EncodedEvent[] {
  const events: EncodedEvent[] = [];
  let at = bodiesAt;
  for (let left = input.varint(); left > 0; left--) {
    const type = input.knownText();
    const version = input.varint();
    const end = at + input.varint();
    events.push(new ReceivedEvent(type, version, bytes, at, end));
    at = end;
  }
  return events;
}

/** An event of a received frame. */
class ReceivedEvent implements EncodedEvent, Span {
  readonly type: string;
  readonly version: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;

  constructor(type: string, version: number, bytes: Buffer, start: number, end: number) {
    this.type = type;
    this.version = version;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  get received(): Span {
    return this;
  }

  get body(): Uint8Array {
    const { buffer, byteOffset } = this.bytes;
    return new Uint8Array(buffer, byteOffset + this.start, this.end - this.start).slice();
  }
}

function readBeside(input: ByteReader, flags: number): Beside {
  for (let left = input.varint(); left > 0; left--) {
    input.skipText();
    input.varint();
    input.varint();
  }
  const metadataLength = flags & flagMetadata ? input.varint() : undefined;
  const reducerVersion = flags & flagBase ? input.varint() : undefined;
  const stateLength = reducerVersion === undefined ? 0 : input.varint();
  const metadata = metadataLength === undefined ? undefined : input.bytes(metadataLength);
  if (reducerVersion === undefined) return { metadata, base: undefined };
  const state = input.bytes(stateLength);
  const base = {
    reducerVersion,
    get state() {
      return state.slice();
    },
  };
  return { metadata, base };
}

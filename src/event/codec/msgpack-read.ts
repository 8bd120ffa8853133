import { maxDepth } from "./codec.ts";
import type { Span } from "../wire/frame.ts";
import { bufferOf } from "../wire/byte-reader.ts";
import { knownText } from "../wire/known-texts.ts";
import { textOf } from "./utf8.ts";

/**
 * Reads MessagePack: nil, booleans, numbers, texts, bytes, arrays, maps with text keys and the
 * timestamp extension, what jetfold's codec writes and other writers of plain MessagePack do. It
 * gives the same on every installation, which msgpackr does not: with its native add-on and without
 * it texts are decoded by other means (2.1.3: without, one of more than 64 bytes loses a leading
 * U+FEFF), and keys of 65,536 bytes or more it writes and does not read.
 *
 * Every other extension is refused, as are texts that are not UTF-8 and keys `__proto__`.
 */

/**
 * The one value in these bytes. Bytes in it are views.
 * @param own - gives the bytes that they are views into, if these here lie among others': a copy,
 *   asked for when there are some
 * @throws RangeError when they end early, go on after the value, nest deeper than {@link maxDepth}
 *   or hold what is refused
 */
export function readValue(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
  own: () => Uint8Array = () => bytes,
): unknown {
  const reader = new ValueReader(bufferOf(bytes), start, end, own, 0);
  const value = reader.value(0);
  reader.assertEnd();
  return value;
}

/**
 * An event: its type, and behind it the fields of the one map in this span.
 * @param own - as of {@link readValue}; begins where the span does
 * @throws RangeError as {@link readValue}, and for anything else than a map without a `type`
 */
export function readEvent(
  { bytes, start, end }: Span,
  type: string,
  own: () => Uint8Array,
): { readonly type: string } {
  const reader = new ValueReader(bytes, start, end, own, start);
  const event = reader.event(type);
  reader.assertEnd();
  return event;
}

/** Up to so many bytes become one text, of which the texts in them are slices that keep it alive. */
const windowBytes = 512;

class ValueReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #own: () => Uint8Array;
  /** Where its own bytes begin. */
  readonly #origin: number;
  readonly #start: number;
  #at: number;
  #window: string | undefined;

  constructor(bytes: Buffer, start: number, end: number, own: () => Uint8Array, origin: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.#own = own;
    this.#origin = origin;
  }

  event(type: string): { readonly type: string } {
    const byte = this.#byte();
    const isMap = (byte & 0xf0) === 0x80 || byte === 0xde || byte === 0xdf;
    if (!isMap) throw new RangeError("not a map");
    const count = byte < 0x90 ? byte & 0x0f : this.#uint(byte === 0xde ? 2 : 4);
    return this.#fields(count, 0, { type }, "type");
  }

  assertEnd(): void {
    if (this.#at !== this.#end) throw new RangeError("bytes after the value");
  }

  value(depth: number): unknown {
    const byte = this.#byte();
    if (byte < 0x80) return byte;
    if (byte >= 0xe0) return byte - 0x100;
    if (byte < 0x90) return this.#map(byte & 0x0f, depth);
    if (byte < 0xa0) return this.#array(byte & 0x0f, depth);
    if (byte < 0xc0) return this.#text(byte & 0x1f);
    return byte < 0xd4 ? this.#scalar(byte) : this.#sized(byte, depth);
  }

  #scalar(byte: number): unknown {
    switch (byte) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#uint(1 << (byte - 0xc4)));
      case 0xc7:
        return this.#timestamp(this.#uint(1));
      case 0xca:
        return this.#bytes.readFloatBE(this.#take(4));
      case 0xcb:
        return this.#bytes.readDoubleBE(this.#take(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#uint(1 << (byte - 0xcc));
      case 0xcf:
        return this.#bytes.readBigUInt64BE(this.#take(8));
      case 0xd0:
        return this.#bytes.readInt8(this.#take(1));
      case 0xd1:
        return this.#bytes.readInt16BE(this.#take(2));
      case 0xd2:
        return this.#bytes.readInt32BE(this.#take(4));
      case 0xd3:
        return this.#bytes.readBigInt64BE(this.#take(8));
      default:
        return refuse(byte);
    }
  }

  #sized(byte: number, depth: number): unknown {
    switch (byte) {
      case 0xd6:
        return this.#timestamp(4);
      case 0xd7:
        return this.#timestamp(8);
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#uint(1 << (byte - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#uint(byte === 0xdc ? 2 : 4), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#uint(byte === 0xde ? 2 : 4), depth);
      default:
        return refuse(byte);
    }
  }

  #map(count: number, depth: number): object {
    return this.#fields(count, depth, {}, "__proto__");
  }

  /** @param refused - a key that these must not have, besides `__proto__` */
  #fields<Map extends object>(count: number, depth: number, map: Map, refused: string): Map {
    this.#enter(count * 2, depth);
    for (let left = count; left > 0; left--) {
      const key = this.#key();
      if (key === "__proto__" || key === refused)
        throw new RangeError(`a MessagePack map with the key ${key}`);
      (map as Record<string, unknown>)[key] = this.value(depth + 1);
    }
    return map;
  }

  #array(count: number, depth: number): unknown[] {
    this.#enter(count, depth);
    const array: unknown[] = [];
    for (let left = count; left > 0; left--) array.push(this.value(depth + 1));
    return array;
  }

  /** Every value takes a byte, so a count beyond what is left is refused before memory is taken. */
  #enter(values: number, depth: number): void {
    if (depth >= maxDepth) throw new RangeError(`nested deeper than ${maxDepth}`);
    if (values > this.#end - this.#at) throw new RangeError("MessagePack ends early");
  }

  /** Keys are the same in many values, so short ones are recognised. */
  #key(): string {
    const byte = this.#byte();
    if (byte >= 0xa0 && byte < 0xc0) {
      const start = this.#take(byte & 0x1f);
      return knownText(this.#bytes, start, this.#at);
    }
    if (byte < 0xd9 || byte > 0xdb) {
      throw new RangeError("a MessagePack map key that is not a string");
    }
    return this.#text(this.#uint(1 << (byte - 0xd9)));
  }

  #text(length: number): string {
    const start = this.#take(length);
    if (this.#end - this.#start > windowBytes) return textOf(this.#bytes, start, this.#at);
    for (let at = start; at < this.#at; at++)
      if (this.#bytes[at]! >= 0x80) return textOf(this.#bytes, start, this.#at);
    this.#window ??= this.#bytes.toString("latin1", this.#start, this.#end);
    return this.#window.substring(start - this.#start, this.#at - this.#start);
  }

  #binary(length: number): Uint8Array {
    const start = this.#take(length);
    const own = this.#own();
    return new Uint8Array(own.buffer, own.byteOffset + start - this.#origin, length);
  }

  /** Seconds since 1970, and nanoseconds of which whole milliseconds are taken. */
  #timestamp(length: number): Date {
    if (this.#byte() !== 0xff || (length !== 4 && length !== 8 && length !== 12)) {
      throw new RangeError("a MessagePack extension other than a timestamp");
    }
    const bytes = this.#bytes;
    const start = this.#take(length);
    const first = bytes.readUInt32BE(start);
    if (length === 4) return new Date(first * 1000);
    if (length === 12) return dateOf(Number(bytes.readBigInt64BE(start + 4)), first);
    return dateOf((first & 0x3) * 2 ** 32 + bytes.readUInt32BE(start + 4), first >>> 2);
  }

  #uint(size: number): number {
    const bytes = this.#bytes;
    const at = this.#take(size);
    if (size === 1) return bytes[at]!;
    const high = bytes[at]! * 0x100 + bytes[at + 1]!;
    return size === 2 ? high : high * 0x10000 + bytes[at + 2]! * 0x100 + bytes[at + 3]!;
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new RangeError("MessagePack ends early");
    return this.#bytes[this.#at++]!;
  }

  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw new RangeError("MessagePack ends early");
    this.#at = start + length;
    return start;
  }
}

function dateOf(seconds: number, nanoseconds: number): Date {
  return new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6));
}

function refuse(byte: number): never {
  throw new RangeError(`MessagePack byte 0x${byte.toString(16)} is not accepted`);
}

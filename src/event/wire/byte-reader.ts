import { assertUtf8 } from "../codec/utf8.ts";
import { isText, knownText } from "./known-texts.ts";

/** Reads a frame's primitives; every read beyond `end` (exclusive) is a RangeError. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #offset: number;

  constructor(bytes: Uint8Array, offset: number, end: number = bytes.length) {
    this.#bytes = bufferOf(bytes);
    this.#offset = offset;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  /** Go back or on to an offset. */
  seek(offset: number): void {
    this.#offset = offset;
  }

  /** How many bytes are left before the end. */
  left(): number {
    return this.#end - this.#offset;
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!;
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  varint(): number {
    const first = this.byte();
    return first < 0x80 ? first : this.#longVarint(first - 0x80);
  }

  #longVarint(lowest: number): number {
    let value = lowest;
    for (let scale = 0x80; scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
    }
    throw new RangeError("a number beyond 2^53");
  }

  text(): string {
    const length = this.byte();
    const start = this.#take(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  /** A text that is expected to be the same in many frames. */
  knownText(): string {
    const length = this.byte();
    const start = this.#take(length);
    return knownText(this.#bytes, start, start + length);
  }

  /** Is the next text this one, of ASCII? Goes past it either way. */
  isText(text: string): boolean {
    const length = this.byte();
    const start = this.#take(length);
    return isText(this.#bytes, start, start + length, text);
  }

  skipText(): void {
    this.#take(this.byte());
  }

  /** Go past a text. @throws RangeError when it is not UTF-8 */
  checkText(): void {
    const length = this.byte();
    const start = this.#take(length);
    assertUtf8(this.#bytes, start, start + length);
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** A view of the next bytes, not a copy. */
  bytes(length: number): Uint8Array {
    return this.view(this.#take(length), length);
  }

  /** A view of bytes that are known to be there. */
  view(offset: number, length: number): Uint8Array {
    const { buffer, byteOffset } = this.#bytes;
    return new Uint8Array(buffer, byteOffset + offset, length);
  }

  #take(length: number): number {
    const start = this.#offset;
    if (length > this.#end - start) throw new RangeError("the frame ends early");
    this.#offset = start + length;
    return start;
  }
}

/** The same bytes, as Node's own kind. */
export function bufferOf(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

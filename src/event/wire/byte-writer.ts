/** Writes a frame's primitives into one buffer of a known largest size. */
export class ByteWriter {
  readonly #buffer: Buffer;
  #offset = 0;

  constructor(maxBytes: number) {
    this.#buffer = Buffer.allocUnsafe(maxBytes);
  }

  byte(value: number): void {
    this.#buffer[this.#offset++] = value;
  }

  /** Four bytes, little-endian. */
  uint32(value: number): void {
    this.#offset = this.#buffer.writeUInt32LE(value, this.#offset);
  }

  /** LEB128: seven bits a byte, lowest first; any safe integer of 0 or more. */
  varint(value: number): void {
    while (value >= 0x80) {
      this.byte((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.byte(value);
  }

  /** A length byte and that many bytes of UTF-8: 255 at most. */
  text(value: string): void {
    const start = this.#offset + 1;
    const length = this.#ascii(value, start) ? value.length : this.#buffer.write(value, start);
    this.byte(length);
    this.#offset += length;
  }

  /** Nearly all texts are short and of ASCII, for which a native call is the larger part of the work. */
  #ascii(value: string, start: number): boolean {
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      this.#buffer[start + i] = code;
    }
    return true;
  }

  bytes(value: Uint8Array): void {
    this.#buffer.set(value, this.#offset);
    this.#offset += value.length;
  }

  /** All that was written so far and so many bytes more, not copied. */
  written(more: number): Buffer {
    return this.#buffer.subarray(0, this.#offset + more);
  }
}

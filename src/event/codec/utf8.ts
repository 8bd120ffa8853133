import { isUtf8 } from "node:buffer";

/**
 * Texts in bytes nobody vouches for. Node's own decoders put U+FFFD in place of what is no UTF-8,
 * and some drop a leading U+FEFF; nothing here does either.
 */

/** Up to here a text is put together by its characters: V8 makes a rope of longer ones. */
const shortBytes = 12;

/**
 * The text between two offsets (`end` exclusive), every character as it was written.
 * @throws RangeError when it is not UTF-8
 */
export function textOf(bytes: Buffer, start: number, end: number): string {
  if (end - start <= shortBytes) {
    let text = "";
    let at = start;
    for (; at < end && bytes[at]! < 0x80; at++) text += String.fromCharCode(bytes[at]!);
    if (at === end) return text;
  }
  const text = bytes.toString("utf8", start, end);
  if (text.includes("\ufffd")) assertUtf8(bytes, start, end);
  return text;
}

/** @throws RangeError when what is between two offsets (`end` exclusive) is not UTF-8 */
export function assertUtf8(bytes: Uint8Array, start: number, end: number): void {
  let at = start;
  if (end - start <= 64) while (at < end && bytes[at]! < 0x80) at++;
  if (at < end && !isUtf8(bytes.subarray(at, end))) throw notUtf8();
}

function notUtf8(): RangeError {
  return new RangeError("a text that is not UTF-8");
}

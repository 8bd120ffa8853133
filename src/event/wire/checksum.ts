import { crc32 } from "node:zlib";

/** The checksum of a frame: CRC-32 (ISO 3309, as zlib computes it) of all bytes before it. */
export function checksumOf(bytes: Uint8Array): number {
  return crc32(bytes);
}

/**
 * What {@link checksumOf} gives for any bytes with their own checksum behind them, lowest byte first,
 * and for no others: the residue of CRC-32.
 */
export const checksumWithItself = 0x2144df1c;

/** The bytes are not those that were written. */
export class ChecksumError extends Error {
  override readonly name = "ChecksumError";
  constructor(stated: number, actual: number) {
    super(`checksum ${stated.toString(16)} stated, ${actual.toString(16)} found`);
  }
}

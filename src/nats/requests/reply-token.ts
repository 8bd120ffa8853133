import { randomFillSync } from "node:crypto";

/**
 * Texts by chance, each given once, for tokens that nobody can guess who has seen others: 72 bits,
 * cut from a long text, since a call of the system for each request would be noticed.
 */
export class Secrets {
  readonly #bytes = Buffer.allocUnsafe(bytesAtOnce);
  #text = "";
  #at = 0;

  next(): string {
    if (this.#at >= this.#text.length) {
      this.#text = randomFillSync(this.#bytes).toString("base64url");
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += secretLength;
    return this.#text.slice(start, this.#at);
  }
}

/** How long one of them is. */
export const secretLength = 12;

/** Of 512 secrets; a multiple of the 9 bytes of each. */
const bytesAtOnce = 512 * 9;

/** The decimal number that a text ends with, from an offset on; NaN when it is none. */
export function numberAt(text: string, offset: number): number {
  let value = offset < text.length ? 0 : NaN;
  for (let i = offset; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN;
  }
  return value;
}

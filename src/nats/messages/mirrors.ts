import type { Warn } from "../../event/backend/index.ts";

/** For so long the stream itself is asked once a mirror has answered, in milliseconds. */
const waryMs = 60_000;

/**
 * Which streams of a store a mirror answers for. nats-server (2.15) lets every mirror of a stream
 * with `allow_direct` answer its direct gets, also one that asks not to, and one that is limited,
 * filtered, late or stuck.
 */
export class Mirrors {
  readonly #warn: Warn;
  readonly #seenAt = new Map<string, number>();

  /** @param warn - called once for each stream; must not throw, see `warnBy` */
  constructor(warn: Warn) {
    this.#warn = warn;
  }

  /** Did one answer for this stream of late? Then better ask the stream itself at once. */
  answerFor(stream: string): boolean {
    const seenAt = this.#seenAt.get(stream);
    return seenAt !== undefined && performance.now() < seenAt + waryMs;
  }

  /** One did. */
  saw(stream: string, mirror: string): void {
    const first = !this.#seenAt.has(stream);
    this.#seenAt.set(stream, performance.now());
    if (first) this.#warn({ code: "mirror", message: messageOf(stream, mirror) });
  }
}

function messageOf(stream: string, mirror: string): string {
  return (
    `"${mirror}" answers direct gets for "${stream}", as nats-server lets every mirror do, whatever ` +
    "it holds. Nothing of it is used; reads ask the stream's leader or a consumer, which is slower. " +
    "To be rid of it, keep the copy in another account or domain, or fill it from `sources`"
  );
}

import { randomUUID } from "node:crypto";
import { type Head, maxLinks, msgpackCodec, noHead } from "jetfold";
// The one thing that is not in the public entries: the frames of a stream that is filled without
// the library must be the library's own, with true back-links and checksums.
// oxlint-disable-next-line eslint/no-restricted-imports
import { encodeFrame } from "../../src/event/wire/frame-format.ts";
import { deposited } from "./account.ts";

/** A commit as it goes over the wire. */
export interface WireCommit {
  readonly commitId: string;
  readonly payload: Uint8Array;
  readonly checksum: number;
}

/** The bytes that jetfold sends for a commit of `events` events on this head. */
export function frameOf(family: string, id: string, head: Head = noHead, events = 1): WireCommit {
  const commitId = randomUUID();
  const encoded = Array.from({ length: events }, (_, i) => encodedEvent(head.sequence + i));
  const place = { family, id, head, part: 1, parts: 1 };
  const content = { commitId, codec: msgpackCodec.name, events: encoded };
  const { bytes: payload, checksum } = encodeFrame(place, content);
  return { commitId, payload, checksum };
}

/** The bodies are a few hundred, encoded once: a fill is not to wait for the encoder. */
const bodies = Array.from({ length: 256 }, (_, n) => {
  const { type, ...data } = deposited(n);
  return { type, version: 1, body: msgpackCodec.encode(data, "Account.Deposited.1") };
});

function encodedEvent(n: number): (typeof bodies)[number] {
  return bodies[n % bodies.length]!;
}

/** Where the aggregates of one family stand while a stream is filled: one entry for each. */
export class Heads {
  readonly #checksums: Uint32Array;
  readonly #links: Float64Array;
  readonly #counts: Uint32Array;

  constructor(aggregates: number) {
    this.#checksums = new Uint32Array(aggregates);
    this.#links = new Float64Array(aggregates * maxLinks);
    this.#counts = new Uint32Array(aggregates);
  }

  /** The head of an aggregate whose commits have one event each. */
  of(aggregate: number): Head {
    const count = this.#counts[aggregate]!;
    if (count === 0) return noHead;
    const links: number[] = [];
    for (let back = 1; back <= Math.min(count, maxLinks); back++) {
      links.push(this.#links[aggregate * maxLinks + ((count - back) % maxLinks)]!);
    }
    const checksum = this.#checksums[aggregate]!;
    return { sequence: links[0]!, revision: count, checksum, links };
  }

  /** Its next commit was given this sequence. */
  advance(aggregate: number, sequence: number, checksum: number): void {
    const count = this.#counts[aggregate]!++;
    this.#links[aggregate * maxLinks + (count % maxLinks)] = sequence;
    this.#checksums[aggregate] = checksum;
  }
}

import type { Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { assertRetryable, collect } from "../requests/request.ts";
import type { Reply } from "../requests/outgoing.ts";
import type { Names, Stream } from "../stream.ts";
import { believeBody } from "./believe.ts";
import { directGetSubject } from "./direct-get.ts";

/** So many bytes at most, as with a page. */
const maxBytes = 2 << 20;

/** How long the next one may take, in milliseconds. */
const timeoutMs = 2_000;

/**
 * Messages without headers (`no_hdr`, ADR-31; nats-server 2.12): half as long, and half the work for
 * the server (2.15, a hundred of them: 0.4 ms instead of 0.9). They tell neither where they are from
 * nor when they were stored.
 */

/**
 * The bodies of the messages from a sequence (inclusive) on, in order, from any replica, at most
 * `batch` of them. Any of them may be missing.
 * @returns undefined when the server refuses, or the rest did not arrive
 * @throws {@link ConfigError} or {@link UnavailableError} when asking can't help; the signal's
 *   reason when aborted
 */
export async function bodiesFrom(
  stream: Stream,
  from: Sequence,
  batch: number,
  signal: AbortSignal | undefined,
): Promise<readonly Uint8Array[] | undefined> {
  const subject = directGetSubject(stream);
  const query = { seq: from, batch, max_bytes: maxBytes, no_hdr: true };
  const payload = JSON.stringify(query);
  const asked = { subject, payload, replyBytes: maxBytes, timeoutMs, signal };
  const bodies: Uint8Array[] = [];
  const end = await collect(stream, asked, (reply) => keep(stream, subject, bodies, reply));
  return end === "whole" ? bodies : undefined;
}

/** Keep the next body, or tell how they end. */
function keep(
  stream: Stream,
  subject: string,
  bodies: Uint8Array[],
  reply: Reply,
): "whole" | "broken" | undefined {
  if (typeof reply === "string") {
    if (reply === "no-responders") stream.replicas.wereAway();
    assertRetryable(stream, reply, subject);
    return "broken";
  }
  const answer = believeBody(reply);
  if (answer.kind !== "body") return answer.kind === "end" ? "whole" : "broken";
  bodies.push(answer.body);
  return undefined;
}

/** A message of which is known where it stands, and not when it was stored. */
export function untimed(
  { family, id }: Names,
  sequence: Sequence,
  payload: Uint8Array,
): StoredMessage {
  return { sequence, timeMs: NaN, family, id, payload };
}

import type { Failure } from "./failure.ts";

/** A request as its time is reckoned; all times by `performance.now()`. */
export interface Timed {
  readonly outgoing: { readonly timeoutMs: number };
  /** When its caller gives up, whatever has become of it. */
  readonly limitAt: number;
  /** When it was handed to the client; Infinity before its turn. */
  readonly sentAt: number;
  /** When its bytes are known to have left, or its last reply came; Infinity before that. */
  since: number;
  /** See `Turn.position`. */
  readonly position: number;
}

/** What is known of the connection. */
export interface Signs {
  /** Up to where what was handed to the client has left. */
  readonly left: number;
  /** When the last sign of life was asked for that came. */
  readonly provedAt: number;
  /** When anything came last. */
  readonly heardAt: number;
}

/** A connection on which nothing comes for so long, although it was asked, is given up by what waits. */
export const silenceMs = 15_000;

/** A sign of life is asked for early, so that little of a request's time is lost by not knowing. */
const earlyMs = 200;

/**
 * What becomes of a request at a moment. Its time begins when its bytes have left; and it is over
 * only when the server has given a sign of life that was asked for later: as long as something is
 * on its way in either direction, a reply may be behind it.
 * @returns a failure; "ask" when a sign of life is needed to tell; undefined while there is time
 */
export function overdue(
  request: Timed,
  { left, provedAt, heardAt }: Signs,
  now: number,
): Extract<Failure, "timeout" | "unsent" | "silence"> | "ask" | undefined {
  const { sentAt, limitAt, outgoing } = request;
  const { timeoutMs } = outgoing;
  if (now >= limitAt) return sentAt === Infinity ? "unsent" : "timeout";
  if (sentAt === Infinity) return undefined;
  if (request.since === Infinity) {
    if (request.position > left) {
      if (now < sentAt + Math.min(earlyMs, timeoutMs / 2)) return undefined;
      return now >= Math.max(sentAt, heardAt) + silenceMs ? "silence" : "ask";
    }
    request.since = now;
  }
  const endsAt = request.since + timeoutMs;
  if (now < endsAt) return undefined;
  if (provedAt >= endsAt) return "timeout";
  return now >= Math.max(endsAt, heardAt) + silenceMs ? "silence" : "ask";
}

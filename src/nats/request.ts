import type { Msg, MsgHdrs } from "@nats-io/nats-core";
import { ConfigError, UnavailableError } from "../event/index.ts";
import { backOff, type Deadline, deadlineIn, onAbort } from "../event/backend/index.ts";
import { failureOf } from "./failure.ts";
import type { Stream } from "./stream.ts";

export interface RequestOptions {
  readonly headers?: MsgHdrs;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One request, one reply.
 * @throws what the client throws (see `failureOf`), or the signal's reason when aborted; the
 *   request may have been carried out all the same
 */
export async function request(
  { connection }: Stream,
  subject: string,
  payload: Uint8Array | string,
  { headers, timeoutMs, signal }: RequestOptions,
): Promise<Msg> {
  signal?.throwIfAborted();
  const timeout = Math.max(1, Math.ceil(timeoutMs));
  const reply = connection.request(subject, payload, { timeout, ...(headers && { headers }) });
  return signal === undefined ? reply : orAbort(reply, signal);
}

/** The promise, or a rejection as soon as the signal aborts; leaves no listener behind. */
async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, () => reject(signal.reason as Error));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop?.();
  }
}

/** How long a read is tried again before the server counts as unavailable: an election takes 4 to 10 s. */
export const patienceMs = 15_000;

/** How long one attempt of a read waits. */
const readAttemptMs = 2_000;

/**
 * A request that changes nothing, tried again until it is answered.
 * @throws {@link UnavailableError} when it is not within {@link patienceMs}, or the connection is closed
 * @throws {@link ConfigError} when the connection has no right to ask
 */
export async function ask(
  stream: Stream,
  subject: string,
  payload: string,
  signal: AbortSignal | undefined,
  deadline: Deadline = deadlineIn(patienceMs),
): Promise<Msg> {
  for (let attempt = 0; ; attempt++) {
    const timeoutMs = Math.min(readAttemptMs, Math.max(1, deadline.leftMs()));
    try {
      return await request(stream, subject, payload, { timeoutMs, signal });
    } catch (error) {
      signal?.throwIfAborted();
      assertRetryable(stream, error, subject);
      if (deadline.leftMs() <= 0) {
        throw new UnavailableError(`no answer on ${subject}`, { cause: error });
      }
    }
    await backOff(attempt, deadline, signal);
  }
}

/** @throws unless asking again may help */
export function assertRetryable(stream: Stream, error: unknown, subject: string): void {
  switch (failureOf(error, stream.connection)) {
    case "timeout":
    case "no-responders":
      return;
    case "closed":
      throw new UnavailableError("the NATS connection is closed", { cause: error });
    case "denied":
      throw new ConfigError(`the connection may not publish on ${subject}`, { cause: error });
    case "inbox-denied":
      throw new ConfigError("the connection may not subscribe to its inbox", { cause: error });
    case "other":
      throw error;
  }
}

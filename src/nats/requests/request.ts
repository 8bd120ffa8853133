import type { Msg } from "@nats-io/nats-core";
import { ConfigError, UnavailableError } from "../../event/index.ts";
import { backOff, type Deadline, deadlineIn, orAbort } from "../../event/backend/index.ts";
import type { Stream } from "../stream.ts";
import type { Failure } from "./failure.ts";
import type { Outgoing, Reply } from "./multiplexer.ts";

/**
 * One request, one reply, or why there is none.
 * @throws the signal's reason when aborted; the request may have been carried out all the same
 */
export function request(stream: Stream, outgoing: Outgoing): Promise<Reply> {
  return requestFor(stream, outgoing, (reply) => reply);
}

/** As {@link request}, and what `read` makes of the reply. @throws what it throws, too */
export function requestFor<Answer>(
  { requests }: Stream,
  outgoing: Outgoing,
  read: (reply: Reply) => Answer,
): Promise<Answer> {
  const { signal } = outgoing;
  if (signal === undefined) return requests.askFor(outgoing, read);
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return orAbort(requests.askFor(outgoing, read), signal);
}

/**
 * One request, several replies: `take` is called for each, until it returns their answer.
 * @throws what it throws; the signal's reason when aborted, and then what still comes is not heard
 */
export async function collect<Answer>(
  { requests }: Stream,
  outgoing: Outgoing,
  take: (reply: Reply) => Answer | undefined,
): Promise<Answer> {
  const { signal } = outgoing;
  signal?.throwIfAborted();
  let stop: (() => void) | undefined;
  const answer = new Promise<Answer>((resolve, reject) => {
    stop = requests.open(outgoing, (reply) => {
      try {
        const end = take(reply);
        if (end !== undefined) resolve(end);
        return end !== undefined;
      } catch (error) {
        reject(error);
        return true;
      }
    });
  });
  return signal === undefined ? answer : orAbort(answer, signal).finally(stop);
}

/** How large the acknowledgement of a publish is, in bytes, at most as a rule. */
export const ackBytes = 256;

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
    const reply = await request(stream, { subject, payload, timeoutMs, signal });
    if (typeof reply !== "string") return reply;
    assertRetryable(reply, subject);
    if (deadline.leftMs() <= 0) throw new UnavailableError(`no answer on ${subject}: ${reply}`);
    await backOff(attempt, deadline, signal);
  }
}

/** @throws unless asking again may help */
export function assertRetryable(failure: Failure, subject: string): void {
  switch (failure) {
    case "timeout":
    case "no-responders":
    case "disconnected":
      return;
    case "closed":
      throw new UnavailableError("the NATS connection is closed", { final: true });
    case "denied":
      throw new ConfigError(`the connection may not publish on ${subject}`);
    case "inbox-denied":
      throw new ConfigError("the connection may not subscribe to its inbox");
    case "other":
      throw new ConfigError(`the client does not send on ${subject}`);
  }
}

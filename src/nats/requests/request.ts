import type { Msg } from "@nats-io/nats-core";
import { ClosedError, ConfigError, type ReadOptions, UnavailableError } from "../../event/index.ts";
import { backOff, type Deadline, deadlineIn, orAbort } from "../../event/backend/index.ts";
import type { Stream } from "../stream.ts";
import type { Failure } from "./failure.ts";
import type { Outgoing, Reply } from "./outgoing.ts";

/**
 * One request, and what `read` makes of its reply, or of why there is none; undefined when it can't
 * be the answer, and then the real one is still waited for.
 * @throws what `read` throws; the signal's reason when aborted, and the request may have been
 *   carried out all the same
 */
export function requestFor<Answer>(
  { requests }: Stream,
  outgoing: Outgoing,
  read: (reply: Reply) => Answer | Promise<Answer> | undefined,
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
        if (end === undefined) return "more";
        resolve(end);
      } catch (error) {
        reject(error);
      }
      return "over";
    });
  });
  return signal === undefined ? answer : orAbort(answer, signal).finally(stop);
}

/** How large the acknowledgement of a publish is, in bytes, at most as a rule. */
export const ackBytes = 256;

/** How long a read is tried again before the server counts as unavailable: an election takes 4 to 10 s. */
export const patienceMs = 15_000;

/** How long one attempt waits for its answer: well above a slow disk's, well below an election's. */
export const attemptMs = 2_000;

/**
 * A request that changes nothing, tried again until it is answered.
 * @param read - what the reply says; undefined when it can't be the answer
 * @throws {@link UnavailableError} when it is not within {@link patienceMs}; {@link ClosedError}
 * @throws {@link ConfigError} when the connection has no right to ask
 */
export async function ask<Answer extends object>(
  stream: Stream,
  subject: string,
  payload: string,
  read: (reply: Msg) => Answer | undefined,
  signal: AbortSignal | undefined,
  deadline: Deadline = deadlineIn(patienceMs),
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const asked = { subject, payload, timeoutMs: attemptMs, deadline, signal };
    const answer = await requestFor<Answer | Failure>(stream, asked, (reply) =>
      typeof reply === "string" ? reply : read(reply),
    );
    if (typeof answer !== "string") return answer;
    assertRetryable(stream, answer, subject);
    if (deadline.leftMs() <= 0) throw new UnavailableError(`no answer on ${subject}: ${answer}`);
    await backOff(attempt, deadline, signal);
  }
}

/** @throws unless asking again may help */
export function assertRetryable(
  { requests }: Pick<Stream, "requests">,
  failure: Failure,
  subject: string,
): void {
  const verdict = requests.verdict();
  if (verdict !== undefined) throw verdict;
  switch (failure) {
    case "timeout":
    case "unsent":
    case "no-responders":
    case "disconnected":
      return;
    case "silence":
      throw new UnavailableError(`no answer on ${subject}, and nothing else from the server`);
    case "closed":
    case "closed-before":
      throw new ClosedError("the NATS connection is closed");
    case "denied":
      throw new ConfigError(`the connection may not publish on ${subject}`);
    case "inbox-denied":
      throw new ConfigError("the connection may not subscribe to its inbox");
    case "other":
      throw new ConfigError(`the client does not send on ${subject}`);
  }
}

/** How long a read is tried. */
export function patience({ timeoutMs = patienceMs }: Pick<ReadOptions, "timeoutMs">): Deadline {
  return deadlineIn(timeoutMs);
}

import type { MsgHdrs } from "@nats-io/nats-core";
import { randomUUID } from "node:crypto";
import {
  ClosedError,
  ConfigError,
  InvalidInputError,
  StoreFullError,
  UnavailableError,
} from "../event/index.ts";
import type { Appended, Deadline, NewMessage } from "../event/backend/index.ts";
import type { Failure } from "./requests/failure.ts";
import { messageIdOf } from "./occupant.ts";
import { readPublishAnswer } from "./publish-answer.ts";
import { publishHeaders } from "./publish-headers.ts";
import { refusalOf } from "./publish-codes.ts";
import type { ApiErrorBody } from "./requests/json-answer.ts";
import type { Ahead } from "./requests/outgoing.ts";
import { ackBytes, attemptMs, requestFor } from "./requests/request.ts";
import { type Stream, subjectOf } from "./stream.ts";
import type { Believe } from "./witness/stream-witness.ts";

/**
 * The most that the headers of one message take, in bytes: expectation, message id with three
 * names of 128 and the commit id, and a batch's three.
 */
export const headerBytes = 1024;

/**
 * Store messages: one by a plain publish, several as an atomic batch (ADR-50, nats-server 2.12).
 * See `AppendTarget.append`.
 * @param believe - is told the outcome where it is read, without a promise more for each append
 */
export function appendMessages(
  stream: Stream,
  messages: readonly NewMessage[],
  deadline: Deadline,
  signal: AbortSignal | undefined,
  believe: Believe,
): Promise<Appended> {
  if (stream.connection.isClosed()) {
    return Promise.reject(new ClosedError("the NATS connection is closed"));
  }
  const tooLarge = tooLargeFor(stream, messages);
  if (tooLarge !== undefined) return Promise.reject(tooLarge);
  const batchId = messages.length === 1 ? undefined : randomUUID();
  const last = messages.length - 1;
  const commit = messages[last]!;
  const { payload } = commit;
  const subject = subjectOf(stream, commit.family, commit.id);
  const headers = headersOf(subject, commit, batchId, last, true);
  const append = {
    subject,
    payload,
    headers,
    replyBytes: ackBytes,
    timeoutMs: attemptMs,
    deadline,
    signal,
    ahead: batchId === undefined ? undefined : partsOf(stream, messages, batchId),
  };
  const after = greatest(messages);
  const batch = batchId === undefined ? undefined : { id: batchId, count: messages.length };
  const question = { stream: stream.name, after, batch };
  return requestFor(stream, append, (reply) => {
    if (reply === "other") throw refusedByClient(stream, messages);
    if (typeof reply === "string") return believe(outcomeOfFailure(reply));
    const answer = readPublishAnswer(reply, question);
    if (answer === undefined) return undefined;
    return believe(answer.kind === "refused" ? outcomeOfError(answer.error) : answer);
  });
}

/** The server's limit may be lower than it was when the store was opened, after a reconnect. */
function tooLargeFor(
  { connection }: Stream,
  messages: readonly NewMessage[],
): InvalidInputError | undefined {
  const limit = connection.info?.max_payload ?? Infinity;
  for (const { payload } of messages) {
    const size = payload.length + headerBytes;
    if (size <= limit) continue;
    const rule = `must fit in one message of at most ${limit} bytes, headers included`;
    return new InvalidInputError("events", rule, `${size} bytes`);
  }
  return undefined;
}

/** The client refuses what is larger than the server's limit, which it may have learnt just now. */
function refusedByClient(stream: Stream, messages: readonly NewMessage[]): Error {
  return tooLargeFor(stream, messages) ?? new ConfigError("the client refuses to send the commit");
}

/** Every message is stored after all that is expected. */
function greatest(messages: readonly NewMessage[]): number {
  let expected = 0;
  for (const message of messages) if (message.expected > expected) expected = message.expected;
  return expected;
}

/** All of a batch but its last message, which commits it. */
function partsOf(stream: Stream, messages: readonly NewMessage[], batchId: string): Ahead[] {
  return messages.slice(0, -1).map((message, i) => {
    const subject = subjectOf(stream, message.family, message.id);
    const headers = headersOf(subject, message, batchId, i, false);
    return { subject, payload: message.payload, headers };
  });
}

function headersOf(
  subject: string,
  { expected, commitId, remembered }: NewMessage,
  batchId: string | undefined,
  index: number,
  commits: boolean,
): MsgHdrs {
  const messageId = remembered ? messageIdOf(subject, commitId) : undefined;
  if (batchId === undefined) return publishHeaders({ expected, messageId });
  const batch = { id: batchId, sequence: index + 1, commits };
  return publishHeaders({ expected, messageId, batch });
}

function outcomeOfError(error: ApiErrorBody): Appended {
  const text = `${error.description} (${error.err_code})`;
  switch (refusalOf(error)) {
    case "conflict":
      return { kind: "conflict" };
    case "duplicate":
      return { kind: "duplicate", sequence: undefined };
    case "undecided":
      return { kind: "unknown", cause: new Error(text) };
    case "too-large":
      throw new InvalidInputError(
        "events",
        `must fit the stream's max_msg_size: ${text}`,
        "a commit",
      );
    case "full":
      throw new StoreFullError(`the stream takes no more: ${text}`);
    case "refused":
      throw new ConfigError(`the server refuses to store: ${text}`);
  }
}

function outcomeOfFailure(failure: Exclude<Failure, "other">): Appended {
  const cause = new Error(`no answer: ${failure}`);
  switch (failure) {
    case "closed":
      return { kind: "unknown", cause, final: true };
    case "denied":
      throw new ConfigError("the connection may not publish to this store");
    case "closed-before":
      throw new ClosedError("the NATS connection is closed, or being drained");
    case "unsent":
      throw new UnavailableError("too much was on its way for it to be sent in time");
    case "no-responders":
      return { kind: "unknown", cause, unserved: true };
    case "timeout":
    case "silence":
    case "disconnected":
    case "inbox-denied":
      return { kind: "unknown", cause };
  }
}

import { headers, type MsgHdrs } from "@nats-io/nats-core";
import { randomUUID } from "node:crypto";
import { ConfigError, InvalidInputError, UnavailableError } from "../event/index.ts";
import type { Appended, NewMessage } from "../event/backend/index.ts";
import type { ApiErrorBody } from "./api.ts";
import { failureOf } from "./failure.ts";
import { refusalOf } from "./publish-codes.ts";
import { request } from "./request.ts";
import { type Stream, subjectOf } from "./stream.ts";

/**
 * The most that the headers of one message take, in bytes: expectation, message id with three
 * names of 128 and the commit id, and a batch's three.
 */
export const headerBytes = 1024;

/** How many messages an atomic batch may have (nats-server 2.15, default limit). */
export const maxParts = 1000;

/**
 * Store messages: one by a plain publish, several as an atomic batch (ADR-50, nats-server 2.12).
 * See `AppendTarget.append`.
 */
export async function appendMessages(
  stream: Stream,
  messages: readonly NewMessage[],
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Appended> {
  if (stream.connection.isClosed()) throw new UnavailableError("the NATS connection is closed");
  const batchId = messages.length === 1 ? undefined : randomUUID();
  const last = messages.length - 1;
  try {
    for (let i = 0; i < last; i++) publishPart(stream, messages[i]!, batchId!, i);
    const commit = messages[last]!;
    const reply = await request(
      stream,
      subjectOf(stream, commit.family, commit.id),
      commit.payload,
      {
        headers: headersOf(stream, commit, batchId, last, true),
        timeoutMs,
        signal,
      },
    );
    return outcomeOf(reply.json<PublishAnswer>());
  } catch (error) {
    signal?.throwIfAborted();
    return outcomeOfFailure(stream, error);
  }
}

function publishPart(stream: Stream, message: NewMessage, batchId: string, index: number): void {
  const subject = subjectOf(stream, message.family, message.id);
  const part = headersOf(stream, message, batchId, index, false);
  stream.connection.publish(subject, message.payload, { headers: part });
}

/** New headers for each message: the client changes those it is given. */
function headersOf(
  stream: Stream,
  { family, id, expected, commitId }: NewMessage,
  batchId: string | undefined,
  index: number,
  commits: boolean,
): MsgHdrs {
  const subject = subjectOf(stream, family, id);
  const all = headers();
  all.set("Nats-Expected-Last-Subject-Sequence", String(expected));
  // The server looks for the id in the whole stream, so it begins with the aggregate's subject.
  all.set("Nats-Msg-Id", `${subject}:${commitId}`);
  if (batchId === undefined) return all;
  all.set("Nats-Batch-Id", batchId);
  all.set("Nats-Batch-Sequence", String(index + 1));
  if (commits) all.set("Nats-Batch-Commit", "1");
  return all;
}

interface PublishAnswer {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: ApiErrorBody;
}

function outcomeOf({ seq, duplicate, error }: PublishAnswer): Appended {
  if (error !== undefined) return outcomeOfError(error);
  if (typeof seq !== "number") return { kind: "unknown", cause: new Error("not a publish answer") };
  return duplicate ? { kind: "duplicate", sequence: seq } : { kind: "stored", sequence: seq };
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
      throw new UnavailableError(`the stream takes no more: ${text}`);
    case "refused":
      throw new ConfigError(`the server refuses to store: ${text}`);
  }
}

function outcomeOfFailure({ connection }: Stream, error: unknown): Appended {
  switch (failureOf(error, connection)) {
    case "closed":
      return { kind: "unknown", cause: error, final: true };
    case "denied":
      throw new ConfigError("the connection may not publish to this store", { cause: error });
    case "timeout":
    case "no-responders":
    case "inbox-denied":
      return { kind: "unknown", cause: error };
    case "other":
      throw error;
  }
}

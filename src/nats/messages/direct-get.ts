import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../../event/index.ts";
import type { StoredMessage } from "../../event/backend/index.ts";
import { parseSubject, type Stream } from "../stream.ts";

/**
 * Where to ask any replica for a subject's last message (direct get by subject, ADR-31): the form
 * whose right can be given per subject. An empty request; see {@link readDirectReply}.
 */
export function lastRequestSubject({ api, name }: Stream, subject: string): string {
  return `${api}.DIRECT.GET.${name}.${subject}`;
}

/** The message in a direct get's reply; undefined when it is a 404. @throws on another status */
export function readDirectReply(stream: Stream, reply: Msg): StoredMessage | undefined {
  const status = reply.headers?.code ?? 0;
  if (status === 404) return undefined;
  if (status !== 0 || reply.headers === undefined) throw new DirectGetError(status);
  return storedMessage(stream, reply);
}

/** A direct get that the server refuses (ADR-31: 408 for a bad request, 413 for too much). */
export class DirectGetError extends Error {
  override readonly name = "DirectGetError";
  readonly status: number;
  constructor(status: number) {
    super(`direct get answered with status ${status}`);
    this.status = status;
  }
}

/** A message that carries what it is in headers, as direct gets do. */
export function storedMessage(stream: Stream, { headers, data }: Msg): StoredMessage {
  return {
    sequence: Number(headers!.get("Nats-Sequence")),
    timeMs: Date.parse(headers!.get("Nats-Time-Stamp")),
    ...parseSubject(stream, headers!.get("Nats-Subject")),
    payload: data,
  };
}

/** The sequence of the message before this one in the same page; 0 for the first. */
export function previousInPage({ headers }: Msg): Sequence {
  return Number(headers!.get("Nats-Last-Sequence"));
}

import type { Msg } from "@nats-io/nats-core";
import type { Sequence } from "../event/index.ts";
import { hasHeaders } from "./raw-message.ts";
import {
  type ApiErrorBody,
  isStoredSequence,
  type JsonAnswer,
  jsonAnswer,
} from "./requests/json-answer.ts";

/** What the server says of a publish. */
export type PublishAnswer =
  | { readonly kind: "stored"; readonly sequence: Sequence }
  | { readonly kind: "duplicate"; readonly sequence: Sequence }
  | { readonly kind: "refused"; readonly error: ApiErrorBody };

/** What an acknowledgement must agree with. */
export interface PublishQuestion {
  /** The stream's name. */
  readonly stream: string;
  /** What is stored now has a greater sequence: what was expected of its subject, or 0. */
  readonly after: Sequence;
  /** The batch it commits, if it does, and of how many messages that is. */
  readonly batch: { readonly id: string; readonly count: number } | undefined;
}

/**
 * Read an acknowledgement (ADR-32, ADR-50, nats-server 2.15). Nearly every one is
 * `{"stream":"<name>","seq":<number>}`, whose number is read where it stands; anything else is
 * parsed as JSON.
 * @returns undefined when it can't be the answer to this question
 */
export function readPublishAnswer(
  reply: Msg,
  question: PublishQuestion,
): PublishAnswer | undefined {
  const { stream, batch, after } = question;
  if (batch === undefined && !hasHeaders(reply)) {
    const sequence = plainSequence(reply.data, stream);
    if (sequence > after) return { kind: "stored", sequence };
  }
  const answer = jsonAnswer(reply);
  return answer && answerTo(question, answer);
}

function answerTo(
  { stream, after, batch }: PublishQuestion,
  answer: JsonAnswer,
): PublishAnswer | undefined {
  const { error, seq: sequence, duplicate } = answer;
  if (error !== undefined) {
    const ours = answer["stream"] === stream || answer["stream"] === undefined;
    return ours ? { kind: "refused", error } : undefined;
  }
  if (answer["stream"] !== stream || !isStoredSequence(sequence)) return undefined;
  // A batch is refused with an error when the server knows one of its ids.
  if (duplicate === true) return batch ? undefined : { kind: "duplicate", sequence };
  if (duplicate !== undefined && duplicate !== false) return undefined;
  if (answer["batch"] !== batch?.id || answer["count"] !== batch?.count) return undefined;
  const first = sequence - ((batch?.count ?? 1) - 1);
  return first > after ? { kind: "stored", sequence } : undefined;
}

const opening = Buffer.from('{"stream":"');
const middle = Buffer.from('","seq":');

/** The sequence in an acknowledgement of the plain form; NaN when it has another form. */
function plainSequence(data: Uint8Array, stream: string): number {
  const nameEnd = opening.length + stream.length;
  const start = nameEnd + middle.length;
  const last = data.length - 1;
  if (last <= start || data[last] !== 0x7d || data[start] === 0x30) return NaN;
  if (!hasAt(data, 0, opening) || !hasAt(data, nameEnd, middle)) return NaN;
  for (let i = 0; i < stream.length; i++) {
    if (data[opening.length + i] !== stream.charCodeAt(i)) return NaN;
  }
  let sequence = 0;
  for (let i = start; i < last; i++) {
    const digit = data[i]! - 0x30;
    if (digit < 0 || digit > 9) return NaN;
    sequence = sequence * 10 + digit;
  }
  return Number.isSafeInteger(sequence) ? sequence : NaN;
}

function hasAt(data: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (data[at + i] !== bytes[i]) return false;
  return true;
}

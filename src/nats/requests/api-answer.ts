import type { Msg } from "@nats-io/nats-core";
import { isObject, isStoredSequence, type JsonAnswer, jsonAnswer } from "./json-answer.ts";

/** The stream that a call is about. */
interface Named {
  readonly name: string;
}

/** Does an answer without an error say what its question asked? */
type Holds = (answer: JsonAnswer, stream: Named, body: object) => boolean;

/** The calls that are made here, and the name of each one's answer (nats-server 2.15). */
const forms: readonly (readonly [call: string, type: string, holds: Holds])[] = [
  ["STREAM.MSG.GET.", "stream_msg_get_response", holdsMessage],
  ["STREAM.INFO.", "stream_info_response", holdsStream],
  ["STREAM.CREATE.", "stream_create_response", holdsStream],
  ["STREAM.UPDATE.", "stream_update_response", holdsStream],
  ["STREAM.PURGE.", "stream_purge_response", holdsPurge],
  ["CONSUMER.CREATE.", "consumer_create_response", holdsConsumer],
  ["CONSUMER.DELETE.", "consumer_delete_response", ({ success }) => typeof success === "boolean"],
];

/**
 * A reply as the answer to a call of the JetStream API: of the call's type, and, unless it is an
 * error, about what was asked. Undefined when it can't be that.
 * @param call - as it is given to `callApi`
 * @param body - what was asked
 */
export function apiAnswer(
  reply: Msg,
  stream: Named,
  call: string,
  body: object,
): JsonAnswer | undefined {
  const answer = jsonAnswer(reply);
  const form = forms.find(([name]) => call.startsWith(name));
  if (answer === undefined || form === undefined) return answer;
  const [, type, holds] = form;
  if (answer["type"] !== `io.nats.jetstream.api.v1.${type}`) return undefined;
  return answer.error !== undefined || holds(answer, stream, body) ? answer : undefined;
}

function holdsStream({ config, state }: JsonAnswer, { name }: Named): boolean {
  if (!isObject(config) || config["name"] !== name || !isObject(state)) return false;
  const { last_seq: last, subjects } = state;
  if (subjects !== undefined && subjects !== null && !isObject(subjects)) return false;
  return last === 0 || isStoredSequence(last);
}

/** The message at the sequence or of the subject that was asked for. */
function holdsMessage({ message }: JsonAnswer, _stream: Named, body: object): boolean {
  if (!isObject(message)) return false;
  const { seq, subject, time, data, hdrs } = message;
  const { seq: from, last_by_subj: last, next_by_subj: next } = body as Record<string, unknown>;
  if (!isStoredSequence(seq) || typeof subject !== "string") return false;
  if (typeof time !== "string" || !isText(data) || !isText(hdrs)) return false;
  if (typeof last === "string") return matches(subject, last);
  return typeof next === "string"
    ? seq >= (from as number) && matches(subject, next)
    : seq === from;
}

/** Does a filter, of which a token may be `*` and the last one `>`, match a subject? */
function matches(subject: string, filter: string): boolean {
  if (subject === filter || filter === ">") return true;
  const tokens = subject.split(".");
  const wanted = filter.split(".");
  const open = wanted.at(-1) === ">";
  if (open ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every((want, i) => want === "*" || want === ">" || want === tokens[i]);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

function holdsPurge({ success, purged }: JsonAnswer): boolean {
  return typeof success === "boolean" && Number.isSafeInteger(purged);
}

function holdsConsumer(answer: JsonAnswer, { name }: Named): boolean {
  const { stream_name: of, config, num_pending: pending } = answer;
  return of === name && isObject(config) && Number.isSafeInteger(pending);
}

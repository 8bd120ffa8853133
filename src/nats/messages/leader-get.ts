import type { Sequence } from "../../event/index.ts";
import type { Deadline, StoredMessage } from "../../event/backend/index.ts";
import { apiCodes, callApi, isApiError } from "../requests/api.ts";
import { parseSubject, type Stream } from "../stream.ts";

/** Which message: at a sequence, the last of a subject, or the next of a subject from a sequence (inclusive). */
export type MessageQuery =
  | { readonly seq: Sequence }
  | { readonly last_by_subj: string }
  | { readonly next_by_subj: string; readonly seq: Sequence };

interface MessageAnswer {
  readonly message: {
    readonly subject: string;
    readonly seq: number;
    readonly data?: string;
    readonly hdrs?: string;
    readonly time: string;
  };
}

/** A message with its header block, if it has one, as it came. */
export interface LeaderMessage extends StoredMessage {
  readonly headers?: string;
}

/** Is it better to ask the leader at once? A replica was silent a moment ago, or a mirror answered. */
export function leaderFirst({ name, replicas, mirrors }: Stream): boolean {
  return replicas.silent || mirrors.answerFor(name);
}

/**
 * One message as the stream's leader has it (`STREAM.MSG.GET`), or undefined when there is none.
 * Never stale, but for a leader that was deposed and does not know it yet.
 */
export async function leaderGet(
  stream: Stream,
  query: MessageQuery,
  signal?: AbortSignal,
  deadline?: Deadline,
): Promise<LeaderMessage | undefined> {
  try {
    const call = `STREAM.MSG.GET.${stream.name}`;
    const { message } = await callApi<MessageAnswer>(stream, call, query, signal, deadline);
    return {
      sequence: message.seq,
      timeMs: Date.parse(message.time),
      ...parseSubject(stream, message.subject),
      payload: Buffer.from(message.data ?? "", "base64"),
      ...(message.hdrs && { headers: Buffer.from(message.hdrs, "base64").toString() }),
    };
  } catch (error) {
    if (isApiError(error, apiCodes.noMessageFound)) return undefined;
    throw error;
  }
}

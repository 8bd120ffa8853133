import type { Msg } from "@nats-io/nats-core";
import { ConfigError, StreamChangedError, UnavailableError } from "../../event/index.ts";
import { backOff, type Deadline, deadlineIn } from "../../event/backend/index.ts";
import { apiAnswer } from "./api-answer.ts";
import type { ApiErrorBody, JsonAnswer } from "./json-answer.ts";
import { ask, patienceMs } from "./request.ts";
import type { Stream } from "../stream.ts";

/** An error of the JetStream API, the cause of what callers are told, by its numeric code (nats-server 2.15, errors.json). */
class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: number;
  readonly status: number;

  constructor({ code, err_code: errCode, description }: ApiErrorBody) {
    super(`${description} (${errCode})`);
    this.code = errCode;
    this.status = code;
  }
}

/** The codes this backend tells apart. */
export const apiCodes = {
  noSuitablePeers: 10005,
  temporarilyUnavailable: 10008,
  noMessageFound: 10037,
  streamNotFound: 10059,
  streamNameInUse: 10058,
  subjectsOverlap: 10065,
} as const;

/** A cluster without a leader, or one that misses a peer for a moment: asking again may help. */
const passing: ReadonlySet<number> = new Set([
  apiCodes.temporarilyUnavailable,
  apiCodes.noSuitablePeers,
]);

/**
 * A call of the JetStream API that may safely be made twice, tried again while the server is
 * unavailable.
 * @param call - the part of the subject after the prefix: `STREAM.INFO.cafe`
 * @throws {@link ConfigError} when the server refuses, {@link StreamChangedError} when there is no such
 *   stream, each with its answer as the cause; {@link UnavailableError}; {@link ClosedError}
 */
export async function callApi<Answer>(
  stream: Stream,
  call: string,
  body: object,
  signal?: AbortSignal,
  deadline: Deadline = deadlineIn(patienceMs),
): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const subject = `${stream.api}.${call}`;
    const read = (reply: Msg): JsonAnswer | undefined => apiAnswer(reply, stream, call, body);
    const answer = await ask(stream, subject, JSON.stringify(body), read, signal, deadline);
    if (answer.error === undefined) return answer as Answer;
    const error = new ApiError(answer.error);
    if (!passing.has(error.code)) throw refusal(stream, call, error);
    if (deadline.leftMs() <= 0) throw new UnavailableError(error.message, { cause: error });
    await backOff(attempt, deadline, signal);
  }
}

/** What a caller is told of the server's refusal, which is the cause. */
function refusal({ name }: Stream, call: string, cause: ApiError): Error {
  if (cause.code === apiCodes.streamNotFound) {
    return new StreamChangedError(name, 0, "it is gone, or was never made", { cause });
  }
  return new ConfigError(`the server refuses ${call}: ${cause.message}`, { cause });
}

/** Did the server answer with this code (with any, when absent)? */
export function isApiError(error: unknown, code?: number): error is Error {
  if (!(error instanceof Error) || !(error.cause instanceof ApiError)) return false;
  return code === undefined || error.cause.code === code;
}

/** A refusal that stops the caller, as an error that says what was being done. */
export function asConfigError(error: unknown, doing: string): unknown {
  if (!isApiError(error) || isApiError(error, apiCodes.streamNotFound)) return error;
  const { cause } = error;
  return new ConfigError(`${doing}: ${(cause as ApiError).message}`, { cause });
}

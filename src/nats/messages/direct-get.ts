import { UnavailableError } from "../../event/index.ts";
import type { Stream } from "../stream.ts";

/** Where to ask any replica for messages by sequence (direct get, ADR-31): the query is the payload. */
export function directGetSubject({ api, name }: Stream): string {
  return `${api}.DIRECT.GET.${name}`;
}

/**
 * Where to ask any replica for a subject's last message: the form whose right can be given per
 * subject. An empty request.
 */
export function lastRequestSubject(stream: Stream, subject: string): string {
  return `${directGetSubject(stream)}.${subject}`;
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

/** A refusal as the error that a reader is told; any other error as it is. */
export function asUnavailable(error: unknown, what: string): unknown {
  return error instanceof DirectGetError
    ? new UnavailableError(`the server refuses ${what}: ${error.message}`, { cause: error })
    : error;
}

import {
  InvalidInputError,
  NotFoundError,
  type Sequence,
  UnavailableError,
} from "../event/index.ts";
import { checkSequence } from "../event/backend/index.ts";
import { asConfigError, callApi } from "./requests/api.ts";
import { leaderGet } from "./messages/leader-get.ts";
import { type Stream, subjectOf } from "./stream.ts";

/**
 * Delete an aggregate's messages below a sequence (exclusive). See `Truncate.truncate`.
 *
 * The server takes a `seq` of 0 for "no bound" (and up to 2.12.10 and 2.14.0 a 1, too) and a filter for
 * a pattern, each of which would delete everything, so they are checked here; and an emptied subject forgets its last sequence,
 * so the last message stays.
 */
export async function purgeBefore(
  stream: Stream,
  family: string,
  id: string,
  before: Sequence,
  signal: AbortSignal | undefined,
): Promise<number> {
  checkSequence("before", before);
  const subject = subjectOf(stream, family, id);
  const last = await leaderGet(stream, { last_by_subj: subject }, signal);
  if (last === undefined) throw new NotFoundError({ family, id });
  if (before === 0 || before > last.sequence) {
    throw new InvalidInputError("before", `must be 1 to ${last.sequence}`, before);
  }
  if (before === 1) return 0;
  try {
    const call = `STREAM.PURGE.${stream.name}`;
    const answer = await callApi<PurgeAnswer>(
      stream,
      call,
      { filter: subject, seq: before },
      signal,
    );
    if (!answer.success) throw new UnavailableError("the purge was not carried out");
    return answer.purged;
  } catch (error) {
    throw asConfigError(error, `truncating ${family} "${id}"`);
  }
}

interface PurgeAnswer {
  readonly success: boolean;
  readonly purged: number;
}

import type { StreamInfo } from "@nats-io/jetstream";
import { ConfigError, StreamChangedError } from "../../event/index.ts";
import type { Warn } from "../../event/backend/index.ts";
import { storeIdOf, streamInfo } from "../identity.ts";
import { leaderGet } from "../messages/leader-get.ts";
import { apiCodes, isApiError } from "../requests/api.ts";
import { unfitnessOf } from "../setup/stream-config.ts";
import type { Stream } from "../stream.ts";
import { type Expected, type Extent, isSame, type Mark, type Marks } from "./marks.ts";
import type { Wrong } from "./witness.ts";

/**
 * Look at a stream once, as its leader shows it.
 * @param warn - is told of aggregates that are gone
 * @returns what is wrong: a StreamChangedError when it is not what was seen of it, or was emptied, a
 *   ConfigError when it is set up so that it could lose events, or does not answer; undefined when
 *   nothing is
 * @throws {@link UnavailableError} when it can't be looked at
 */
export async function lookAt(
  stream: Stream,
  storeId: string,
  marks: Marks,
  warn: Warn,
): Promise<Wrong | undefined> {
  const { expected, highest, acks, extent: before } = marks;
  const wrong = (what: string): Wrong => ({ error: accusation(stream, marks, what) });
  try {
    const [info, contradicted] = await Promise.all([
      streamInfo(stream),
      contradictedOf(stream, expected),
    ]);
    const { config, state } = info;
    if (storeIdOf(info) !== storeId) return wrong(`was replaced by another one of its name`);
    if (state.last_seq < highest) {
      return wrong(`was rewound: it ends at ${state.last_seq}, and ${highest} was seen`);
    }
    if (contradicted !== undefined) {
      return wrong(`was rewound and written again at or below ${contradicted.sequence}`);
    }
    const reasons = unfitnessOf(config);
    if (reasons.length > 0) return { error: unfit(stream, reasons) };
    const extent = extentOf(info);
    if (isPurged(before, extent)) return { ...wrong(purgedSince(before, extent)), same: true };
    const gone = goneSince(before, extent);
    if (gone > 0) warn({ code: "stream", message: lossOf(gone, extent) });
    marks.proved(extent, expected, acks);
    return undefined;
  } catch (error) {
    if (isApiError(error, apiCodes.streamNotFound)) return wrong("is gone");
    throw error;
  }
}

/** How far a stream goes. */
export function extentOf({ state }: Pick<StreamInfo, "state">): Extent {
  const { messages, first_seq, last_seq: last, num_subjects: aggregates = 0 } = state;
  return { first: messages === 0 ? last + 1 : first_seq, last, aggregates };
}

/**
 * Was a stream emptied, down to its last message at most? An aggregate's last commit is never
 * truncated, so there are never fewer aggregates by a store's doing. One alone that is gone was
 * deleted on purpose: see `forgetAggregate`.
 */
function isPurged(before: Extent, now: Extent): boolean {
  return now.first >= before.last && now.aggregates <= before.aggregates - 2;
}

/**
 * How many aggregates are gone, at least. What goes as far as before has all that it had then, but
 * for what was deleted.
 */
function goneSince(before: Extent, now: Extent): number {
  return now.last < before.last ? 0 : before.aggregates - now.aggregates;
}

function lossOf(gone: number, { first }: Extent): string {
  return (
    `of the stream's aggregates ${gone} are gone, and it begins at ${first} by now: their last ` +
    "commits were deleted, and not by a store. If that was meant, call forgetAggregate for each; " +
    "else restore the stream from a backup: who had not read them will not know of them"
  );
}

function purgedSince(before: Extent, now: Extent): string {
  return (
    `was purged, and not by a store: it begins at ${now.first}, and of ${before.aggregates} ` +
    `aggregates, up to ${before.last}, at most ${now.aggregates} are left`
  );
}

/** A mark that the stream contradicts, if there is one. Nothing is left of what was deleted. */
async function contradictedOf(
  stream: Stream,
  { newest, first, proved }: Expected,
): Promise<Mark | undefined> {
  const others = [newest, first].filter((mark) => mark !== undefined && mark !== proved[0]);
  const alone = [...new Set(others)].map((mark) => [mark!]);
  const found = await Promise.all([proved, ...alone].map((marks) => firstKept(stream, marks)));
  return found.find((kept) => kept?.same === false)?.mark;
}

/** The newest of several marks whose message is left, and whether that is the same. */
async function firstKept(
  stream: Stream,
  marks: readonly Mark[],
): Promise<{ readonly mark: Mark; readonly same: boolean } | undefined> {
  for (const mark of marks) {
    const stored = await leaderGet(stream, { seq: mark.sequence });
    if (stored !== undefined) return { mark, same: isSame(mark, stored.payload) };
  }
  return undefined;
}

function accusation({ name }: Stream, marks: Marks, what: string): StreamChangedError {
  const unproved = marks.unproved();
  const acked =
    unproved === undefined
      ? ""
      : `; acknowledged to this store since it was last proved, and to be looked up: ${unproved}`;
  return new StreamChangedError(
    name,
    marks.highest,
    `it ${what}${acked}. This store does nothing more: open it anew to go on with what is ` +
      "there, and let projections begin again or adopt their checkpoints",
  );
}

function unfit({ name }: Stream, reasons: readonly string[]): ConfigError {
  return new ConfigError(
    `stream "${name}" can't hold a store any more: ${reasons.join("; ")}; the store does nothing ` +
      "until that is put right",
  );
}

import type { CodecSet } from "../commit.ts";
import { isJetfoldError } from "../errors.ts";
import type { DomainEvent, Family } from "../family.ts";
import { checkFamily, checkId } from "../name.ts";
import type { ReadOptions, StoredCommit } from "../replay.ts";
import type { EventStore } from "../store.ts";
import { commitOf } from "./commit-of.ts";
import { endingWith } from "./event-stream.ts";
import { flatten, same } from "./flatten.ts";
import type { StoreLifetime } from "./store-lifetime.ts";
import type { StoredMessage } from "./stored-message.ts";

/**
 * See `Replay.stored`, for backends.
 * @param pagesOf - one aggregate's messages, oldest first, until its signal aborts
 */
export function storedIn(
  codecs: CodecSet,
  lifetime: Pick<StoreLifetime, "signal" | "assertReadable">,
  pagesOf: (
    aggregate: Pick<StoredMessage, "family" | "id">,
    signal: AbortSignal,
  ) => AsyncIterable<readonly StoredMessage[]>,
): EventStore["stored"] {
  return <Event extends DomainEvent>(
    family: Family<Event>,
    id: string,
    options: ReadOptions = {},
  ): AsyncIterable<StoredCommit<Event>> => {
    lifetime.assertReadable(options);
    const aggregate = { family: checkFamily(family), id: checkId(id) };
    const ending = endingWith(lifetime.signal, options.signal);
    const pages = pagesOf(aggregate, ending.signal);
    return flatten(storedCommits<Event>(pages, family, codecs), same, ending);
  };
}

async function* storedCommits<Event extends DomainEvent>(
  pages: AsyncIterable<readonly StoredMessage[]>,
  family: Family,
  codecs: CodecSet,
): AsyncGenerator<readonly StoredCommit<Event>[], void, undefined> {
  for await (const page of pages) {
    yield page.map((message) => storedCommit<Event>(message, family, codecs));
  }
}

function storedCommit<Event extends DomainEvent>(
  message: StoredMessage,
  family: Family,
  codecs: CodecSet,
): StoredCommit<Event> {
  const { sequence, timeMs } = message;
  try {
    const commit = commitOf<Event>(message, family, codecs);
    return { sequence, timeMs, commit, error: undefined };
  } catch (error) {
    if (!(isJetfoldError(error, "poison") || isJetfoldError(error, "corrupt"))) throw error;
    return { sequence, timeMs, commit: undefined, error };
  }
}

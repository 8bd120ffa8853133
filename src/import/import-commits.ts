import type { EventStore, Sequence } from "../event/index.ts";
import {
  takeOptions,
  isFunction,
  isSequence,
  isSignal,
  type Rules,
  wholeFrom,
} from "../event/arguments.ts";
import { call, onAbort } from "../event/backend/index.ts";
import { Halt } from "./halt.ts";
import { ImportRun } from "./import-run.ts";
import { type ImportSource, pour } from "./pour.ts";
import { type ImportProgress, Progress } from "./progress.ts";
import { verify } from "./verify.ts";
import { checkStore } from "../event/kinds.ts";

/** How an import is run. */
export interface ImportOptions {
  /** How many commits the source has, if that is known: tells the time that is left. */
  readonly total?: number;
  /** Told at most every 250 ms while something changes, and once at the end; what it throws is a warning. */
  readonly onProgress?: (progress: ImportProgress) => void;
  readonly signal?: AbortSignal;
  /** How many appends are under way at once; never two of one aggregate. 1 to 1024. @default 512 */
  readonly maxInFlight?: number;
}

/** What an import did. */
export interface Imported {
  /** Commits stored by this call. */
  readonly stored: number;
  /** Commits that were there already, with the same events. */
  readonly skipped: number;
  /** How many aggregates they belong to. */
  readonly aggregates: number;
  /** The last commit of the source's aggregates; 0 when it was empty. */
  readonly lastSequence: Sequence;
  /** The verification included. */
  readonly elapsedMs: number;
}

/**
 * Store histories that were made elsewhere: each aggregate's commits in the order the source gives
 * them, many aggregates at once, and in the end compare every aggregate's head with the store.
 *
 * Call it again with the same source from its beginning and it goes on where it was ended, be it by
 * an error, an abort or a kill: what an aggregate has already is compared, commit by commit, and
 * skipped. So nothing is stored twice, also by two that import the same at once. Until it is done,
 * nobody else may write these aggregates.
 *
 * When it resolves, every commit that the source gave is stored with these events, in this order, and
 * its aggregates hold no other events.
 *
 * The source is asked for as much as it takes to keep `maxInFlight` aggregates busy, but no further
 * ahead than 32 commits for each of these, or 32 MiB. It may wait as long as it likes; once the import has failed it is told (`return()`), and not waited
 * for. Of each aggregate its head is kept to the end, some 300 bytes; of what was stored before, some
 * 100 bytes a commit until the source has passed it.
 *
 * @throws {@link InvalidInputError} naming a commit's place in the source (from 0) and the field,
 *   before anything of that commit is sent; or the aggregate and revision where something else is
 *   stored than the source gives, or more
 * @throws {@link ConflictError} when somebody else wrote one of the aggregates meanwhile
 * @throws {@link CorruptError} when something that was stored is not there in the end
 * @throws {@link UnknownOutcomeError} or {@link UnavailableError} when the server does not answer
 *   for 15 s
 * @throws what the source throws, once all that it gave before is stored
 * @throws the signal's reason when aborted; what is under way may or may not be stored
 */
export async function importCommits(
  store: Pick<EventStore, "importer" | "last" | "at" | "replay" | "end"> &
    Partial<Pick<EventStore, "onWarning">>,
  source: ImportSource,
  options: ImportOptions = {},
): Promise<Imported> {
  checkStore(store, "importer");
  const { total, onProgress, signal, maxInFlight } = checked(options);
  signal?.throwIfAborted();
  const halt = new Halt();
  const tell = (now: ImportProgress) => call("onProgress", onProgress, [now], store.onWarning);
  const progress = new Progress(total, onProgress && tell);
  const run = new ImportRun(store, halt, progress, maxInFlight);
  const listening = onAbort(signal, () => halt.halt(signal?.reason));
  try {
    await pour(source, run, halt);
    await verify(store, run.lanes, progress, halt);
    progress.tell();
    return summaryOf(run, progress);
  } catch (error) {
    halt.halt(error);
    if (!signal?.aborted) await run.settled();
    throw error;
  } finally {
    listening();
  }
}

function summaryOf({ lanes }: ImportRun, { stored, skipped, startedAt }: Progress): Imported {
  let lastSequence = 0;
  for (const { head } of lanes) lastSequence = Math.max(lastSequence, head!.sequence);
  const elapsedMs = performance.now() - startedAt;
  return { stored, skipped, aggregates: lanes.size, lastSequence, elapsedMs };
}

const importRules: Rules<ImportOptions> = {
  total: isSequence,
  onProgress: isFunction,
  signal: isSignal,
  maxInFlight: wholeFrom(1, 1024),
};

function checked(options: ImportOptions): ImportOptions & { readonly maxInFlight: number } {
  return {
    ...takeOptions("importCommits", options, importRules),
    maxInFlight: options.maxInFlight ?? 512,
  };
}

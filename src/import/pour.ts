import { type ImportedCommit, InvalidInputError } from "../event/index.ts";
import { nextTurn } from "../event/backend/timer.ts";
import type { Halt } from "./halt.ts";
import type { ImportRun } from "./import-run.ts";

/** Where an import's commits come from. */
export type ImportSource = Iterable<ImportedCommit> | AsyncIterable<ImportedCommit>;

/** After so many commits the event loop gets its turn, or a quick source would keep replies waiting. */
const pullsPerTurn = 128;

/**
 * Give a source's commits to a run, while there is room, and wait until they are stored. When the
 * source fails, what it gave before is stored first.
 * @throws the halt's reason, without waiting for the source; what the source throws
 */
export async function pour(source: ImportSource, run: ImportRun, halt: Halt): Promise<void> {
  const iterator = iteratorOf(source);
  let leaves = true;
  try {
    for (let index = 0; ; index++) {
      if (index % pullsPerTurn === pullsPerTurn - 1) await halt.orHalt(nextTurn());
      if (!run.hasRoom) await run.room();
      halt.signal.throwIfAborted();
      // An iterator that throws has ended by itself.
      leaves = false;
      const step = iterator.next();
      const next = isPromise(step) ? await halt.orHalt(step) : step;
      if (next.done) break;
      leaves = true;
      run.give(next.value, index);
    }
  } catch (error) {
    if (leaves || halt.halted) leave(iterator);
    if (!halt.halted) await run.drained();
    throw error;
  }
  await run.drained();
}

type SourceIterator = Iterator<ImportedCommit> | AsyncIterator<ImportedCommit>;

function iteratorOf(source: ImportSource): SourceIterator {
  if (typeof source === "object" && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return source[Symbol.iterator]();
  }
  throw new InvalidInputError("source", "must be an iterable or async iterable", source);
}

type Step = IteratorResult<ImportedCommit>;

function isPromise(step: Step | PromiseLike<Step>): step is PromiseLike<Step> {
  return typeof (step as Partial<PromiseLike<Step>>)?.then === "function";
}

/** Tell the source that no more is wanted. It is not waited for: it may be waiting itself. */
function leave(iterator: SourceIterator): void {
  const left = async (): Promise<void> => {
    await iterator.return?.();
  };
  left().catch(() => undefined);
}

import type {
  Commit,
  Delivery,
  DomainEvent,
  Family,
  PoisonPolicy,
  Sequence,
} from "../event/index.ts";
import {
  type Batches,
  checkFamily,
  isName,
  checkSequence,
  fromBase,
  CommitReader,
  type CodecSet,
  type LookUp,
  readPages,
  type ReplayBounds,
  type Selector,
  type StoredMessage,
  onAbort,
  partsFor,
  stampOf,
} from "../event/backend/index.ts";
import type { MemoryLog } from "./memory-log.ts";

/** What a read of a log needs to know. */
export interface LogRead {
  readonly log: MemoryLog;
  readonly selector: Selector;
  readonly codecs: CodecSet;
  readonly poison: PoisonPolicy | undefined;
  readonly signal: AbortSignal;
}

const pageSize = 500;

/** See `Replay.replay`. */
export async function* replayLog<Event extends DomainEvent>(
  read: LogRead,
  bounds: ReplayBounds,
): Batches<Commit<Event>> {
  const { log, selector, signal } = read;
  const reader = new CommitReader<Event>({ ...read, after: bounds.after, lookUp: lookUpIn(log) });
  const sequence = Math.min(bounds.untilSequence, endOf(log, selector));
  yield* readPages(pages(read, bounds.after), reader, { sequence, timeMs: bounds.untilMs, signal });
}

/** See `Replay.history`. */
export async function* historyOfLog<Event extends DomainEvent>(
  read: LogRead,
  last: Commit<Event>,
  after: Sequence,
): Batches<Commit<Event>> {
  if (checkSequence("after", after) >= last.sequence) return;
  const bounds = { after, untilSequence: last.sequence, untilMs: Infinity };
  let commits: Commit<Event>[] = [];
  for await (const batch of fromBase(replayLog<Event>(read, bounds))) {
    for (const commit of batch) {
      if (commit.base !== undefined) commits = [];
      commits.push(commit);
    }
  }
  yield commits;
}

async function* pages(
  { log, selector }: LogRead,
  after: Sequence,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  if (selector.single !== undefined) {
    const { family, id } = selector.single;
    return yield* pagesAfter(log, { family: family.name, id }, after);
  }
  for (let position = after; ;) {
    const page = log.after(position, pageSize);
    if (page.length === 0) return;
    yield page.map(copyOf);
    position = page.at(-1)!.sequence;
  }
}

function lookUpIn(log: MemoryLog): LookUp {
  return {
    at: async (sequence) => log.at(sequence),
    next: async ({ family, id }, from) =>
      log.of(family, id).find(({ sequence }) => sequence >= from),
    after: (aggregate, sequence) => pagesAfter(log, aggregate, sequence),
  };
}

/** The messages of one aggregate after a sequence (exclusive). */
export async function* pagesAfter(
  log: MemoryLog,
  { family, id }: Pick<StoredMessage, "family" | "id">,
  after: Sequence,
): AsyncGenerator<readonly StoredMessage[], void, undefined> {
  const messages = log.of(family, id).filter(({ sequence }) => sequence > after);
  if (messages.length > 0) yield messages.map(copyOf);
}

/** Every reader gets bytes of its own, as from a server: decoded values may be views into them. */
export function copyOf(message: StoredMessage): StoredMessage {
  return { ...message, payload: new Uint8Array(message.payload) };
}

/** The sequence of the last selected message; 0 for none. */
export function endOf(log: MemoryLog, selector: Selector): Sequence {
  let end = 0;
  for (const { sequence, family, id } of log.heads()) {
    if (partsFor(selector, family, id) !== undefined) end = Math.max(end, sequence);
  }
  return end;
}

/** See `Replay.ids`. */
export async function* idsOf(
  log: MemoryLog,
  family: Family,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  for (const message of [...log.heads()]) {
    if (message.family === checkFamily(family) && isName(message.id)) yield message.id;
    signal?.throwIfAborted();
  }
}

/** See `Replay.count`. */
export function countAfter(log: MemoryLog, selector: Selector, after: Sequence): number {
  const wanted = ({ family, id }: StoredMessage) => partsFor(selector, family, id) !== undefined;
  return log.count(checkSequence("after", after), wanted);
}

/** See `Replay.stampAt`. */
export function stampAt(log: MemoryLog, sequence: Sequence): string | undefined {
  const message = log.at(checkSequence("sequence", sequence));
  return message && stampOf(message.payload);
}

/** See `Subscribe.subscribe`; ends without an error when the signal aborts. */
export async function* subscribeLog<Event extends DomainEvent>(
  read: LogRead,
  after: Sequence,
): Batches<Delivery<Event>> {
  const { log, selector, signal } = read;
  const history = log.lastSequence;
  const promised = after === 0 ? history : after;
  const reader = new CommitReader<Event>({ ...read, after, promised, lookUp: lookUpIn(log) });
  let position = after;
  let marked = -1;
  while (!signal.aborted) {
    const page = log.after(position, pageSize);
    for (const message of page) {
      position = message.sequence;
      const commit = await reader.read(copyOf(message));
      if (commit !== undefined) yield [commit];
      if (signal.aborted) return;
    }
    if (position >= history)
      await reader.holes.assertBased(position, async () => endOf(log, selector));
    const caughtUp = position >= history || page.length === 0;
    if (page.length === 0) position = Math.max(position, history);
    if (position > marked) yield [{ kind: "mark", sequence: (marked = position), caughtUp }];
    if (page.length === 0) await nextAppend(log, position, signal);
  }
}

/** Resolves when the log has grown beyond a position, or on abort. */
function nextAppend(log: MemoryLog, position: Sequence, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (log.lastSequence > position || signal.aborted) return resolve();
    const finish = (): void => {
      stop();
      stopListening();
      resolve();
    };
    const stop = log.listen(finish);
    const stopListening = onAbort(signal, finish);
  });
}

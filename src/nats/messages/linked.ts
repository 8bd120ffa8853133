import { type Commit, type DomainEvent, PoisonError, CorruptError } from "../../event/index.ts";
import { type CodecSet, commitOf, type StoredMessage } from "../../event/backend/index.ts";
import type { Sequence } from "../../event/index.ts";
import type { Stream } from "../stream.ts";
import { DirectGetError } from "./direct-get.ts";
import { leaderGet } from "./leader-get.ts";
import { fetchPage, type Page, type PageQuery } from "./page.ts";
import { replicaGets } from "./replica-get.ts";

/** What reading along back-links needs to know. */
export interface LinkedRead<Event extends DomainEvent> {
  readonly stream: Stream;
  readonly codecs: CodecSet;
  /** The commit to begin with: the newest. */
  readonly last: Commit<Event>;
  /** Exclusive: nothing at or below this sequence is read. */
  readonly after: Sequence;
  readonly signal: AbortSignal | undefined;
}

/**
 * The commits that lead to one, along the back-links: oldest first, from the newest base on, `last`
 * at the end. A round trip for every 16 commits, or for some hundred where they lie side by side;
 * nothing depends on how long the stream is.
 * @returns undefined when a link leads nowhere, which a truncation may be the reason for, or to
 *   another commit than the one before
 */
export async function linkedCommits<Event extends DomainEvent>(
  read: LinkedRead<Event>,
): Promise<Commit<Event>[] | undefined> {
  const commits = [read.last];
  for (;;) {
    const oldest = commits.at(-1)!;
    const links = oldest.frame.links.filter((link) => link > read.after);
    if (oldest.base !== undefined || links.length === 0) {
      const first = oldest.base !== undefined || read.after > 0 || oldest.firstRevision === 1;
      return first ? commits.reverse() : undefined;
    }
    const found = (await sideBySide(read, oldest)) ?? (await oneByOne(read, links));
    if (found === undefined || !isChain([oldest, ...found])) return undefined;
    commits.push(...found);
  }
}

/** Newest first, does each follow the next? Links are only hints: who copied a stream moved its commits. */
function isChain(commits: readonly Commit[]): boolean {
  return commits.every((older, i) => {
    const newer = commits[i - 1];
    if (newer === undefined) return true;
    const { firstRevision, previousChecksum } = newer.frame;
    const follows = firstRevision === older.lastRevision + 1 && newer.sequence > older.sequence;
    return follows && previousChecksum === older.frame.checksum;
  });
}

/** The commits at these sequences, newest first, down to the first base among them. */
async function oneByOne<Event extends DomainEvent>(
  read: LinkedRead<Event>,
  links: readonly Sequence[],
): Promise<Commit<Event>[] | undefined> {
  const messages = await replicaGets(read.stream, links, read.signal);
  const commits: Commit<Event>[] = [];
  for (const [i, seq] of links.entries()) {
    const message = messages[i] ?? (await leaderGet(read.stream, { seq }, read.signal));
    const commit = message && ownCommit(read, message);
    if (commit === undefined) return undefined;
    commits.push(commit);
    if (commit.base !== undefined) break;
  }
  return commits;
}

/** How many messages one range asks for at most. */
const maxRange = 1_000;

/**
 * Where an aggregate's commits lie nearly side by side, the whole stretch before the oldest one is
 * read, and what is others' is dropped. Newest first.
 * @returns undefined when they don't, or the stretch came incomplete
 */
async function sideBySide<Event extends DomainEvent>(
  read: LinkedRead<Event>,
  oldest: Commit<Event>,
): Promise<Commit<Event>[] | undefined> {
  const { links } = oldest.frame;
  const spread = (oldest.sequence - links.at(-1)!) / links.length;
  const left = oldest.firstRevision - 1;
  if (links.length < 8 || left < 16 || spread > 3 || read.stream.replicas.silent) return undefined;
  const length = Math.min(maxRange, Math.ceil(left * spread), oldest.sequence - read.after - 1);
  const from = oldest.sequence - length;
  const page = await tryPage(read, { from, batch: length });
  if (page === undefined) return undefined;
  const commits: Commit<Event>[] = [];
  for (const message of page.messages.toReversed()) {
    const { sequence, frame } = commits.at(-1) ?? oldest;
    if (message.sequence >= sequence) continue;
    if (message.family !== oldest.family || message.id !== oldest.id) continue;
    const commit = frame.links[0] === message.sequence ? ownCommit(read, message) : undefined;
    if (commit === undefined) return undefined;
    commits.push(commit);
    if (commit.base !== undefined) break;
  }
  return commits.length === 0 ? undefined : commits;
}

/** Undefined when the server refuses it. */
async function tryPage(
  { stream, signal }: Pick<LinkedRead<DomainEvent>, "stream" | "signal">,
  query: PageQuery,
): Promise<Page | undefined> {
  try {
    return await fetchPage(stream, query, signal);
  } catch (error) {
    if (error instanceof DirectGetError) return undefined;
    throw error;
  }
}

/** The aggregate's commit in a message; undefined when it is another's, or none. */
function ownCommit<Event extends DomainEvent>(
  { codecs, last }: LinkedRead<Event>,
  message: StoredMessage,
): Commit<Event> | undefined {
  if (message.family !== last.family || message.id !== last.id) return undefined;
  try {
    return commitOf<Event>(message, last.definition, codecs);
  } catch (error) {
    if (error instanceof PoisonError || error instanceof CorruptError) return undefined;
    throw error;
  }
}

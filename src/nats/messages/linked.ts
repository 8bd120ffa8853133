import type { Commit, DomainEvent } from "../../event/index.ts";
import {
  type CodecSet,
  commitIn,
  deadlineIn,
  type StoredMessage,
} from "../../event/backend/index.ts";
import type { Sequence } from "../../event/index.ts";
import { patienceMs } from "../requests/request.ts";
import type { Stream } from "../stream.ts";
import { bodiesFrom, untimed } from "./bodies.ts";
import { leaderFirst, leaderGet } from "./leader-get.ts";
import { replicaGets } from "./replica-get.ts";

/** What reading along back-links needs to know. */
export interface LinkedRead<Event extends DomainEvent> {
  readonly stream: Stream;
  readonly codecs: CodecSet;
  /** The commit to begin with: the newest. */
  readonly last: Commit<Event>;
  /** Exclusive: nothing at or below this sequence is read. */
  readonly after: Sequence;
  /** Whether it must be known when they were stored. */
  readonly times: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A read under way. */
interface Reading<Event extends DomainEvent> extends LinkedRead<Event> {
  /** How large all that was found is, in bytes. */
  bytes: number;
}

/** A history that is larger, in bytes, is streamed by pages: it is not to be held in memory. */
const maxLinkedBytes = 8 << 20;

/**
 * The commits that lead to one, along the back-links: oldest first, from the newest base on, `last`
 * at the end. A round trip for every 16 commits, or for some hundred where they lie side by side;
 * nothing depends on how long the stream is.
 * @returns undefined when a link leads nowhere, which a truncation may be the reason for, or to
 *   another commit than the one before; when they are too large to be held
 */
export async function linkedCommits<Event extends DomainEvent>(
  linked: LinkedRead<Event>,
): Promise<Commit<Event>[] | undefined> {
  const read: Reading<Event> = { ...linked, bytes: 0 };
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
    if (read.bytes > maxLinkedBytes) return undefined;
    commits.push(...found);
  }
}

/** Newest first, does each follow the next? Links are only hints: who copied a stream moved its commits. */
function isChain(commits: readonly Commit[]): boolean {
  return commits.every((older, i) => i === 0 || follows(commits[i - 1]!, older));
}

function follows({ frame, sequence }: Commit, older: Commit): boolean {
  const next = frame.firstRevision === older.lastRevision + 1 && sequence > older.sequence;
  return next && frame.previousChecksum === older.frame.checksum;
}

/** The commits at these sequences, newest first, down to the first base among them. */
async function oneByOne<Event extends DomainEvent>(
  read: Reading<Event>,
  links: readonly Sequence[],
): Promise<Commit<Event>[] | undefined> {
  const of = read.times ? undefined : read.last;
  // The replica's time is a part of it.
  const deadline = deadlineIn(patienceMs);
  const messages = await replicaGets(read.stream, links, of, read.signal, deadline);
  const commits: Commit<Event>[] = [];
  for (const [i, seq] of links.entries()) {
    const message = messages[i] ?? (await leaderGet(read.stream, { seq }, read.signal, deadline));
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
  read: Reading<Event>,
  oldest: Commit<Event>,
): Promise<Commit<Event>[] | undefined> {
  const { stream, last, after, signal } = read;
  const { links } = oldest.frame;
  const spread = (oldest.sequence - links.at(-1)!) / links.length;
  const left = oldest.firstRevision - 1;
  if (links.length < 8 || left < 16 || spread > 3) return undefined;
  if (read.times || leaderFirst(stream)) return undefined;
  const length = Math.min(maxRange, Math.ceil(left * spread), oldest.sequence - after - 1);
  const bodies = await bodiesFrom(stream, oldest.sequence - length, length, signal);
  const commits: Commit<Event>[] = [];
  for (const body of bodies?.toReversed() ?? []) {
    const newer = commits.at(-1) ?? oldest;
    const [sequence] = newer.frame.links;
    if (sequence === undefined || sequence <= after) break;
    const commit = ownCommit(read, untimed(last, sequence, body));
    // Another's, or one that is known already, where messages of the stretch are deleted.
    if (commit === undefined || !follows(newer, commit)) continue;
    commits.push(commit);
    if (commit.base !== undefined) break;
  }
  return commits.length === 0 ? undefined : commits;
}

/** The aggregate's commit in a message; undefined when it is another's, or none. */
function ownCommit<Event extends DomainEvent>(
  read: Reading<Event>,
  message: StoredMessage,
): Commit<Event> | undefined {
  const { codecs, last } = read;
  read.bytes += message.payload.length;
  if (message.family !== last.family || message.id !== last.id) return undefined;
  return commitIn<Event>(message, last.definition, codecs);
}

import { createHash } from "node:crypto";
import {
  type Commit,
  type EventStore,
  isJetfoldError,
  type Revision,
  type Sequence,
} from "../event/index.ts";
import type { Content, Frame } from "../event/wire/frame.ts";
import type { Lane } from "./lanes.ts";

/** What an aggregate held before this import came to it, to be compared with what the source gives. */
export class Past {
  readonly #commits: readonly PastCommit[];
  #next = 0;

  /** @param commits - those with events, oldest first */
  constructor(commits: readonly PastCommit[]) {
    this.#commits = commits;
  }

  /** The oldest one that the source has not passed yet; undefined when there is none, or it was cut. */
  get next(): PastCommit | undefined {
    return this.#commits[this.#next];
  }

  pass(): void {
    this.#next++;
  }
}

/** A stored commit, as far as it is remembered: some 100 bytes. */
export interface PastCommit {
  readonly sequence: Sequence;
  /** The revisions of its first and last event. */
  readonly first: Revision;
  readonly last: Revision;
  /** See {@link digestOf}. */
  readonly digest: string;
}

/**
 * Read an aggregate's history, up to what is its last commit.
 * @throws as `Replay.replay`
 */
export async function pastOf(
  store: Pick<EventStore, "replay">,
  { family, id }: Lane,
  last: Commit,
  signal: AbortSignal,
): Promise<Past> {
  const commits: PastCommit[] = [];
  const take = ({ sequence, frame, firstRevision, lastRevision }: Commit): void => {
    if (frame.eventCount === 0) return;
    commits.push({ sequence, first: firstRevision, last: lastRevision, digest: digestOf(frame) });
  };
  if (last.frame.links.length === 0) take(last);
  else {
    const options = { until: last.sequence, signal };
    try {
      for await (const commit of store.replay(family.of(id), options).commits()) take(commit);
    } catch (error) {
      // Nothing that is left can be compared from its start.
      if (!isJetfoldError(error, "truncated")) throw error;
      commits.length = 0;
    }
  }
  return new Past(commits);
}

/** Equal where the events are: as many, of the same types and versions, with the same bytes. */
export function digestOf({ codec, events }: Pick<Content | Frame, "codec" | "events">): string {
  const hash = createHash("sha1").update(codec);
  for (const { type, version, body } of events) {
    hash.update(`\n${type} ${version} ${body.length}\n`).update(body);
  }
  return hash.digest("base64");
}

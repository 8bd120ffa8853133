import { checkArgument, isObject } from "../arguments.ts";
import { isList } from "../is-list.ts";
import type { NewMessage } from "./append.ts";
import type { Call } from "./call.ts";
import { CorruptError, InvalidInputError } from "../errors.ts";
import { encodeFrame } from "../wire/frame-format.ts";
import { type EncodedFrame, maxParts } from "../wire/frame.ts";
import { type Head, linksTo } from "../head.ts";
import { checkFamily, checkId } from "../name.ts";
import type { NewCommit, Published } from "../publish.ts";
import type { Sequence } from "../sequence.ts";

/** The messages of one attempt, each placed on the head it expects. */
export class Attempt {
  readonly heads: readonly Head[];
  readonly messages: readonly NewMessage[];
  readonly #call: Call;
  readonly #checksums: number[] = [];

  /**
   * Place a call's contents on heads.
   * @throws {@link InvalidInputError} when a commit is too large
   */
  constructor(call: Call, heads: readonly Head[]) {
    const messages: NewMessage[] = [];
    for (let i = 0; i < heads.length; i++) {
      const { family, id } = call.commits[i]!;
      const { bytes: payload, checksum } = frameOf(call, heads[i]!, i);
      const expected = heads[i]!.sequence;
      const { commitId, remembered } = call;
      messages.push({ family: family.name, id, expected, commitId, remembered, payload });
      this.#checksums.push(checksum);
    }
    this.#call = call;
    this.heads = heads;
    this.messages = messages;
  }

  /** What was published, given the sequence of the last message. */
  published(last: Sequence): Published[] {
    const { commitId } = this.#call;
    const first = last - (this.heads.length - 1);
    return this.heads.map((_, i) => {
      return { head: this.#headAfter(i, first + i), commitId, repeated: false };
    });
  }

  #headAfter(index: number, sequence: Sequence): Head {
    const before = this.heads[index]!;
    const revision = before.revision + this.#call.contents[index]!.events.length;
    const checksum = this.#checksums[index]!;
    return { sequence, revision, checksum, links: linksTo(sequence, before.links) };
  }
}

function frameOf({ commits, contents, target }: Call, head: Head, index: number): EncodedFrame {
  const { family, id } = commits[index]!;
  assertRoomAfter(family.name, id, head, contents[index]!.events.length);
  const place = { family: family.name, id, head, part: index + 1, parts: commits.length };
  const frame = encodeFrame(place, contents[index]!);
  const size = frame.bytes.length + target.headerBytes;
  if (size > target.maxMessageBytes) {
    throw new InvalidInputError(
      commits.length === 1 ? "events" : `commits[${index}].events`,
      `must fit in one message of at most ${target.maxMessageBytes} bytes, headers included`,
      `${size} bytes`,
    );
  }
  return frame;
}

/**
 * A foreign base may claim any revision, and what comes after it must have one.
 * @throws {@link CorruptError} when there is none left
 */
function assertRoomAfter(family: string, id: string, head: Head, events: number): void {
  const { sequence, revision } = head;
  if (Number.isSafeInteger(revision + events + 1)) return;
  const at = { kind: "commit", family, id, sequence } as const;
  throw new CorruptError(at, `its revision ${revision} leaves none for what comes after it`);
}

/** @throws {@link InvalidInputError} when there is no commit, too many, or two of one aggregate */
export function assertTransaction(commits: readonly NewCommit[]): void {
  if (!isList(commits) || commits.length === 0) {
    throw new InvalidInputError("commits", "must be an array of one commit or more", commits);
  }
  if (commits.length > maxParts) {
    const rule = `must be at most ${maxParts}`;
    throw new InvalidInputError("commits", rule, commits.length);
  }
  if (commits.length === 1) return;
  const seen = new Set<string>();
  for (const [i, commit] of commits.entries()) {
    checkArgument(`commits[${i}]`, commit, isObject);
    const key = `${checkFamily(commit.family)}.${checkId(commit.id)}`;
    if (seen.has(key)) {
      throw new InvalidInputError(`commits[${i}]`, "must be of an aggregate of its own", key);
    }
    seen.add(key);
  }
}

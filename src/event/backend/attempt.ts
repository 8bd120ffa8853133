import { isList } from "../is-list.ts";
import type { AppendTarget, NewMessage } from "./append.ts";
import type { Call } from "./call.ts";
import { InvalidInputError } from "../errors.ts";
import { encodeFrame } from "../wire/frame-format.ts";
import type { EncodedFrame } from "../wire/frame.ts";
import { type Head, maxLinks } from "../head.ts";
import type { NewCommit, Published } from "../publish.ts";
import type { Sequence } from "../sequence.ts";

/** The messages of one attempt, each placed on the head it expects. */
export interface Attempt {
  readonly heads: readonly Head[];
  readonly messages: readonly NewMessage[];
  /** What was published, given the sequence of the last message. */
  published(last: Sequence): Published[];
}

/** Place a call's contents on heads. @throws {@link InvalidInputError} when a commit is too large */
export function messagesOf(call: Call, heads: readonly Head[]): Attempt {
  const frames = heads.map((head, i) => frameOf(call, head, i));
  const messages = call.commits.map(({ family, id }, i): NewMessage => {
    const { bytes: payload } = frames[i]!;
    return {
      family: family.name,
      id,
      expected: heads[i]!.sequence,
      commitId: call.commitId,
      remembered: call.remembered,
      payload,
    };
  });
  const published = (last: Sequence): Published[] =>
    heads.map((before, i) => ({
      head: headAfter(before, call, frames[i]!, last - (heads.length - 1 - i), i),
      commitId: call.commitId,
      repeated: false,
    }));
  return { heads, messages, published };
}

function frameOf({ commits, contents, target }: Call, head: Head, index: number): EncodedFrame {
  const { family, id } = commits[index]!;
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

function headAfter(
  before: Head,
  { contents }: Call,
  { checksum }: EncodedFrame,
  sequence: Sequence,
  index: number,
): Head {
  const revision = before.revision + contents[index]!.events.length;
  return { sequence, revision, checksum, links: [sequence, ...before.links].slice(0, maxLinks) };
}

/** @throws {@link InvalidInputError} when there is no commit, too many, or two of one aggregate */
export function assertTransaction(target: AppendTarget, commits: readonly NewCommit[]): void {
  if (!isList(commits) || commits.length === 0) {
    throw new InvalidInputError("commits", "must be an array of one commit or more", commits);
  }
  if (commits.length > target.maxParts) {
    const rule = `must be at most ${target.maxParts}`;
    throw new InvalidInputError("commits", rule, commits.length);
  }
  if (commits.length === 1) return;
  const seen = new Set<string>();
  for (const [i, { family, id }] of commits.entries()) {
    const key = `${family.name}.${id}`;
    if (seen.has(key)) {
      throw new InvalidInputError(`commits[${i}]`, "must be of an aggregate of its own", key);
    }
    seen.add(key);
  }
}

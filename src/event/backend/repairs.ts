import type { CodecSet, Commit } from "../commit.ts";
import type { Family } from "../family.ts";
import { isLeftOutAt, type LeftOut, leftOutBy } from "../left-out.ts";
import type { Revision, Sequence } from "../sequence.ts";
import { commitIn } from "./commit-of.ts";
import type { LookUp } from "./predecessor.ts";
import type { StoredMessage } from "./stored-message.ts";

/** What comes after a message that can't be used, as far as it matters. */
export interface After {
  /** A base declares the message to be no part of its aggregate. */
  readonly leftOut: boolean;
  /** The revision up to which a base stands for what was before it; 0 where none comes. */
  readonly based: Revision;
}

/**
 * Looks for the bases behind messages that can't be used: one may leave them out. What comes after an
 * aggregate's first such message is read once, for all of them.
 */
export class Repairs {
  readonly #lookUp: LookUp;
  readonly #codecs: CodecSet;
  readonly #known = new Map<string, Bases>();

  constructor(lookUp: LookUp, codecs: CodecSet) {
    this.#lookUp = lookUp;
    this.#codecs = codecs;
  }

  async after(message: StoredMessage, family: Family): Promise<After> {
    const key = `${message.family}.${message.id}`;
    let known = this.#known.get(key);
    if (known === undefined || known.upTo < message.sequence) {
      known = await this.#read(message, family);
      if (this.#known.size >= maxKnown) this.#known.clear();
      this.#known.set(key, known);
    }
    const { leftOut, sequence, revision } = known;
    const based = sequence > message.sequence ? revision : 0;
    return { leftOut: isLeftOutAt(leftOut, message.sequence), based };
  }

  async #read(message: StoredMessage, family: Family): Promise<Bases> {
    const leftOut: LeftOut[] = [];
    let [upTo, sequence, revision] = [message.sequence, 0, 0];
    for await (const page of this.#lookUp.after(message, message.sequence)) {
      for (const next of page) {
        upTo = next.sequence;
        const commit: Commit | undefined = commitIn(next, family, this.#codecs);
        if (commit?.base === undefined) continue;
        leftOut.push(...leftOutBy(commit));
        sequence = next.sequence;
        revision = Math.max(revision, commit.lastRevision);
      }
    }
    return { upTo, leftOut, sequence, revision };
  }
}

/** The bases of an aggregate behind one of its messages. */
interface Bases {
  /** Everything up to this sequence was looked at. */
  readonly upTo: Sequence;
  readonly leftOut: readonly LeftOut[];
  /** Of the last base; 0 for none. */
  readonly sequence: Sequence;
  readonly revision: Revision;
}

/** So many aggregates with such messages are remembered. */
const maxKnown = 10_000;

import {
  type Commit,
  CorruptError,
  type DomainEvent,
  type Head,
  isJetfoldError,
  type LeftOut,
  noHead,
  type PoisonError,
  type Sequence,
  type StoredCommit,
  TruncatedError,
} from "../event/index.ts";
import { Continuity } from "../event/backend/continuity.ts";
import { repairHint } from "../event/errors/location.ts";
import { linksTo } from "../event/head.ts";
import { isLeftOutAt, leftOutBy } from "../event/left-out.ts";
import type { Foldable } from "./aggregate.ts";
import { Fold } from "./fold.ts";
import { emptyRoot, handOut, type Root } from "./root.ts";

/** A message that is no part of its aggregate: why nobody can read on behind it. */
export interface Fault {
  readonly sequence: Sequence;
  /** When it was stored, in milliseconds since 1970. */
  readonly timeMs: number;
  /**
   * - `"foreign"`: not a commit of jetfold
   * - `"damaged"`: one whose checksum does not hold, or which says that it is another aggregate's
   * - `"unlinked"`: a sound commit that does not follow the last one that does
   */
  readonly kind: "foreign" | "damaged" | "unlinked";
  readonly error: PoisonError | CorruptError;
  /** What it holds, where it can be read. */
  readonly commit: Commit | undefined;
}

/** What {@link inspect} has found of an aggregate. */
export interface Inspection<State> {
  readonly family: string;
  readonly id: string;
  /** How many messages are stored of it. */
  readonly messages: number;
  /** What keeps readers from going on, oldest first; what was left out by a repair is not among them. */
  readonly faults: readonly Fault[];
  /** The same, as a repair tells of it: what lies side by side is one. */
  readonly leftOut: readonly LeftOut[];
  /** As of the last commit that is none of these; undefined when its state can't be told. */
  readonly root: Root<State> | undefined;
  /** Why not. */
  readonly cause: Error | undefined;
  /** The head that a repair is put on: its sequence is that of the last message, whatever that is. */
  readonly head: Head;
}

/** A fault, and which message of the aggregate it is. */
interface Found {
  readonly fault: Fault;
  readonly number: number;
  /** Revisions are missing before it: no fault where a base behind it stands for them. */
  readonly gap: boolean;
}

/** Takes the messages of an aggregate one after the other, and sorts out which of them are its commits. */
export class Examination<State, Event extends DomainEvent> {
  readonly #aggregate: Foldable<State, Event>;
  readonly #id: string;
  readonly #snapshot: Root<State> | undefined;
  readonly #continuity = new Continuity({ after: 0 });
  #messages = 0;
  #lastSequence: Sequence = 0;
  #head: Head = noHead;
  #fold: Fold<State, Event> | undefined;
  #cause: Error | undefined;
  /** The last one that was met. */
  #gap: CorruptError | undefined;
  #faults: Found[] = [];

  constructor(aggregate: Foldable<State, Event>, id: string, snapshot: Root<State> | undefined) {
    this.#aggregate = aggregate;
    this.#id = id;
    this.#snapshot = snapshot;
    this.#fold = new Fold(aggregate, emptyRoot(aggregate, id));
  }

  get messages(): number {
    return this.#messages;
  }

  add({ sequence, timeMs, commit, error }: StoredCommit<Event>): void {
    const number = ++this.#messages;
    this.#lastSequence = sequence;
    const wrong = error ?? this.#take(commit!);
    if (wrong === undefined) return;
    const foreign = isJetfoldError(wrong, "poison") ? "foreign" : "damaged";
    const kind = commit === undefined ? foreign : "unlinked";
    const fault = { sequence, timeMs, kind, error: wrong, commit } as const;
    this.#faults.push({ fault, number, gap: wrong === this.#gap });
  }

  result(): Inspection<State> {
    const { name: family } = this.#aggregate.events;
    const { sequence, links } = this.#head;
    const last = this.#lastSequence;
    const head = { ...this.#head, sequence: last, links: linksTo(last, links) };
    return {
      family,
      id: this.#id,
      messages: this.#messages,
      faults: this.#faults.map(({ fault }) => fault),
      leftOut: this.#leftOut(),
      root: this.#fold && handOut(this.#aggregate, this.#fold.root),
      cause: this.#cause,
      head: last === sequence ? this.#head : head,
    };
  }

  /** @returns what is wrong with a commit, if it is not the aggregate's next one */
  #take(commit: Commit<Event>): CorruptError | undefined {
    const wrong = this.#follow(commit);
    if (wrong !== undefined) return wrong;
    this.#head = commit.head;
    if (commit.base !== undefined) this.#mendedBy(commit);
    try {
      this.#fold?.add(commit);
    } catch (error) {
      this.#lose(error as Error);
    }
    const { sequence, checksum } = this.#snapshot?.head ?? noHead;
    if (this.#fold !== undefined || sequence !== commit.sequence) return undefined;
    if (checksum !== commit.frame.checksum) return undefined;
    this.#fold = new Fold(this.#aggregate, this.#snapshot!);
    this.#cause = undefined;
    return undefined;
  }

  #follow(commit: Commit<Event>): CorruptError | undefined {
    const { frame, base, lastRevision, at } = commit;
    if (!Number.isSafeInteger(lastRevision + 2)) {
      return new CorruptError(
        at,
        `its revision ${lastRevision} leaves none for what comes after it`,
      );
    }
    // Only its place is looked at.
    const message = { ...at, timeMs: 0, payload: noBytes };
    try {
      const { missing, hole } = this.#continuity.follow(message, frame, true, true)!;
      if (base === undefined && isJetfoldError(hole, "corrupt")) return (this.#gap = hole);
      if (hole !== undefined) this.#continuity.follow(message, frame, true);
      if (base !== undefined) this.#fold ??= this.#anew();
      else if (missing > 0 && this.#head.sequence === 0)
        this.#lose(new TruncatedError(commit, commit.sequence));
      return undefined;
    } catch (error) {
      if (isJetfoldError(error, "corrupt")) return error;
      throw error;
    }
  }

  #anew(): Fold<State, Event> {
    this.#cause = undefined;
    return new Fold(this.#aggregate, emptyRoot(this.#aggregate, this.#id));
  }

  #lose(cause: Error): void {
    this.#fold = undefined;
    this.#cause ??= cause;
  }

  /** What a base leaves out is no fault any more, nor what is left below it of a history that was cut. */
  #mendedBy(base: Commit<Event>): void {
    const leftOut = leftOutBy(base);
    const isCut = ({ fault: { commit }, gap }: Found): boolean =>
      gap && commit!.lastRevision <= base.lastRevision;
    this.#faults = this.#faults.filter(
      (found) => !isLeftOutAt(leftOut, found.fault.sequence) && !isCut(found),
    );
  }

  #leftOut(): LeftOut[] {
    const all: LeftOut[] = [];
    let before = 0;
    for (const {
      fault: { sequence, error },
      number,
    } of this.#faults) {
      const last = all.at(-1);
      if (last !== undefined && number === before + 1) {
        all[all.length - 1] = { ...last, to: sequence, messages: last.messages + 1 };
      } else
        all.push({
          from: sequence,
          to: sequence,
          messages: 1,
          reason: error.message.replace(repairHint, ""),
        });
      before = number;
    }
    return all;
  }
}

const noBytes = new Uint8Array();

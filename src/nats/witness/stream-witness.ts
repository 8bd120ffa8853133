import {
  type Bucket,
  type EventStore,
  isJetfoldError,
  type RootCache,
  type Sequence,
  StreamChangedError,
  UnavailableError,
} from "../../event/index.ts";
import {
  alone,
  type Appended,
  type Deadline,
  deadlineIn,
  flatten,
  type NewMessage,
  orAbort,
} from "../../event/backend/index.ts";
import { orLate } from "../../event/backend/timer.ts";
import { lastSequence } from "../identity.ts";
import { leaderGet } from "../messages/leader-get.ts";
import { patienceMs } from "../requests/request.ts";
import type { Stream } from "../stream.ts";
import { lookAt } from "./look.ts";
import { type Extent, Marks } from "./marks.ts";
import { looks, pause, Witness, witnessTiming } from "./witness.ts";

/** What of an opened stream its witness begins with. */
export interface Witnessed {
  readonly stream: Stream;
  readonly storeId: string;
  readonly extent: Extent;
  readonly roots: RootCache;
}

/**
 * The one witness of a store's stream: readers and writers tell it what they see, and ask it before
 * they go on after an interruption.
 */
export class StreamWitness {
  readonly #stream: Stream;
  readonly #marks: Marks;
  readonly #witness: Witness;

  constructor({ stream, storeId, roots, ...opened }: Witnessed, warn: EventStore["onWarning"]) {
    const marks = new Marks(opened.extent);
    stream.requests.verdict = () => this.#witness.verdict;
    this.#stream = stream;
    this.#marks = marks;
    this.#witness = new Witness({
      look: () => lookAt(stream, storeId, marks, warn),
      interruptions: () => stream.requests.interruptions,
      judged: (cause) => {
        // What is in memory is of the stream that was.
        roots.clear();
        warn({ code: "stream", message: cause.message, cause });
      },
    });
  }

  /** See {@link Witness.verdict}. */
  get verdict(): Error | undefined {
    return this.#witness.verdict;
  }

  /** See {@link Witness.trusts}. */
  trusts(): boolean {
    return this.#witness.trusts();
  }

  /**
   * To be awaited before the stream is read.
   * @returns undefined where nothing is to be waited for
   * @throws as {@link Witness.prove}, {@link UnavailableError} when the deadline is over; the
   *   signal's reason when aborted
   */
  trust(signal?: AbortSignal, deadline?: Deadline): Promise<void> | undefined {
    const trusted = this.#witness.trusts() && this.#witness.isRecent();
    if (trusted || this.#stream.connection.isClosed()) return undefined;
    return within(this.#witness.prove(), deadline ?? deadlineIn(patienceMs), signal);
  }

  /** The same before something is written, where the stream is in doubt; see {@link append}. */
  trustToWrite(signal?: AbortSignal, deadline?: Deadline): Promise<void> | undefined {
    return this.#witness.trusts() ? undefined : this.trust(signal, deadline);
  }

  /** See {@link Witness.prove}; whoever opened something does this before it is read. */
  prove(signal: AbortSignal): Promise<void> {
    return orAbort(this.#witness.prove(), signal);
  }

  /** See {@link Witness.proveNow}. */
  proveNow(signal: AbortSignal): Promise<void> {
    return orAbort(this.#witness.proveNow(), signal);
  }

  /** See {@link Witness.listen}. */
  listen(listener: () => void): () => void {
    return this.#witness.listen(listener);
  }

  /**
   * Check that the stream goes as far as a reader says it has read.
   * @throws {@link StreamChangedError} when it does not, also later; that is no verdict on the stream
   */
  async assertReached(position: Sequence, signal: AbortSignal): Promise<void> {
    const { apartMs } = witnessTiming;
    const beganMs = performance.now();
    while (position > this.#marks.highest) {
      const { interruptions } = this.#stream.requests;
      const last = await lastSequence(this.#stream, signal);
      if (last >= position && interruptions === this.#stream.requests.interruptions) {
        this.#marks.reaches(last);
      } else {
        if (performance.now() - beganMs >= apartMs) {
          const detail = `it was rewound: it ends at ${last}`;
          throw new StreamChangedError(this.#stream.name, position, detail);
        }
        await pause(apartMs / looks, signal);
      }
    }
  }

  /** This message was delivered. */
  saw({ sequence, payload }: { readonly sequence: Sequence; readonly payload: Uint8Array }): void {
    this.#marks.saw(sequence, payload);
  }

  /**
   * Know what lies at a position over what is not selected, before anybody relies on it.
   * @returns false when that can't be told now
   */
  async anchor(position: Sequence, signal: AbortSignal): Promise<boolean> {
    if (position <= this.#marks.known) return true;
    const { requests } = this.#stream;
    const { interruptions } = requests;
    try {
      const query = { seq: position };
      const stored = await leaderGet(this.#stream, query, signal, deadlineIn(anchorMs));
      if (requests.interruptions !== interruptions) return false;
      this.#marks.reaches(position);
      if (stored !== undefined) this.#marks.saw(position, stored.payload);
      return true;
    } catch (error) {
      if (isJetfoldError(error, "unavailable")) return false;
      throw error;
    }
  }

  /**
   * Append to the stream that was seen, and to no other one. What is in doubt is waited for before
   * anything is sent; a look that is only due is made beside it, and waited for before the outcome
   * is believed. A sequence at or below one that was seen before it was sent is of another stream.
   * @param send - see `AppendTarget.append`; gives what it is told to the function it is given, and
   *   returns what that returns
   */
  append(
    messages: readonly NewMessage[],
    deadline: Deadline,
    signal: AbortSignal | undefined,
    send: (believe: Believe) => Promise<Appended>,
  ): Promise<Appended> {
    const certain = this.#witness.trusts() && this.#witness.isRecent();
    if (!certain) return this.#appendInDoubt(messages, deadline, signal, send);
    const { highest } = this.#marks;
    return send((outcome) => {
      this.#note(messages, outcome);
      return this.#isAbove(highest, messages, outcome) ? outcome : this.#proved(outcome);
    });
  }

  async #appendInDoubt(
    messages: readonly NewMessage[],
    deadline: Deadline,
    signal: AbortSignal | undefined,
    send: (believe: Believe) => Promise<Appended>,
  ): Promise<Appended> {
    const patience = deadlineIn(Math.min(Math.max(1, deadline.leftMs()), patienceMs));
    const proof = outageOf(this.trust(signal, patience));
    proof.catch(() => undefined);
    const doubted = this.#witness.trusts() ? undefined : await proof;
    if (doubted !== undefined) return { ...doubted, unserved: true };
    const { highest } = this.#marks;
    return send(async (outcome) => {
      if (outcome.kind === "unknown") return outcome;
      this.#note(messages, outcome);
      const unproved = await proof;
      if (unproved !== undefined && !this.#witness.trusts()) return unproved;
      return this.#isAbove(highest, messages, outcome) ? outcome : this.#proved(outcome);
    });
  }

  #note(messages: readonly NewMessage[], outcome: Appended): void {
    if (outcome.kind !== "stored") return;
    this.#marks.acknowledged(outcome.sequence, messages.at(-1)!.payload);
  }

  /** Does it lie above all that was seen before it was sent, if it was stored? */
  #isAbove(highest: Sequence, messages: readonly NewMessage[], outcome: Appended): boolean {
    return outcome.kind !== "stored" || outcome.sequence - messages.length >= highest;
  }

  /** The outcome, once the stream was looked at. */
  async #proved(outcome: Appended): Promise<Appended> {
    return (await outageOf(this.#witness.prove())) ?? outcome;
  }

  /** A bucket beside the stream: of no use to a store whose stream is another. */
  guard(bucket: Bucket): Bucket {
    const trust = (signal?: AbortSignal): Promise<void> | undefined => this.trust(signal);
    return {
      get: async (key, options) => (await trust(options?.signal), bucket.get(key, options)),
      put: async (key, value, expected) => (await trust(), bucket.put(key, value, expected)),
      remove: async (key) => (await trust(), bucket.remove(key)),
      keys: () => flatten(keysOf(bucket, trust), alone),
    };
  }

  close(reason: unknown): void {
    this.#witness.close(reason);
  }
}

async function* keysOf(
  bucket: Bucket,
  trust: () => Promise<void> | undefined,
): AsyncGenerator<string, void, undefined> {
  await trust();
  yield* bucket.keys();
}

/** What an append came to, once it can be believed. */
export type Believe = (outcome: Appended) => Appended | Promise<Appended>;

/** How long it may take to ask what lies at a position, in milliseconds. */
const anchorMs = 2_000;

/** What an append comes to when the stream can't be looked at now; undefined when it could. */
async function outageOf(
  proof: Promise<void> | undefined,
): Promise<Extract<Appended, { kind: "unknown" }> | undefined> {
  try {
    await proof;
    return undefined;
  } catch (cause) {
    const closed = isJetfoldError(cause, "closed");
    if (!closed && !isJetfoldError(cause, "unavailable")) throw cause;
    return { kind: "unknown", cause, final: closed };
  }
}

function within(
  proof: Promise<void>,
  deadline: Deadline,
  signal: AbortSignal | undefined,
): Promise<void> {
  const late = (): Error =>
    new UnavailableError("the stream could not be looked at, or is looked at again");
  const wanted = signal === undefined ? proof : orAbort(proof, signal);
  return orLate(wanted, deadline.leftMs(), late);
}

import type { NatsConnection } from "@nats-io/nats-core";
import {
  type Bucket,
  checkId,
  Commit,
  type DomainEvent,
  type EventOf,
  type EventStore,
  type EventStream,
  type Family,
  msgpackCodec,
  type NewCommit,
  type Published,
  type PublishOptions,
  type ReadOptions,
  type ReplayOptions,
  type Selectable,
  type Sequence,
  type StoreWarning,
  type SubscribeOptions,
  type Subscription,
} from "../event/index.ts";
import {
  checkFamily,
  type AppendTarget,
  checkReplayOptions,
  checkSequence,
  checkSubscribeOptions,
  codecSetOf,
  type CodecSet,
  CommitReader,
  deadlineIn,
  emitWarning,
  eventStream,
  publishCommits,
  readFrame,
  readPages,
  type ReplayBounds,
  type Selector,
  selectorOf,
  type StoredMessage,
  StoreLifetime,
  subscription,
  eitherSignal,
} from "../event/backend/index.ts";
import { appendMessages, headerBytes, maxParts } from "./append.ts";
import { streamInfo } from "./identity.ts";
import { lastMessage } from "./last.ts";
import { leaderGet } from "./leader-get.ts";
import { openParts, type OpenedParts } from "./open-parts.ts";
import type { NatsStoreOptions } from "./options.ts";
import { purgeBefore } from "./purge.ts";
import { endOf, pagesOf } from "./replay.ts";
import { patienceMs } from "./request.ts";
import { parseSubject, type Stream, subjectOf } from "./stream.ts";
import { subjectsOf } from "./subjects.ts";
import { subscribeStream } from "./subscribe.ts";

/**
 * A store on NATS JetStream: one stream `<name>`, one subject per aggregate, two key-value buckets.
 * The connection stays the caller's: `close()` ends what the store began on it and leaves it open.
 */
export class NatsStore implements EventStore {
  readonly name: string;
  readonly storeId: string;
  readonly snapshots: Bucket;
  readonly projections: Bucket;
  readonly onWarning: (warning: StoreWarning) => void;
  readonly #stream: Stream;
  readonly #codecs: CodecSet;
  readonly #target: AppendTarget;
  readonly #lifetime: StoreLifetime;

  private constructor(options: NatsStoreOptions, parts: OpenedParts) {
    const { stream, maxMessageBytes } = parts;
    this.name = stream.name;
    this.storeId = parts.storeId;
    this.onWarning = options.onWarning ?? emitWarning;
    this.#stream = stream;
    this.#codecs = codecSetOf(options);
    this.#lifetime = new StoreLifetime(`store "${stream.name}"`, this.onWarning);
    this.snapshots = this.#lifetime.guard(parts.snapshots);
    this.projections = this.#lifetime.guard(parts.projections);
    this.#target = {
      codec: options.codec ?? msgpackCodec,
      maxMessageBytes,
      headerBytes,
      replicated: parts.replicated,
      maxParts,
      last: (family, id, read) => this.last(family, id, read),
      at: (selection, sequence, read) => this.at(selection, sequence, read),
      replay: (selection, read) => this.replay(selection, read),
      append: (messages, timeoutMs, signal) => appendMessages(stream, messages, timeoutMs, signal),
    };
  }

  /**
   * Open a store on a connection of the `@nats-io/*` client: create its stream and buckets, or
   * verify them. Without admin rights an existing store can be used.
   *
   * @throws {@link ConfigError} when the connection is closed or of another client, the server is
   *   older than 2.12, something may not be created, or the stream is set up so that it could lose
   *   events
   * @throws {@link InvalidInputError} when an option breaks its rule
   * @throws {@link UnavailableError} when JetStream does not answer within 15 s
   */
  static async open(connection: NatsConnection, options: NatsStoreOptions): Promise<NatsStore> {
    const parts = await openParts(connection, options);
    const store = new NatsStore(options, parts);
    for (const warning of parts.warnings) store.onWarning(warning);
    return store;
  }

  async publish<Event extends DomainEvent>(
    commit: NewCommit<Event>,
    options: PublishOptions = {},
  ): Promise<Published> {
    this.#lifetime.assertOpen();
    const [published] = await publishCommits(this.#target, [commit], options);
    return published!;
  }

  async transact<Events extends readonly DomainEvent[]>(
    commits: { readonly [Index in keyof Events]: NewCommit<Events[Index]> },
    options: PublishOptions = {},
  ): Promise<readonly Published[]> {
    this.#lifetime.assertOpen();
    return publishCommits(this.#target, commits, options);
  }

  replay<S extends Selectable>(selection: S, options: ReplayOptions = {}): EventStream<EventOf<S>> {
    const selector = selectorOf(selection);
    const bounds = checkReplayOptions(options);
    const whole = selector.single !== undefined;
    return eventStream(() => this.#replay<EventOf<S>>(selector, bounds, options), whole);
  }

  subscribe<S extends Selectable>(
    selection: S,
    options: SubscribeOptions = {},
  ): Subscription<EventOf<S>> {
    this.#lifetime.assertOpen();
    const selector = selectorOf(selection);
    const after = checkSubscribeOptions(options);
    const start = after === "new" ? this.#lastSequence() : Promise.resolve(after);
    start.catch(() => undefined);
    const of = {
      stream: this.#stream,
      storeId: this.storeId,
      selector,
      codecs: this.#codecs,
      poison: options.poison,
      signal: this.#signal(options.signal),
      track: (work: Promise<unknown>) => this.defer(work, "closing a subscription"),
    };
    return subscription(() => subscribeStream<EventOf<S>>(of, start), options);
  }

  async last<Event extends DomainEvent>(
    family: Family<Event>,
    id: string,
    { fresh, signal, timeoutMs = patienceMs }: ReadOptions = {},
  ): Promise<Commit<Event> | undefined> {
    this.#lifetime.assertOpen();
    const deadline = deadlineIn(timeoutMs);
    const subject = subjectOf(this.#stream, checkFamily(family), checkId(id));
    const message =
      fresh === "leader"
        ? await leaderGet(this.#stream, { last_by_subj: subject }, signal, deadline)
        : await lastMessage(this.#stream, subject, signal, deadline);
    return message && this.#commit(message, family);
  }

  async at<S extends Selectable>(
    selection: S,
    sequence: Sequence,
    { signal, timeoutMs = patienceMs }: ReadOptions = {},
  ): Promise<Commit<EventOf<S>> | undefined> {
    this.#lifetime.assertOpen();
    const { families } = selectorOf(selection);
    if (checkSequence("sequence", sequence) === 0) return undefined;
    const query = { seq: sequence };
    const message = await leaderGet(this.#stream, query, signal, deadlineIn(timeoutMs));
    if (message === undefined) return undefined;
    const parts = families.get(message.family) ?? [];
    const part = parts.find(({ id }) => id === undefined || id === message.id);
    return part && this.#commit(message, part.family);
  }

  async end(
    selection: Selectable,
    { signal, timeoutMs = patienceMs }: ReadOptions = {},
  ): Promise<Sequence> {
    this.#lifetime.assertOpen();
    return endOf(this.#stream, selectorOf(selection), signal, deadlineIn(timeoutMs));
  }

  async *ids(family: Family, { signal }: ReadOptions = {}): AsyncIterable<string> {
    this.#lifetime.assertOpen();
    const all = subjectOf(this.#stream, checkFamily(family), "*");
    for await (const subject of subjectsOf(this.#stream, all, this.#signal(signal))) {
      yield parseSubject(this.#stream, subject).id;
    }
  }

  async truncate(
    family: Family,
    id: string,
    before: Sequence,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    this.#lifetime.assertOpen();
    return purgeBefore(this.#stream, checkFamily(family), checkId(id), before, signal);
  }

  defer(work: Promise<unknown>, what: string): void {
    this.#lifetime.defer(work, what);
  }

  close(): Promise<void> {
    return this.#lifetime.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#replay<Event extends DomainEvent>(
    selector: Selector,
    { after, untilSequence, untilMs: timeMs }: ReplayBounds,
    options: ReplayOptions,
  ): AsyncGenerator<Commit<Event>, void, undefined> {
    this.#lifetime.assertOpen();
    const signal = this.#signal(options.signal);
    signal.throwIfAborted();
    // Within one aggregate a bound is as good as the end: it is read faster than it can grow.
    const whole = selector.single !== undefined;
    const bounded = whole && Number.isFinite(untilSequence);
    const end = bounded ? untilSequence : await endOf(this.#stream, selector, signal);
    const sequence = Math.min(untilSequence, end);
    const reader = new CommitReader<Event>(selector, this.#codecs, options.poison, after === 0);
    const pages = pagesOf(this.#stream, selector, after, sequence, signal);
    const reached = whole && !bounded && sequence > after;
    yield* readPages(pages, reader, { sequence, timeMs, signal, reached });
  }

  async #lastSequence(): Promise<Sequence> {
    return (await streamInfo(this.#stream, this.#lifetime.signal)).state.last_seq;
  }

  #signal(signal: AbortSignal | undefined): AbortSignal {
    return eitherSignal(this.#lifetime.signal, signal);
  }

  #commit<Event extends DomainEvent>(message: StoredMessage, family: Family): Commit<Event> {
    return new Commit<Event>(message, readFrame(message), family, this.#codecs);
  }
}

import type { NatsConnection } from "@nats-io/nats-core";
import {
  type Bucket,
  checkId,
  type Commit,
  type DomainEvent,
  type EventOf,
  type EventStore,
  type EventStream,
  type Family,
  type HistoryOptions,
  type Importer,
  type NewCommit,
  type Published,
  type PublishOptions,
  type ReadOptions,
  type ReplayOptions,
  type RootCache,
  type Selectable,
  type Sequence,
  type SubscribeOptions,
  type Subscription,
} from "../event/index.ts";
import {
  call,
  checkFamily,
  checkReplayOptions,
  checkSubscribeOptions,
  codecSetOf,
  type CodecSet,
  deadlineIn,
  eventStream,
  flatten,
  Publisher,
  selectorOf,
  StoreLifetime,
  subscription,
  eitherSignal,
  warnBy,
} from "../event/backend/index.ts";
import { appendTarget } from "./append-target.ts";
import { historyOf } from "./history.ts";
import { countSelected } from "./messages/count.ts";
import { openParts, type OpenedParts } from "./setup/open-parts.ts";
import type { NatsStoreOptions } from "./options.ts";
import { purgeBefore } from "./purge.ts";
import { commitAt, lastCommit, stampAt } from "./read-commit.ts";
import { endOf, replayStream, type StreamReplay } from "./replay.ts";
import { patienceMs } from "./requests/request.ts";
import { parseSubject, type Stream, subjectOf } from "./stream.ts";
import { subjectsOf } from "./subjects.ts";
import { startOf, subscribeStream } from "./subscribe.ts";

/**
 * A store on NATS JetStream: one stream `<name>`, one subject per aggregate, two key-value buckets.
 * The connection stays the caller's: `close()` ends what the store began on it and leaves it open.
 */
export class NatsStore implements EventStore {
  readonly name: string;
  readonly storeId: string;
  readonly signal: AbortSignal;
  readonly snapshots: Bucket;
  readonly projections: Bucket;
  readonly roots: RootCache;
  readonly onWarning: EventStore["onWarning"];
  readonly #stream: Stream;
  readonly #codecs: CodecSet;
  readonly #publisher: Publisher;
  readonly #lifetime: StoreLifetime;

  private constructor(options: NatsStoreOptions, parts: OpenedParts) {
    const { stream } = parts;
    this.name = stream.name;
    this.storeId = parts.storeId;
    this.onWarning = warnBy(options.onWarning);
    this.#stream = stream;
    this.#codecs = codecSetOf(options);
    this.roots = parts.roots;
    this.#lifetime = new StoreLifetime(`store "${stream.name}"`, this.onWarning);
    this.signal = this.#lifetime.signal;
    this.snapshots = this.#lifetime.guard(parts.snapshots);
    this.projections = this.#lifetime.guard(parts.projections);
    this.#publisher = new Publisher(appendTarget(this, this.#lifetime, parts, options.codec));
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

  publish<Event extends DomainEvent>(
    commit: NewCommit<Event>,
    options?: PublishOptions,
  ): Promise<Published> {
    return this.#publisher.publish(commit, options);
  }

  transact<Events extends readonly DomainEvent[]>(
    commits: { readonly [Index in keyof Events]: NewCommit<Events[Index]> },
    options?: PublishOptions,
  ): Promise<readonly Published[]> {
    return this.#publisher.transact(commits, options);
  }

  importer(): Importer {
    return this.#publisher.importer();
  }

  replay<S extends Selectable>(selection: S, options: ReplayOptions = {}): EventStream<EventOf<S>> {
    const bounds = checkReplayOptions(options);
    const of = this.#reading(selection, options);
    const whole = of.selector.single !== undefined;
    const read = () => (this.#lifetime.assertOpen(), replayStream<EventOf<S>>(of, bounds));
    return eventStream(read, whole, of.signal);
  }

  subscribe<S extends Selectable>(
    selection: S,
    options: SubscribeOptions = {},
  ): Subscription<EventOf<S>> {
    this.#lifetime.assertOpen();
    const after = checkSubscribeOptions(options);
    const start = startOf(this.#stream, after, this.signal);
    const of = {
      ...this.#reading(selection, options),
      storeId: this.storeId,
      outage: (cause: Error | undefined) =>
        call("onOutage", options.onOutage, [cause], this.onWarning),
      track: (work: Promise<unknown>) => this.defer(work, "closing a subscription"),
    };
    const read = () => subscribeStream<EventOf<S>>(of, start);
    return subscription(read, of.selector, options, of.signal, this.onWarning);
  }

  async last<Event extends DomainEvent>(
    family: Family<Event>,
    id: string,
    options: ReadOptions = {},
  ): Promise<Commit<Event> | undefined> {
    this.#lifetime.assertOpen();
    return lastCommit<Event>(this.#stream, this.#codecs, family, id, options);
  }

  async at<S extends Selectable>(
    selection: S,
    sequence: Sequence,
    options: ReadOptions = {},
  ): Promise<Commit<EventOf<S>> | undefined> {
    this.#lifetime.assertOpen();
    return commitAt<EventOf<S>>(this.#stream, this.#codecs, selection, sequence, options);
  }

  history<Event extends DomainEvent>(
    last: Commit<Event>,
    options: HistoryOptions,
  ): AsyncIterable<Commit<Event>> {
    this.#lifetime.assertOpen();
    const { signal } = this.#lifetime;
    const batches = historyOf(this.#stream, this.#codecs, last, options, signal);
    return flatten(batches, (commits) => commits, options.signal);
  }

  async end(
    selection: Selectable,
    { signal, timeoutMs = patienceMs }: ReadOptions = {},
  ): Promise<Sequence> {
    this.#lifetime.assertOpen();
    return endOf(this.#stream, selectorOf(selection), signal, deadlineIn(timeoutMs));
  }

  async count(selection: Selectable, after: Sequence, options: ReadOptions = {}): Promise<number> {
    this.#lifetime.assertOpen();
    return countSelected(this.#stream, selectorOf(selection), after, options.signal);
  }

  async stampAt(sequence: Sequence, options: ReadOptions = {}): Promise<string | undefined> {
    this.#lifetime.assertOpen();
    return stampAt(this.#stream, sequence, options);
  }

  async *ids(family: Family, { signal }: ReadOptions = {}): AsyncIterable<string> {
    this.#lifetime.assertOpen();
    const all = subjectOf(this.#stream, checkFamily(family), "*");
    const ending = eitherSignal(this.#lifetime.signal, signal);
    for await (const subject of subjectsOf(this.#stream, all, ending)) {
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

  async close(): Promise<void> {
    await this.#lifetime.close();
    this.#stream.requests.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #reading(selection: Selectable, options: ReplayOptions | SubscribeOptions): StreamReplay {
    return {
      stream: this.#stream,
      selector: selectorOf(selection),
      codecs: this.#codecs,
      poison: options.poison,
      signal: eitherSignal(this.#lifetime.signal, options.signal),
    };
  }
}

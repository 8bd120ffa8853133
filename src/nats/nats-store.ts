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
  checkFamily,
  checkReplayOptions,
  checkSubscribeOptions,
  type Deadline,
  endingWith,
  storedIn,
  eventStream,
  flatten,
  same,
  type Publisher,
  selectorOf,
  StoreLifetime,
  warnBy,
} from "../event/backend/index.ts";
import { publisherOn } from "./publisher-on.ts";
import { historyOf, type HistorySource } from "./history.ts";
import { firstSequence, lastSequence } from "./identity.ts";
import { countSelected } from "./messages/count.ts";
import { openParts, type OpenedParts } from "./setup/open-parts.ts";
import type { NatsStoreOptions } from "./options.ts";
import { purgeBefore } from "./purge.ts";
import { commitAt, lastCommit, stampAt, storedPages } from "./read-commit.ts";
import { endOf, replayStream, type StreamReplay } from "./replay.ts";
import { patience } from "./requests/request.ts";
import type { Stream } from "./stream.ts";
import { idsOf } from "./subjects.ts";
import { openSubscription } from "./subscribe.ts";
import { StreamWitness } from "./witness/stream-witness.ts";
import { witnessTiming } from "./witness/witness.ts";

/**
 * A store on NATS JetStream: one stream `<name>`, one subject per aggregate, two key-value buckets.
 * The connection stays the caller's: `close()` ends what the store began on it and leaves it open.
 */
export class NatsStore implements EventStore {
  readonly name: string;
  readonly storeId: string;
  readonly doubtMs: number;
  readonly signal: AbortSignal;
  readonly snapshots: Bucket;
  readonly projections: Bucket;
  readonly roots: RootCache;
  readonly onWarning: EventStore["onWarning"];
  readonly stored: EventStore["stored"];
  readonly #stream: Stream;
  readonly #source: HistorySource;
  readonly #publisher: Publisher;
  readonly #lifetime: StoreLifetime;
  readonly #witness: StreamWitness;

  private constructor(options: NatsStoreOptions, parts: OpenedParts) {
    this.name = parts.stream.name;
    this.storeId = parts.storeId;
    this.doubtMs = parts.replicated ? witnessTiming.apartMs : 0;
    this.onWarning = warnBy(options.onWarning);
    this.#stream = parts.stream;
    this.roots = parts.roots;
    this.#witness = new StreamWitness(parts, this.onWarning);
    this.#source = { stream: parts.stream, witness: this.#witness, codecs: parts.codecs };
    const what = `store "${this.name}"`;
    this.#lifetime = new StoreLifetime(what, this.onWarning, () => this.#witness.verdict);
    this.signal = this.#lifetime.signal;
    this.snapshots = this.#lifetime.guard(this.#witness.guard(parts.snapshots));
    this.projections = this.#lifetime.guard(this.#witness.guard(parts.projections));
    this.stored = storedIn(parts.codecs, this.#lifetime, (of, signal) =>
      storedPages(parts.stream, this.#witness, of, signal),
    );
    this.#publisher = publisherOn(this, this.#lifetime, this.#witness, parts, options.codec);
    for (const warning of parts.warnings) this.onWarning(warning);
  }

  /**
   * Open a store on a connection of the `@nats-io/*` client: create its stream and buckets, or
   * verify them. Without admin rights an existing store can be used.
   *
   * @throws {@link ConfigError} when the connection is closed or of another client, the server is
   *   older than {@link oldestServer}, something may not be created, or the stream is set up so that it could lose
   *   events
   * @throws {@link InvalidInputError} when an option breaks its rule
   * @throws {@link UnavailableError} when JetStream does not answer within 15 s
   */
  static async open(connection: NatsConnection, options: NatsStoreOptions): Promise<NatsStore> {
    return new NatsStore(options, await openParts(connection, options));
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
    const of = this.#reading(selection, options.poison);
    const read = (signal: AbortSignal) => replayStream<EventOf<S>>({ ...of, signal }, bounds);
    return eventStream(read, of.selector.single !== undefined, this.signal, options.signal);
  }

  subscribe<S extends Selectable>(
    selection: S,
    options: SubscribeOptions = {},
  ): Subscription<EventOf<S>> {
    this.#lifetime.assertOpen();
    const after = checkSubscribeOptions(options);
    const of = this.#reading(selection, options.poison);
    return openSubscription<EventOf<S>>(this, of, after, options);
  }

  async last<Event extends DomainEvent>(
    family: Family<Event>,
    id: string,
    options: ReadOptions = {},
  ): Promise<Commit<Event> | undefined> {
    const deadline = await this.#ready(options);
    return lastCommit<Event>(this.#source, family, id, options, deadline);
  }

  async at<S extends Selectable>(
    selection: S,
    sequence: Sequence,
    options: ReadOptions = {},
  ): Promise<Commit<EventOf<S>> | undefined> {
    const deadline = await this.#ready(options);
    return commitAt<EventOf<S>>(this.#source, selection, sequence, options, deadline);
  }

  history<Event extends DomainEvent>(
    last: Commit<Event>,
    options: HistoryOptions,
  ): AsyncIterable<Commit<Event>> {
    this.#lifetime.assertOpen();
    const read = historyOf(this.#source, last, options, this.signal);
    return flatten(read, same, { signal: options.signal });
  }

  async end(selection: Selectable, options: ReadOptions = {}): Promise<Sequence> {
    const deadline = await this.#ready(options);
    return endOf(this.#stream, selectorOf(selection), options.signal, deadline);
  }

  async lastSequence(options: ReadOptions = {}): Promise<Sequence> {
    const deadline = await this.#ready(options);
    return lastSequence(this.#stream, options.signal, deadline);
  }

  async firstSequence(options: ReadOptions = {}): Promise<Sequence> {
    const deadline = await this.#ready(options);
    return firstSequence(this.#stream, options.signal, deadline);
  }

  async count(selection: Selectable, after: Sequence, options: ReadOptions = {}): Promise<number> {
    await this.#ready(options);
    return countSelected(this.#stream, selectorOf(selection), after, options.signal);
  }

  async stampAt(sequence: Sequence, options: ReadOptions = {}): Promise<string | undefined> {
    const deadline = await this.#ready(options);
    return stampAt(this.#stream, sequence, options, deadline);
  }

  ids(family: Family, options: ReadOptions = {}): AsyncIterable<string> {
    this.#lifetime.assertReadable(options);
    const ending = endingWith(this.signal, options.signal);
    return idsOf(this.#stream, family, ending, () => this.#ready(options));
  }

  async truncate(
    family: Family,
    id: string,
    before: Sequence,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    await this.#ready(options);
    return purgeBefore(this.#stream, checkFamily(family), checkId(id), before, options.signal);
  }

  defer(work: Promise<unknown>, what: string): void {
    this.#lifetime.defer(work, what);
  }

  async close(): Promise<void> {
    await this.#lifetime.close();
    this.#witness.close(this.signal.reason);
    this.#stream.requests.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Open, and on the stream that was opened. @returns by when all is to be done */
  #ready(options: ReadOptions): Deadline | Promise<Deadline> {
    this.#lifetime.assertReadable(options);
    const deadline = patience(options);
    return this.#witness.trust(options.signal, deadline)?.then(() => deadline) ?? deadline;
  }

  #reading(selection: Selectable, poison: StreamReplay["poison"]): Omit<StreamReplay, "signal"> {
    return { ...this.#source, selector: selectorOf(selection), poison };
  }
}

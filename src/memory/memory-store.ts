import {
  type Bucket,
  checkId,
  checkName,
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
  RootCache,
  type Selectable,
  type Sequence,
  type SubscribeOptions,
  type Subscription,
} from "../event/index.ts";
import {
  alone,
  checkFamily,
  checkReplayOptions,
  checkSequence,
  checkSubscribeOptions,
  codecSetOf,
  endingWith,
  storedIn,
  eventStream,
  flatten,
  Publisher,
  same,
  commitOf,
  type Selector,
  selectorOf,
  type StoredMessage,
  StoreLifetime,
  subscription,
  warnBy,
} from "../event/backend/index.ts";
import { appendTarget } from "./append-target.ts";
import { memoryBucket } from "./memory-bucket.ts";
import { checkOptions } from "../event/arguments.ts";
import { MemoryLog } from "./memory-log.ts";
import { type MemoryStoreOptions, storeRules } from "./options.ts";
import {
  copyOf,
  countAfter,
  endOf,
  historyOfLog,
  idsOf,
  type LogRead,
  replayLog,
  stampAt,
  pagesAfter,
  subscribeLog,
} from "./read-log.ts";
import { truncateLog } from "./truncate-log.ts";

/**
 * A store in this process's memory: for tests, and the shortest backend there is to read. It keeps
 * every promise of the interfaces but durability, on the same frames as JetStream's.
 */
export class MemoryStore implements EventStore {
  readonly name: string;
  readonly storeId: string;
  readonly signal: AbortSignal;
  readonly snapshots: Bucket;
  readonly projections: Bucket;
  readonly roots: RootCache;
  readonly onWarning: EventStore["onWarning"];
  readonly stored: EventStore["stored"];
  readonly #log: MemoryLog;
  readonly #codecs: LogRead["codecs"];
  readonly #publisher: Publisher;
  readonly #lifetime: StoreLifetime;

  private constructor(options: MemoryStoreOptions) {
    checkOptions("MemoryStore.open", options, storeRules);
    const { name = "memory", log = new MemoryLog() } = options;
    this.name = checkName("name", name);
    this.storeId = log.storeId;
    this.onWarning = warnBy(options.onWarning);
    this.#log = log;
    this.#codecs = codecSetOf(options);
    this.roots = new RootCache(options.cachedRoots);
    this.#lifetime = new StoreLifetime(`memory store "${name}"`, this.onWarning);
    this.signal = this.#lifetime.signal;
    this.stored = storedIn(this.#codecs, this.#lifetime, (of) => pagesAfter(log, of, 0));
    this.snapshots = this.#lifetime.guard(memoryBucket(log, `${name}-snapshots`));
    this.projections = this.#lifetime.guard(memoryBucket(log, `${name}-projections`));
    this.#publisher = new Publisher(appendTarget(this, this.#lifetime, log, options));
  }

  /** Open a store; asynchronous only to look like the others. */
  static open(options: MemoryStoreOptions = {}): Promise<MemoryStore> {
    return new Promise((resolve) => resolve(new MemoryStore(options)));
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
    const selector = selectorOf(selection);
    const bounds = checkReplayOptions(options);
    const read = (signal: AbortSignal) =>
      replayLog<EventOf<S>>(this.#read(selector, options.poison, signal), bounds);
    return eventStream(read, selector.single !== undefined, this.signal, options.signal);
  }

  subscribe<S extends Selectable>(
    selection: S,
    options: SubscribeOptions = {},
  ): Subscription<EventOf<S>> {
    const selector = selectorOf(selection);
    const checked = checkSubscribeOptions(options);
    const after = checked === "new" ? this.#log.lastSequence : checked;
    const read = (signal: AbortSignal) =>
      subscribeLog<EventOf<S>>(this.#read(selector, options.poison, signal), after);
    return subscription(read, selector, options, this.signal, this.onWarning);
  }

  async last<Event extends DomainEvent>(
    family: Family<Event>,
    id: string,
    options: ReadOptions = {},
  ): Promise<Commit<Event> | undefined> {
    this.#lifetime.assertReadable(options);
    const message = this.#log.of(checkFamily(family), checkId(id)).at(-1);
    return message && this.#commit(message, family);
  }

  async at<S extends Selectable>(
    selection: S,
    sequence: Sequence,
    options: ReadOptions = {},
  ): Promise<Commit<EventOf<S>> | undefined> {
    this.#lifetime.assertReadable(options);
    const { families } = selectorOf(selection);
    const message = this.#log.at(checkSequence("sequence", sequence));
    const part = families
      .get(message?.family ?? "")
      ?.find(({ id }) => id === undefined || id === message?.id);
    return part && this.#commit(message!, part.family);
  }

  history<Event extends DomainEvent>(
    last: Commit<Event>,
    { after, signal }: HistoryOptions,
  ): AsyncIterable<Commit<Event>> {
    const selector = selectorOf(last.definition.of(last.id));
    const ending = endingWith(this.signal, signal);
    const read = this.#read(selector, undefined, ending.signal);
    return flatten(historyOfLog<Event>(read, last, after), same, ending);
  }

  async end(selection: Selectable, options: ReadOptions = {}): Promise<Sequence> {
    this.#lifetime.assertReadable(options);
    return endOf(this.#log, selectorOf(selection));
  }

  async count(selection: Selectable, after: Sequence, options: ReadOptions = {}): Promise<number> {
    this.#lifetime.assertReadable(options);
    return countAfter(this.#log, selectorOf(selection), after);
  }

  async stampAt(sequence: Sequence, options: ReadOptions = {}): Promise<string | undefined> {
    this.#lifetime.assertReadable(options);
    return stampAt(this.#log, sequence);
  }

  ids(family: Family, options: ReadOptions = {}): AsyncIterable<string> {
    this.#lifetime.assertReadable(options);
    return flatten(idsOf(this.#log, family, options.signal), alone);
  }

  async truncate(
    family: Family,
    id: string,
    before: Sequence,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    this.#lifetime.assertReadable(options);
    return truncateLog(this.#log, family, id, before);
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

  #read(selector: Selector, poison: LogRead["poison"], signal: AbortSignal): LogRead {
    this.#lifetime.assertOpen();
    return { log: this.#log, selector, codecs: this.#codecs, poison, signal };
  }

  #commit<Event extends DomainEvent>(stored: StoredMessage, family: Family): Commit<Event> {
    return commitOf<Event>(copyOf(stored), family, this.#codecs);
  }
}

import type { Aggregate, ProcessContext } from "../aggregate/index.ts";
import { copyOf } from "../event/copy.ts";
import { type Codec, type DomainEvent, type Metadata, msgpackCodec } from "../event/index.ts";
import {
  checkedThere,
  checkOptions,
  isObject,
  isPlainObject,
  isValidDate,
  type Rules,
  wholeFrom,
} from "../event/arguments.ts";
import { assertEvents, assertRejected, assertState, failure } from "./outcome.ts";
import type { ExpectedRejection, Outcome } from "./outcome.ts";
import { rehearse } from "./rehearse.ts";
import { checkKind, checkList } from "../event/kinds.ts";

export type { ExpectedRejection, Outcome };

/** What {@link given} takes besides the aggregate and its events. */
export interface GivenOptions<Services = unknown> {
  /** The aggregate's id. @default "test-id" */
  readonly id?: string;
  /** @default 2000-01-01T00:00:00Z */
  readonly now?: Date;
  /**
   * Makes the ids that `process` asks for, or lists them.
   * @default counts from 00000000-0000-4000-8000-000000000001
   */
  readonly newId?: (() => string) | readonly string[];
  readonly metadata?: Metadata;
  /** Required when the aggregate declares services. */
  readonly services?: Services;
  /** The store's codec: what it cannot carry fails the test. @default msgpackCodec, as in a store */
  readonly codec?: Codec;
  /** The server's `max_payload`, in bytes: no commit or state may be larger. @default 1 MiB, as there */
  readonly maxMessageBytes?: number;
}

const givenRules: Rules<GivenOptions> = {
  id: checkedThere,
  now: isValidDate,
  newId: checkedThere,
  metadata: isPlainObject,
  services: checkedThere,
  codec: isObject,
  maxMessageBytes: wholeFrom(1),
};

/** A command is to come; see {@link given}. */
export interface Given<State, Command, Event extends DomainEvent> {
  /** Run the command. Nothing is stored: each call starts from the events given. */
  when(command: Command): When<State, Event>;
}

/**
 * A command that was run. Each method checks it, and may be called beside the others. When
 * `process` is sync they throw at once; when it is async, await what they return (a failure nobody
 * awaits comes up as an unhandled rejection). `await` on the whole gives its {@link Outcome}.
 */
export interface When<State, Event extends DomainEvent> {
  /** Accepted, with exactly these events; `[]`: with none. */
  then(this: NotAwaited, expected: readonly Event[]): PromiseLike<void>;
  /** What `await` calls. */
  then<Result, Failed = never>(
    onOutcome: (outcome: Outcome<State, Event>) => Result | PromiseLike<Result>,
    onFailure?: ((failure: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Result | Failed>;
  /** Rejected: `process` threw such a `Rejection`. */
  thenRejected(expected: ExpectedRejection): PromiseLike<void>;
  /** Accepted, and this is the state after its events. */
  thenState(expected: State): PromiseLike<void>;
}

/**
 * Any {@link When}. The optional member makes the compiler leave this overload out when it looks
 * for the callbacks of a thenable, so that `await` compiles beside `then([...])`.
 */
interface NotAwaited {
  thenRejected(expected: ExpectedRejection): unknown;
  readonly "~never"?: never;
}

/**
 * Test a decision without a store: events that happened, a command, what it leads to.
 *
 * As strict as production. The test fails on whatever `process` throws that is no `Rejection`; on
 * events, given or produced, that the codec, the family's types, its schema or the size of a message
 * refuse; on a state that can't be stored, unless the aggregate has `snapshots: false`; on a `process`
 * or an `apply` that changes what it is given; and on one that comes to something else when it is
 * called once more. `apply` always is; `process` is unless services are given, since what it asks
 * outside may answer otherwise. Works with every test runner: it throws AssertionErrors.
 *
 * @example
 * given(Tab, [opened]).when({ type: "PlaceOrder", items }).then([drinksOrdered, foodOrdered]);
 * given(Tab, []).when({ type: "PlaceOrder", items }).thenRejected("tab-not-open");
 */
export function given<State, Command, Event extends DomainEvent, Services>(
  aggregate: Aggregate<State, Command, Event, Services>,
  events: readonly NoInfer<Event>[],
  ...[options]: unknown extends Services
    ? [options?: GivenOptions]
    : [options: GivenOptions<Services> & { readonly services: Services }]
): Given<State, Command, Event> {
  checkKind("aggregate", aggregate);
  checkList("events", events);
  checkOptions("given", options, givenRules);
  const { id = "test-id", metadata = {}, codec = msgpackCodec } = options ?? {};
  const { maxMessageBytes = 1 << 20 } = options ?? {};
  const asksOutside = options?.services !== undefined;
  const contexts = (): (() => ProcessContext<Services>) => {
    const nextId = idsFrom(options?.newId);
    const ids: string[] = [];
    return () => ({
      id,
      revision: events.length,
      now: new Date(options?.now ?? "2000-01-01T00:00:00Z"),
      newId: sameIds(ids, nextId),
      metadata: copyOf(metadata),
      services: options?.services as Services,
      signal: new AbortController().signal,
    });
  };
  const stored = { id, metadata, codec, maxMessageBytes, asksOutside };
  const run = rehearse(aggregate, events, stored);
  return { when: (command) => checksOf(run(command, contexts())) };
}

/** The n-th call of each attempt gives the same id. */
function sameIds(ids: string[], nextId: () => string): () => string {
  let count = 0;
  return () => (ids[count++] ??= nextId());
}

function idsFrom(source: GivenOptions["newId"]): () => string {
  if (typeof source === "function") return source;
  let calls = 0;
  return () => {
    calls += 1;
    if (source === undefined) return `00000000-0000-4000-8000-${String(calls).padStart(12, "0")}`;
    const id = source[calls - 1];
    if (id === undefined) throw failure(`newId was called ${calls} times for ${source.length} ids`);
    return id;
  };
}

function checksOf<State, Event extends DomainEvent>(
  outcome: Outcome<State, Event> | Promise<Outcome<State, Event>>,
): When<State, Event> {
  type Check = (outcome: Outcome<State, Event>) => void;
  const run = (check: Check, caller: (expected: never) => unknown): PromiseLike<void> => {
    if (outcome instanceof Promise) return outcome.then(check);
    try {
      check(outcome);
    } catch (error) {
      // The first line of the stack is the test's.
      Error.captureStackTrace(error as Error, caller);
      throw error;
    }
    return Promise.resolve();
  };
  const then = (first: unknown, second?: (failure: unknown) => unknown): PromiseLike<unknown> =>
    typeof first === "function"
      ? Promise.resolve(outcome).then(first as (outcome: unknown) => unknown, second)
      : run((it) => assertEvents(it, first), then);
  const thenRejected = (expected: ExpectedRejection): PromiseLike<void> =>
    run((it) => assertRejected(it, expected), thenRejected);
  const thenState = (expected: State): PromiseLike<void> =>
    run((it) => assertState(it, expected), thenState);
  // oxlint-disable-next-line unicorn/no-thenable -- on purpose: `await` gives the outcome
  return { then: then as When<State, Event>["then"], thenRejected, thenState };
}

import type { DomainEvent } from "../event/index.ts";
import type { AggregateParts, ProcessContext } from "./aggregate.ts";

/**
 * An `AggregateDefinition` as `defineAggregate` takes it: `process` and `apply` need no return types.
 *
 * Both are conditional types that are always true. The compiler resolves them, with the state and the
 * events that it has inferred before, when it looks at what a function returns (TypeScript 5.8, 6.0).
 * So `type: "Opened"` stays a literal. `Made` and `Next` are what the functions return.
 */
export interface InferredDefinition<
  State,
  Command,
  Event extends DomainEvent,
  Services,
  Made,
  Next,
> extends AggregateParts<State, Event> {
  /**
   * Decide: which events (0 to n) does this command lead to? Throw a `Rejection` to reject it. May be
   * async, and may run more than once for one `execute`: see {@link AggregateDefinition.process}.
   */
  readonly process: [State, Event] extends [unknown, unknown]
    ? Handlers<State, Command, Event, Services, Made, Next>["process"]
    : never;
  /** The state after an event. Pure: see {@link AggregateDefinition.apply}. */
  readonly apply: [State, Event] extends [unknown, unknown]
    ? Handlers<State, Command, Event, Services, Made, Next>["apply"]
    : never;
}

interface Handlers<State, Command, Event extends DomainEvent, Services, Made, Next> {
  process(
    state: State,
    command: Command,
    context: ProcessContext<Services>,
  ): Made & Declared<OneOf<Made>, Event>;
  apply(state: State, event: NoInfer<Event>): Next & Declared<Next, State>;
}

/** What `process` returns. */
export type Decision<Event> = readonly Event[] | Promise<readonly Event[]>;

type OneOf<Made> = Awaited<Made> extends readonly (infer Event)[] ? Event : never;

/**
 * Where nothing is inferred yet (a function all of whose parameters are annotated is looked at first),
 * this keeps literals, too. No value has this type.
 */
export interface Literals {
  readonly type: "";
  readonly [property: string]: "" | 0 | 0n | false | Literals | readonly Literals[];
}

/** Nothing more to ask for, or a property that what is given can't have, named as the error. */
type Declared<Given, Known> = [Undeclared<Given, Known>] extends [never]
  ? unknown
  : { readonly "a property that is not declared": Undeclared<Given, Known> };

type Undeclared<Given, Known> = Given extends object
  ? Given extends readonly unknown[] | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
    ? never
    : Exclude<keyof Given, KeyOfEach<SameType<Given, Known>>>
  : never;

/** Of a union of events only the one of the same type. */
type SameType<Given, Known> = Given extends DomainEvent
  ? Known extends DomainEvent
    ? Known["type"] extends Given["type"]
      ? Known
      : never
    : Known
  : Known;

type KeyOfEach<Known> = Known extends unknown
  ? string extends keyof Known
    ? PropertyKey
    : keyof Known
  : never;

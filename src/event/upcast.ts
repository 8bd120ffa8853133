import { checkArgument, isObject } from "./arguments.ts";
import { InvalidInputError } from "./errors.ts";
import type { DomainEvent } from "./family.ts";

/** A step from one schema version of an event to the next. */
export type Upcast = (old: never) => unknown;

/** Steps from the oldest version to today's; the last one returns today's event. */
export type UpcastChain<Event> = readonly [] | readonly [...Upcast[], (old: never) => Event];

/**
 * Makes the compiler check that each step takes what the one before it returns. A step that does
 * not is shown the signature it should have.
 */
export type LinkedChains<Types> = {
  readonly [Type in keyof Types]: Types[Type] extends { readonly upcast: infer Chain }
    ? { readonly upcast: Linked<Chain> }
    : unknown;
};

type Linked<Chain> = Chain extends readonly [infer First, infer Second, ...infer Rest]
  ? readonly [First, ...Linked<readonly [Follows<First, Second>, ...Rest]>]
  : Chain;

type Follows<First, Second> = First extends (old: never) => infer Next
  ? Second extends (old: infer Old) => infer Result
    ? [Next] extends [Old]
      ? Second
      : (old: Next) => Result
    : never
  : never;

/**
 * Bring an event of an older schema version to today's.
 * @param version - the version it was stored with, 1 to the chain's length + 1
 * @throws {@link InvalidInputError} when a step returns a promise, no object, or at last another type
 */
export function upcastEvent(
  chain: readonly Upcast[],
  version: number,
  event: DomainEvent,
): DomainEvent {
  let current: unknown = event;
  for (let step = version - 1; step < chain.length; step++) {
    current = chain[step]!(current as never);
    checkStep(step + 1, current);
  }
  const { type } = current as DomainEvent;
  if (type === event.type) return current as DomainEvent;
  throw new InvalidInputError("type", `must stay "${event.type}" in upcasters`, type);
}

function checkStep(version: number, event: unknown): void {
  if (event instanceof Promise) event.catch(() => undefined);
  const what = `what the upcaster of version ${version} returns`;
  checkArgument(what, event, (value) =>
    value instanceof Promise ? "must be an event, not a promise of one" : isObject(value),
  );
}

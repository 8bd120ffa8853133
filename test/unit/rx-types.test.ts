import { type Commit, defineEvents, type Envelope, type EventStore, type Running } from "jetfold";
import {
  commits$,
  events$,
  type EventsOptions,
  projected$,
  projectWith,
  type RunStatus,
  state$,
} from "jetfold/rx";
import type { Observable } from "rxjs";
import { expectTypeOf, test } from "vitest";

// What is checked here is checked by the compiler; nothing runs.

type Opened = { readonly type: "Opened"; readonly owner: string };
type Closed = { readonly type: "Closed" };
type Renamed = { readonly type: "Renamed"; readonly name: string };

const Accounts = defineEvents<Opened | Closed>()({
  name: "Account",
  types: { Opened: {}, Closed: {} },
});
const Customers = defineEvents<Renamed>()({ name: "Customer", types: { Renamed: {} } });

declare const store: EventStore;
declare const running: Running;
declare const names: Observable<string>;
declare const signal: AbortSignal;

const unused = (): unknown[] => {
  expectTypeOf(events$(store, Accounts)).toEqualTypeOf<Observable<Envelope<Opened | Closed>>>();
  expectTypeOf(events$(store, Accounts.only("Opened"))).toEqualTypeOf<
    Observable<Envelope<Opened>>
  >();
  expectTypeOf(events$(store, [Accounts, Customers], { read: "live" })).toEqualTypeOf<
    Observable<Envelope<Opened | Closed | Renamed>>
  >();
  expectTypeOf(commits$(store, Customers.of("ada"), { after: 3 })).toEqualTypeOf<
    Observable<Commit<Renamed>>
  >();
  expectTypeOf(state$(running)).toEqualTypeOf<Observable<RunStatus>>();

  const lengths = names.pipe(projectWith(async (name) => name.length, { buffer: 3 }));
  expectTypeOf(lengths).toEqualTypeOf<Observable<number>>();
  expectTypeOf(names.pipe(projectWith((name) => [name], { buffer: 3 }))).toEqualTypeOf<
    Observable<string[]>
  >();
  const owners = projected$(
    store,
    Accounts.only("Opened"),
    async ({ event }, aborting) => {
      expectTypeOf(aborting).toEqualTypeOf<AbortSignal>();
      return event.owner;
    },
    { read: "history", until: new Date(), buffer: 3, concurrency: 2 },
  );
  expectTypeOf(owners).toEqualTypeOf<Observable<string>>();

  const good: EventsOptions[] = [
    {},
    { after: 3 },
    { read: "both", after: 3, onCaughtUp: () => undefined, poison: "skip" },
    { read: "live", onOutage: () => undefined },
    { read: "history", after: 3, until: 9 },
  ];
  return [
    good,
    // @ts-expect-error nothing is read for ever up to a bound
    events$(store, Accounts, { until: 3 }),
    // @ts-expect-error live begins now
    events$(store, Accounts, { read: "live", after: 3 }),
    // @ts-expect-error history has no outages: it fails
    events$(store, Accounts, { read: "history", onOutage: () => undefined }),
    // @ts-expect-error unsubscribing is the way to abort
    events$(store, Accounts, { signal }),
    // @ts-expect-error a bound is not to be forgotten
    names.pipe(projectWith(async (name) => name, {})),
    // @ts-expect-error nor here
    projected$(store, Accounts, async () => 1, { read: "history" }),
    // @ts-expect-error it is "Opened"
    events$(store, Accounts.only("opened")),
  ];
};

test("streams have the types of what they read", () => {
  expectTypeOf(unused).toBeFunction();
});

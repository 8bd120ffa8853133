import { InvalidInputError } from "./errors.ts";

/** What tells a kind of argument: it may be of another copy of the package, or made by hand. */
interface Kind {
  /** With its article. */
  readonly what: string;
  /** What it has, each of them. */
  readonly has: readonly string[];
  /** Or this, in place of that. */
  readonly or?: string;
}

type Name =
  | "aggregate"
  | "projection"
  | "reactor"
  | "checkpoints"
  | "envelope"
  | "running"
  | "database"
  | "definition"
  | "harness";

/** The objects that functions of this package take. */
const kinds: Readonly<Record<Name, Kind>> = {
  aggregate: { what: "an aggregate of defineAggregate", has: ["events", "initial", "apply"] },
  projection: { what: "a projection of defineProjection", has: ["name", "version", "events"] },
  reactor: { what: "a reactor of defineReactor", has: ["name", "version", "events", "react"] },
  checkpoints: {
    what: "checkpoints, as of kvCheckpoints or postgresCheckpoints",
    has: ["resume", "activeVersion", "forget"],
  },
  envelope: { what: "an envelope of a store", has: ["commit", "type", "body"] },
  running: { what: "what observe, react or startWorker returns", has: ["onChange", "done"] },
  database: { what: "a pool of pg, or a PGlite", has: ["connect"], or: "transaction" },
  definition: { what: "an object with start()", has: ["start"] },
  harness: { what: "a harness, with open()", has: ["open"] },
};

/**
 * Is an argument what it is called? Costs a few looks, so that hot paths can ask.
 * @throws {@link InvalidInputError} naming it; a promise is told apart: `await` is what is missing
 */
export function checkKind(name: Name, value: unknown): void {
  const { what, has, or } = kinds[name];
  if (or !== undefined && hasMember(value, or)) return;
  for (const member of has) if (!hasMember(value, member)) throw refusal(name, what, value);
}

/** The same, of a store, of which this is used. */
export function checkStore(store: unknown, member: string): void {
  if (hasMember(store, member)) return;
  throw refusal("store", `a store, which has ${member}`, store);
}

/** The same, of several in a row. */
export function checkList(name: string, value: unknown): void {
  if (!Array.isArray(value)) throw refusal(name, "an array", value);
}

function hasMember(value: unknown, member: string): boolean {
  return (value as Readonly<Record<string, unknown>> | null | undefined)?.[member] !== undefined;
}

function refusal(name: string, what: string, value: unknown): InvalidInputError {
  const rule = hasMember(value, "then") ? `must be awaited, to be ${what}` : `must be ${what}`;
  return new InvalidInputError(name, rule, value);
}

import { isDeepStrictEqual } from "node:util";
import {
  type Commit,
  ConfigError,
  type DomainEvent,
  InvalidInputError,
  type Metadata,
  type RootCache,
} from "../event/index.ts";
import { checksumOf } from "../event/wire/checksum.ts";
import type { Foldable } from "./aggregate.ts";

/** What tells a definition from another one of its family. */
export interface Definition extends Pick<
  Foldable<unknown, DomainEvent>,
  "name" | "version" | "events"
> {
  initial(): unknown;
  readonly apply: unknown;
}

/** Under which key a base's metadata says whose state it holds. */
const markKey = "jetfoldBase";

/** Whose state a base holds; absent from those that were written before there was one. */
interface BaseMark {
  readonly of: string;
  readonly shape: string;
}

/** What a definition's states are kept under, for ever: its name, or its family's. */
function nameOf({ name, events }: Pick<Definition, "name" | "events">): string {
  return name ?? events.name;
}

/**
 * What a snapshot is checked by. A name is a promise: every build of that definition may use it.
 * Without one, only the same code may: what is too strict costs a replay, and nothing else.
 */
export function snapshotOwner({ name, initial, apply }: Definition): string {
  if (name !== undefined) return name;
  return `code:${hashOf(`${shapeOf(initial())}\n${String(initial)}\n${String(apply)}`)}`;
}

/**
 * What a definition's snapshots are checked by on a store, worked out once; undefined when none is to
 * be believed. Functions made by one function have the same source, whatever they close over, so of
 * two definitions without a name whose code is equal neither is known from the other.
 */
export function ownerIn(
  { owners, nameless }: RootCache,
  definition: Definition,
): string | undefined {
  const { name, version, events } = definition;
  if (name !== undefined) return name;
  const known = owners.get(definition);
  const owner = known ?? snapshotOwner(definition);
  const alike = `${events.name}.${version}.${owner}`;
  if (known === undefined) {
    owners.set(definition, owner);
    for (const key of [alike, versionKey(definition)]) meet(nameless, key, definition);
  }
  return nameless.get(alike) === several ? undefined : owner;
}

const several = "several";

function meet(nameless: RootCache["nameless"], key: string, definition: Definition): void {
  const before = nameless.get(key);
  if (before === undefined) nameless.set(key, definition);
  else if (before !== several && !isSameFold(before as Definition, definition)) {
    nameless.set(key, several);
  }
}

/** A variant of a definition, of other snapshots or another `process`, folds the same. */
function isSameFold(one: Definition, other: Definition): boolean {
  if (one === other) return true;
  const { apply, version } = one;
  if (apply !== other.apply || version !== other.version) return false;
  return !/\bthis\b/.test(String(apply)) && isDeepStrictEqual(one.initial(), other.initial());
}

/**
 * A base of a definition without a name would pass for the state of any other one.
 * @throws {@link ConfigError} when this store has seen another one of the family
 */
export function assertOneFold(roots: RootCache, definition: Definition): void {
  if (definition.name !== undefined) return;
  ownerIn(roots, definition);
  if (roots.nameless.get(versionKey(definition)) === several) throw lacksName(definition);
}

/** Those of two versions are taken for versions of one definition: that is what a version says. */
function versionKey({ events, version }: Definition): string {
  return `${events.name}.${version}`;
}

/**
 * A root's state is of use to who folded it, and to nobody else.
 * @param by - who folded it
 * @throws {@link InvalidInputError} when that was another definition, or another version of it
 */
export function assertFoldedBy(definition: Definition, by: Definition): void {
  if (definition === by) return;
  const unnamed = definition.name === undefined && by.name === undefined;
  const [own, other] = [labelOf(definition), labelOf(by)];
  if (unnamed ? isSameFold(definition, by) : own === other) return;
  const hint = own === other ? " that has the same name: give each one of its own" : "";
  const rule = `must be of aggregate ${own}, and not of another one${hint}`;
  throw new InvalidInputError("root", rule, `a root of ${other}`);
}

function labelOf(definition: Definition): string {
  return `${nameOf(definition)} (version ${definition.version})`;
}

/** Several definitions without a name can't be told apart. */
export function lacksName({ events: { name } }: Definition): ConfigError {
  return new ConfigError(
    `several definitions without a name fold family "${name}": give each a name before a state of ` +
      `one of them is stored ("${name}" for one that has truncated)`,
  );
}

/** A base's metadata: the caller's, and whose state it holds. What is no metadata is left as it is. */
export function baseMetadata(definition: Definition, given: Metadata = {}): Metadata {
  if (kindOf(given) !== "Object") return given;
  const mark: BaseMark = { of: nameOf(definition), shape: hashOf(shapeOf(definition.initial())) };
  return { ...given, [markKey]: mark };
}

/**
 * Why a base is not this definition's; undefined when it is. Two without a name are told apart by
 * what `initial` returns, as long as they are of one version: that is raised when `initial` changes.
 */
export function foreignBase(definition: Definition, commit: Commit): string | undefined {
  const own = nameOf(definition);
  const mark = markOf(commit);
  const owner = mark?.of ?? definition.events.name;
  if (owner !== own) {
    return `is of aggregate "${owner}", not "${own}" (it keeps the name under which it was truncated)`;
  }
  if (mark === undefined || commit.base!.reducerVersion !== definition.version) return undefined;
  if (mark.shape === hashOf(shapeOf(definition.initial()))) return undefined;
  return (
    `is of another definition called "${own}", whose initial state is another: give definitions ` +
    "of one family a name each, and raise version when initial changes"
  );
}

function markOf({ metadata }: Commit): BaseMark | undefined {
  const mark = metadata[markKey] as Partial<BaseMark> | undefined;
  const sound = typeof mark?.of === "string" && typeof mark.shape === "string";
  return sound ? (mark as BaseMark) : undefined;
}

/** The kinds of a value and its members: `{cents:number}`. */
function shapeOf(value: unknown): string {
  const kind = kindOf(value);
  if (kind !== "Object") return kind;
  const members = Object.entries(value as object).filter(([, member]) => member !== undefined);
  const kinds = members.map(([key, member]) => `${JSON.stringify(key)}:${kindOf(member)}`);
  return `{${kinds.sort().join()}}`;
}

/** `number`, `null`, `Array`, `Date`, `Object`. */
function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.prototype.toString.call(value).slice(8, -1);
}

function hashOf(text: string): string {
  return checksumOf(Buffer.from(text)).toString(16).padStart(8, "0");
}

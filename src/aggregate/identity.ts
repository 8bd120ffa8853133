import {
  type Commit,
  ConfigError,
  type DomainEvent,
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

/** As {@link snapshotOwner}, worked out once for each definition that a store reads with. */
export function ownerIn({ owners, folds }: RootCache, definition: Definition): string {
  const known = owners.get(definition);
  if (known !== undefined) return known;
  const owner = snapshotOwner(definition);
  owners.set(definition, owner);
  if (definition.name === undefined) {
    const key = foldKey(definition);
    folds.set(key, (folds.get(key) ?? new Set()).add(owner));
  }
  return owner;
}

/**
 * A base of a definition without a name would pass for the state of any other one.
 * @throws {@link ConfigError} when this store has seen another one of the family and version
 */
export function assertOneFold(roots: RootCache, definition: Definition): void {
  if (definition.name !== undefined) return;
  ownerIn(roots, definition);
  if ((roots.folds.get(foldKey(definition))?.size ?? 0) < 2) return;
  const family = definition.events.name;
  throw new ConfigError(
    `several definitions without a name fold family "${family}": give each a name before one of ` +
      `them is truncated ("${family}" for one that was)`,
  );
}

function foldKey({ events, version }: Definition): string {
  return `${events.name}.${version}`;
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

import { isDeepStrictEqual } from "node:util";
import { copyWhole } from "../copy.ts";
import { checkArgument, checkedThere, checkOptions, isObject, type Rules } from "../arguments.ts";
import { isList } from "../is-list.ts";
import type { Codec } from "../codec/codec.ts";
import { ConfigError, InvalidInputError, isJetfoldError, UnstorableError } from "../errors.ts";
import { type DomainEvent, type Family, versionOf } from "../family.ts";
import type { Content, EncodedBase, EncodedEvent } from "../wire/frame.ts";
import { checkExpectation } from "../head.ts";
import { metadataToStored, type Metadata } from "../metadata.ts";
import { jsonCodec } from "../codec/json-codec.ts";
import { msgpackCodec } from "../codec/msgpack-codec.ts";
import { checkFamily, checkId, checkName } from "../name.ts";
import { newId } from "../new-id.ts";
import type { NewCommit, PublishOptions } from "../publish.ts";
import { checkBudget, checkSequence } from "../sequence.ts";
import { checkPublishing } from "./checked-options.ts";

/**
 * Check a commit completely and encode its content, for backends: after this, nothing but its
 * place is open.
 * @throws {@link InvalidInputError} naming the field
 */
export function prepareContent(commit: NewCommit, commitId: string, codec: Codec): Content {
  checkArgument("commit", commit, isObject);
  checkOptions("a commit", commit, commitRules);
  checkFamily(commit.family);
  checkId(commit.id);
  checkExpectation(commit.expect);
  const { family, events, metadata, base } = commit;
  if (!isList(events)) throw new InvalidInputError("events", "must be an array", events);
  if (base !== undefined && events.length > 0) {
    throw new InvalidInputError("events", "must be empty in a base", events);
  }
  return {
    commitId,
    codec: codec.name,
    events: events.map((event, index) => encodeEvent(family, event, index, codec)),
    metadata: encodedMetadata(metadata, codec),
    base: base && encodeBase(family, base, codec),
  };
}

/** The values are checked one by one, below. */
const commitRules: Rules<NewCommit> = {
  family: checkedThere,
  id: checkedThere,
  expect: checkedThere,
  events: checkedThere,
  metadata: checkedThere,
  base: checkedThere,
};

/** The commit id to use, and the options checked. */
export function checkPublishOptions(options: PublishOptions): string {
  checkPublishing(options);
  const { commitId, budgetMs } = options;
  if (budgetMs !== undefined) checkBudget(budgetMs);
  return commitId === undefined ? newId() : checkName("commitId", commitId);
}

function encodeEvent(
  family: Family,
  event: DomainEvent,
  index: number,
  codec: Codec,
): EncodedEvent {
  const field = `events[${index}]`;
  const version = versionOf(family, event?.type);
  if (version === undefined) {
    throw new InvalidInputError(
      `${field}.type`,
      `must be a type of family "${family.name}"`,
      event?.type,
    );
  }
  assertSchema(family, event, field);
  const { type, ...data } = event;
  assertPlain(event, field);
  const body = inField(field, () => codec.encode(data, `${family.name}.${type}.${version}`));
  return { type, version, body };
}

/** A spread makes anything plain, so the event itself is looked at before. */
function assertPlain(event: object, field: string): void {
  const prototype: unknown = Object.getPrototypeOf(event);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!plain || Array.isArray(event))
    throw new InvalidInputError(field, "must be a plain object", event);
}

/** A schema is given a copy: some change what they validate in place. */
function assertSchema(family: Family, event: DomainEvent, field: string): void {
  if (family.schema === undefined) return;
  const lent = copyWhole(event);
  const result = family.schema["~standard"].validate(lent);
  if (result instanceof Promise) {
    result.catch(() => undefined);
    throw new ConfigError(`family "${family.name}": its schema answers asynchronously`);
  }
  if (result.issues !== undefined) {
    const [issue] = result.issues;
    const path = (issue?.path ?? []).map(
      (step) => `.${String(typeof step === "object" ? step.key : step)}`,
    );
    throw new InvalidInputError(
      field + path.join(""),
      `breaks the schema: ${issue?.message}`,
      event,
    );
  }
  inField(field, () => assertUnchanged(family, event, result.value));
}

/** What is stored is the input; a schema that coerces or strips would promise something else. */
function assertUnchanged(family: Family, event: DomainEvent, validated: unknown): void {
  if (!isDeepStrictEqual(validated, event) && !isStoredAs(validated, event)) {
    throw new ConfigError(
      `family "${family.name}": its schema changes "${event.type}" (a default, a coercion, a stripped key)`,
    );
  }
}

/** What can't be stored at all is no event's other form. */
function isStoredAs(validated: unknown, event: DomainEvent): boolean {
  const stored = comparable(event);
  try {
    return Buffer.compare(comparable(validated), stored) === 0;
  } catch {
    return false;
  }
}

/** Bytes that are equal for equal values, whatever the order of keys. */
function comparable(value: unknown): Uint8Array {
  return msgpackCodec.encode(sorted(value), "event");
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  const prototype: unknown =
    typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype) return value;
  const entries = Object.entries(value as object).filter(([, item]) => item !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}

function encodedMetadata(metadata: Metadata | undefined, codec: Codec): Uint8Array | undefined {
  const stored = metadata === undefined ? undefined : metadataToStored(metadata);
  if (stored === undefined) return undefined;
  const plain = codec.name === "json" ? jsonCodec : msgpackCodec;
  return inField("metadata", () => plain.encode(stored, "metadata"));
}

function encodeBase(
  family: Family,
  base: NonNullable<NewCommit["base"]>,
  codec: Codec,
): EncodedBase {
  const reducerVersion = checkSequence("base.reducerVersion", base.reducerVersion);
  const state = asState("base.state", () => codec.encode(base.state, family.name));
  return { reducerVersion, state };
}

/** @throws {@link UnstorableError}: a state is no argument, it came of events */
export function asState<T>(field: string, encode: () => T): T {
  try {
    return inField(field, encode);
  } catch (error) {
    if (!isJetfoldError(error, "invalid-input")) throw error;
    throw new UnstorableError(error.field.replace(/^\./, ""), error.rule, error.value, {
      cause: error,
    });
  }
}

/**
 * A codec knows the path within its value; the caller knows it by field.
 * @throws a {@link ConfigError} as it is
 */
function inField<T>(field: string, encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (isJetfoldError(error, "config")) throw error;
    if (!isJetfoldError(error, "invalid-input")) {
      throw new InvalidInputError(field, "can't be encoded", error, { cause: error });
    }
    throw new InvalidInputError(field + error.field, error.rule, error.value);
  }
}

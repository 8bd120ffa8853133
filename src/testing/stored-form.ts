import type { Aggregate } from "../aggregate/index.ts";
import { encodeSnapshot } from "../aggregate/snapshot-record.ts";
import { prepareContent } from "../event/backend/prepare.ts";
import {
  type Codec,
  type DomainEvent,
  InvalidInputError,
  isJetfoldError,
  type Metadata,
  noHead,
  UnstorableError,
} from "../event/index.ts";
import { encodeFrame } from "../event/wire/frame-format.ts";
import { failure } from "./outcome.ts";

/** How the events would be stored. */
export interface StoredAs {
  readonly id: string;
  readonly metadata: Metadata;
  readonly codec: Codec;
  /** The largest message, headers included. */
  readonly maxMessageBytes: number;
}

/** What jetfold leaves for the headers of a message, on JetStream. */
const headerBytes = 1024;

/**
 * What a reader of the store would get of a commit.
 * @throws AssertionError when it can't be stored
 */
export function throughStore<Event extends DomainEvent>(
  what: string,
  { events: family }: { readonly events: Aggregate<unknown, unknown, Event>["events"] },
  events: readonly Event[],
  { id, metadata, codec, maxMessageBytes }: StoredAs,
): readonly Event[] {
  try {
    const commit = { family, id, events, metadata, expect: "any" } as const;
    const content = prepareContent(commit, "rehearsal", codec);
    const place = { family: family.name, id, head: noHead, part: 1, parts: 1 };
    assertFits("events", encodeFrame(place, content).bytes.length, maxMessageBytes);
    return content.events.map(({ type, version, body }) => {
      const data = codec.decode(body, `${family.name}.${type}.${version}`);
      return { type, ...(data as object) } as Event;
    });
  } catch (error) {
    throw failure(`what is ${what} cannot be stored: ${messageOf(error)}`, error);
  }
}

/**
 * Otherwise every snapshot would fail, which production only warns of, or every truncation. Snapshots
 * are MessagePack, whatever the store's codec; a base is of that.
 * @throws AssertionError unless the state can be stored, or never is to be
 */
export function assertStateStorable<State, Event extends DomainEvent>(
  aggregate: Aggregate<State, never, Event, never>,
  state: State,
  { id, codec, maxMessageBytes }: Omit<StoredAs, "metadata">,
): void {
  if (aggregate.snapshots === false) return;
  try {
    const root = { family: aggregate.events.name, id, state, head: noHead, ...atOnce };
    const snapshot = encodeSnapshot("", aggregate, root, "");
    assertFits("state", snapshot.length, maxMessageBytes);
    if (aggregate.upcastState === undefined) return;
    const { length } = inBase(() => codec.encode(state, aggregate.events.name));
    assertFits("state", length, maxMessageBytes);
  } catch (error) {
    const wayOut = "(never to be stored? declare snapshots: false)";
    const text = messageOf(error).replace(/^\./, "");
    throw failure(`the state cannot be stored: ${text} ${wayOut}`, error);
  }
}

const atOnce = { commitId: "", latestMs: 0, snapshotRevision: 0 };

function inBase<T>(encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (!isJetfoldError(error, "invalid-input")) throw error;
    throw new UnstorableError(`state${error.field}`, error.rule, error.value);
  }
}

function assertFits(field: string, bytes: number, maxMessageBytes: number): void {
  const size = bytes + headerBytes;
  if (size <= maxMessageBytes) return;
  const rule = `must fit in one message of at most ${maxMessageBytes} bytes, headers included`;
  throw new InvalidInputError(field, rule, `${size} bytes`);
}

/** What an error says, for the message of another. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

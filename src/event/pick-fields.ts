import type { Envelope } from "./envelope.ts";
import { InvalidInputError, PoisonError } from "./errors.ts";
import { versionOf } from "./family.ts";
import { msgpackCodec } from "./codec/msgpack-codec.ts";
import { readValue } from "./codec/msgpack-read.ts";
import { readKey, readMapHead, skipValue } from "./codec/msgpack-scan.ts";
import { checkKind } from "./kinds.ts";

/** The fields that every type of the event has. */
type FieldOf<E extends Envelope> = keyof E["event"] & string;

/** Some fields of an event; of a union, of each of its types. */
export type PickedFields<Event, Field extends PropertyKey> = Event extends unknown
  ? Pick<Event, Field & keyof Event>
  : never;

/**
 * Some top-level fields of an event, without decoding the others: the same values that
 * `envelope.event` has under these names, or the same error. A field the event lacks is left out.
 *
 * The body is walked once, past bytes and texts in one step and through lists item by item; only
 * the named fields are decoded. Bytes among them are views into `envelope.body`. It pays where
 * much is left undecoded, long lists above all; bytes cost next to nothing to decode, and of a small
 * event little is saved.
 *
 * Where there is no such way it picks from `envelope.event`: an event of an older schema version
 * (upcasters need all of it), another codec than MessagePack. Nothing is kept: picking again
 * decodes again.
 *
 * @throws {@link PoisonError} as `envelope.event` does, also when only a field not asked for is
 *   malformed
 */
export function pickFields<E extends Envelope, const Field extends FieldOf<E>>(
  envelope: E,
  ...fields: readonly Field[]
): PickedFields<E["event"], Field> {
  const read = fieldReader(envelope);
  const picked: Record<string, unknown> = {};
  for (const field of fields) {
    if (typeof field !== "string") throw new InvalidInputError("field", "must be a string", field);
    const value = read(field);
    if (value !== undefined) picked[field] = value;
  }
  return picked as PickedFields<E["event"], Field>;
}

/** An event whose fields are decoded one by one; see {@link lazyEvent}. */
export interface LazyEvent<Event> {
  /**
   * The field's value, the same object each time; undefined when the event lacks it.
   * @throws {@link PoisonError} as `envelope.event` does
   */
  get<Field extends keyof Event & string>(field: Field): Event[Field];
}

/**
 * An event whose fields are decoded when first asked for, and kept: for code that looks at one
 * field to know whether it needs another. Otherwise as {@link pickFields}; the walk comes with the
 * first field.
 */
export function lazyEvent<E extends Envelope>(envelope: E): LazyEvent<E["event"]> {
  checkKind("envelope", envelope);
  const values = new Map<string, unknown>();
  let read: FieldReader | undefined;
  return {
    get<Field extends FieldOf<E>>(field: Field): E["event"][Field] {
      if (!values.has(field)) values.set(field, (read ??= fieldReader(envelope))(field));
      return values.get(field) as E["event"][Field];
    },
  };
}

/** Gives a field's value; undefined when the event lacks it, which no stored value is. */
type FieldReader = (field: string) => unknown;

function fieldReader(envelope: Envelope): FieldReader {
  checkKind("envelope", envelope);
  const { commit, type, version } = envelope;
  const direct =
    commit.frame.codec === msgpackCodec.name && version === versionOf(commit.definition, type);
  if (!direct) {
    const event: object = envelope.event;
    return (field) => (Object.hasOwn(event, field) ? event[field as keyof object] : undefined);
  }
  const { received } = commit.frame.events[envelope.index]!;
  const body = received?.bytes.subarray(received.start, received.end) ?? envelope.body;
  const spans = guarded(envelope, () => spansOf(body));
  const own = (): Uint8Array => envelope.body;
  return (field) =>
    field === "type" ? type : guarded(envelope, () => valueOf(body, spans, field, own));
}

function guarded<T>({ commit, type }: Envelope, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const codec = commit.frame.codec;
    throw new PoisonError(commit.at, `"${type}" can't be decoded by codec "${codec}"`, { cause });
  }
}

/**
 * Where each entry of a body lies, three numbers for one: the start of its key's text, its end,
 * where the value begins, and the end of the value.
 * @throws RangeError when it is not one map without a type that a decoder may be given
 */
function spansOf(body: Uint8Array): readonly number[] {
  const { count, start } = readMapHead(body, 0);
  const spans: number[] = [];
  let offset = start;
  for (let i = 0; i < count; i++) {
    const key = readKey(body, offset);
    offset = skipValue(body, key.end, 1);
    spans.push(key.start, key.end, offset);
  }
  if (offset !== body.length) throw new RangeError("bytes after the value");
  for (const refused of ["type", "__proto__"]) {
    if (find(body, spans, refused) >= 0) throw new RangeError(`a body with the key ${refused}`);
  }
  return spans;
}

function valueOf(
  body: Uint8Array,
  spans: readonly number[],
  field: string,
  own: () => Uint8Array,
): unknown {
  const at = find(body, spans, field);
  if (at < 0) return undefined;
  return readValue(body, spans[at + 1], spans[at + 2], own);
}

/** The index of a key's span, or -1. From the end: of two entries alike, the last one counts. */
function find(body: Uint8Array, spans: readonly number[], field: string): number {
  for (let at = spans.length - 3; at >= 0; at -= 3) {
    if (isText(body, spans[at]!, spans[at + 1]!, field)) return at;
  }
  return -1;
}

/** Is this text what lies between `start` and `end`? Quick for ASCII. */
function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return Buffer.from(text).equals(bytes.subarray(start, end));
    if (bytes[start + i] !== code) return false;
  }
  return end - start === text.length;
}

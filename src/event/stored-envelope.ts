import { copyOf } from "./copy.ts";
import type { Commit } from "./commit.ts";
import { msgpackCodec } from "./codec/msgpack-codec.ts";
import { readEvent } from "./codec/msgpack-read.ts";
import { PoisonError } from "./errors.ts";
import { type DomainEvent, versionOf } from "./family.ts";
import type { EncodedEvent } from "./wire/frame.ts";
import type { Metadata } from "./metadata.ts";
import { upcastEvent } from "./upcast.ts";

/** The envelope behind the `Envelope` type: two fields, everything else read through. */
export class StoredEnvelope {
  readonly commit: Commit;
  readonly index: number;
  #event: DomainEvent | undefined;
  #body: Uint8Array | undefined;
  #touched = false;

  constructor(commit: Commit, index: number) {
    this.commit = commit;
    this.index = index;
  }

  get family(): string {
    return this.commit.family;
  }
  get id(): string {
    return this.commit.id;
  }
  get type(): string {
    return this.#stored.type;
  }
  get version(): number {
    return this.#stored.version;
  }
  get sequence(): number {
    return this.commit.sequence;
  }
  get revision(): number {
    return this.commit.firstRevision + this.index;
  }
  get timeMs(): number {
    return this.commit.timeMs;
  }
  get commitId(): string {
    return this.commit.commitId;
  }
  get metadata(): Metadata {
    return this.commit.metadata;
  }
  get body(): Uint8Array {
    this.#touched = true;
    return (this.#body ??= this.#stored.body);
  }
  get event(): DomainEvent {
    return (this.#event ??= this.#decode());
  }

  /** Its event or its body was handed out, and may have been changed since. */
  get isTouched(): boolean {
    return this.#touched;
  }

  get #stored(): EncodedEvent {
    return this.commit.frame.events[this.index]!;
  }

  #decode(): DomainEvent {
    this.#touched = true;
    const { type, version } = this.#stored;
    const { definition, at } = this.commit;
    const today = versionOf(definition, type);
    if (today === undefined) throw new PoisonError(at, `unknown event type "${type}"`);
    if (version > today) {
      throw new PoisonError(at, `"${type}" has schema version ${version}, known up to ${today}`);
    }
    const event = this.#read(type);
    if (version === today) return event;
    try {
      // A step may put in what it keeps for all events.
      return copyOf(upcastEvent(definition.upcasters.get(type)!, version, event));
    } catch (cause) {
      throw new PoisonError(at, `"${type}" version ${version}: its upcaster threw`, { cause });
    }
  }

  #read(type: string): DomainEvent {
    const { received } = this.#stored;
    const { at, codec } = this.commit;
    try {
      if (codec !== msgpackCodec || received === undefined) return { type, ...this.#decodeBody() };
      return readEvent(received, type, () => this.body);
    } catch (cause) {
      throw new PoisonError(at, `"${type}" can't be decoded by codec "${codec.name}"`, { cause });
    }
  }

  #decodeBody(): object {
    const { type, version, value } = this.#stored;
    const { codec, family } = this.commit;
    const data = value ?? codec.decode(this.body, `${family}.${type}.${version}`);
    const plain = typeof data === "object" && data !== null && !Array.isArray(data);
    if (plain && !Object.hasOwn(data, "type")) return data;
    throw new RangeError("not an object without a type");
  }
}

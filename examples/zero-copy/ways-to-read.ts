import { type Envelope, msgpackCodec, pickFields } from "jetfold";
import { Unpackr } from "msgpackr";

/** A way to get at an event that was received. */
export interface WayToRead {
  readonly name: string;
  /** Done before the clock starts: what would have been received instead. */
  receive(envelope: Envelope): unknown;
  read(received: never, fields: readonly [string, string]): object;
}

function way<Received>(
  name: string,
  receive: (envelope: Envelope) => Received,
  read: (received: Received, fields: readonly [string, string]) => object,
): WayToRead {
  return { name, receive, read };
}

const copying = new Unpackr({ useRecords: false, moreTypes: false, copyBuffers: true });
const itself = (envelope: Envelope): Envelope => envelope;

/** JSON, where bytes travel as base64. */
export const json: WayToRead = way("JSON and base64", jsonOf, parse);

/** The plain way with MessagePack: msgpackr alone, everything decoded, bytes copied. */
export const plain: WayToRead = way(
  "msgpackr, copying",
  ({ body }) => body,
  (body) => {
    return copying.unpack(body) as object;
  },
);

/** Everything decoded, bytes as views. */
export const views: WayToRead = way("envelope.event", itself, ({ event }) => event);

/** Two small fields decoded. */
export const lazy: WayToRead = way("pickFields, 2 fields", itself, (envelope, fields) => {
  return pickFields(envelope as AnyEnvelope, ...fields);
});

/** Nothing decoded. */
export const skip: WayToRead = way("skipped", itself, (envelope) => {
  return envelope.revision > 0 ? envelope : {};
});

/** All of them, the plainest first. */
export const waysToRead: readonly WayToRead[] = [json, plain, views, lazy, skip];

/** An envelope whose fields are known by name only. */
interface AnyEnvelope extends Envelope {
  readonly event: { readonly type: string; readonly [field: string]: unknown };
}

/** Decoded apart, since an envelope keeps the event it has decoded once. */
function jsonOf({ body }: Envelope): Uint8Array {
  const text = JSON.stringify(msgpackCodec.decode(body, ""), (_, value: unknown) => {
    return value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value;
  });
  return Buffer.from(text);
}

function parse(text: Uint8Array): object {
  const event = JSON.parse((text as Buffer).toString()) as Record<string, { base64?: string }>;
  for (const [field, value] of Object.entries(event)) {
    if (typeof value.base64 !== "string") continue;
    (event as Record<string, unknown>)[field] = Buffer.from(value.base64, "base64");
  }
  return event;
}

import { isDeepStrictEqual } from "node:util";
import { type Envelope, type EventStore, lazyEvent, rebuild } from "jetfold";
import { bytesCopied, isViewInto } from "./bytes-copied.ts";
import { Camera } from "./camera-events.ts";
import type { CountingCodec } from "./counting-codec.ts";
import { receive, samples } from "./reading.ts";
import { recorded } from "./record.ts";
import type { Retention } from "./retention.ts";
import { bytesText } from "./table.ts";
import { plainTimeLapse, timeLapse, timeLapseStep } from "./time-lapse.ts";
import { lazy, plain } from "./ways-to-read.ts";

/** Something that must be true, whatever the machine. */
export interface Check {
  readonly claim: string;
  readonly held: boolean;
}

const frames = recorded.cameras * recorded.framesPerCamera;

/** Bytes of decoded events lie in the received message, and msgpackr alone would copy them. */
export async function checkViews(store: EventStore): Promise<Check> {
  let views = 0;
  let copied = 0;
  for await (const { event, body } of store.replay(Camera.only("FrameCaptured"))) {
    const bytes = [event.image, event.thumbnail];
    views += bytes.filter((one) => isViewInto(one, body)).length;
    copied += bytesCopied(plain.read(body as never, ["at", "motion"]), body);
  }
  const all = frames * (recorded.imageBytes + recorded.thumbnailBytes);
  return {
    claim: `${views} byte fields are views into the messages received; copies would be ${bytesText(copied)}`,
    held: views === 2 * frames && copied === all,
  };
}

/** Fields read alone are what the whole event holds, and are read alone. */
export async function checkLazyFields(store: EventStore): Promise<Check> {
  let events = 0;
  let held = true;
  for (const sample of samples) {
    for (const envelope of await receive(store, sample)) {
      events++;
      held &&= readsAlone(envelope, sample.fields);
    }
  }
  return {
    claim: `two fields of ${events} events, read alone, are what the whole events hold`,
    held,
  };
}

function readsAlone(envelope: Envelope, fields: readonly [string, string]): boolean {
  const picked = lazy.read(envelope as never, fields);
  const late = lazyEvent(envelope as Envelope<{ type: string; [field: string]: unknown }>);
  const whole = envelope.event as { readonly type: string; readonly [field: string]: unknown };
  return (
    isDeepStrictEqual(picked, Object.fromEntries(fields.map((field) => [field, whole[field]]))) &&
    fields.every((field) => isDeepStrictEqual(late.get(field), whole[field])) &&
    late.get(fields[0]) === late.get(fields[0])
  );
}

/** A projection that skips decodes only what it takes. @param codec - the store's */
export async function checkSkipping(store: EventStore, codec: CountingCodec): Promise<Check> {
  const skipping = timeLapse();
  await rebuild(store, skipping.projection);
  const decodes = codec.decodes;
  const all = plainTimeLapse();
  await rebuild(store, all.projection);
  const allDecodes = codec.decodes - decodes;
  return {
    claim: `a projection that takes 1 in ${timeLapseStep} decodes ${decodes} of ${skipping.seen} bodies`,
    held:
      skipping.seen === frames &&
      decodes === frames / timeLapseStep &&
      allDecodes === frames &&
      isDeepStrictEqual(skipping.film, all.film),
  };
}

/** A view keeps the message; its copy does not. */
export function checkRetention(retention: Retention): Check {
  const { thumbnails, wantedBytes, heldByViews, heldByCopies, freedBytes } = retention;
  return {
    claim:
      `${thumbnails} views of ${bytesText(wantedBytes)} keep ${bytesText(heldByViews)} alive; ` +
      `slice() lets go of ${bytesText(freedBytes)}`,
    held:
      wantedBytes === frames * recorded.thumbnailBytes &&
      heldByCopies === wantedBytes &&
      heldByViews >= frames * recorded.imageBytes &&
      freedBytes > heldByViews / 2,
  };
}

import { defineProjection, type Projection, type Selection } from "jetfold";
import { Camera, type FrameCaptured } from "./camera-events.ts";

const Frames = Camera.only("FrameCaptured");

/** One of so many pictures of each camera is kept. */
export const timeLapseStep = 20;

/** A time-lapse film of all cameras. */
export interface TimeLapse {
  readonly film: Uint8Array[];
  /** How many pictures went by. */
  seen: number;
  readonly projection: Projection<Selection<FrameCaptured>>;
}

/**
 * Keeps one picture in twenty. Whether it wants one it knows from the envelope, so the body of the
 * others is never decoded. What it keeps it copies, to let the message go.
 */
export function timeLapse(): TimeLapse {
  const lapse: TimeLapse = {
    film: [],
    seen: 0,
    projection: defineProjection({
      name: "time-lapse",
      events: Frames,
      project(envelope) {
        lapse.seen++;
        if (envelope.revision % timeLapseStep === 0) lapse.film.push(envelope.event.image.slice());
      },
    }),
  };
  return lapse;
}

/** The same film made the plain way: every event decoded, its bytes copied, and then chosen. */
export function plainTimeLapse(): TimeLapse {
  const lapse: TimeLapse = {
    film: [],
    seen: 0,
    projection: defineProjection({
      name: "plain-time-lapse",
      events: Frames,
      project({ event, revision }) {
        lapse.seen++;
        const image = event.image.slice();
        if (revision % timeLapseStep === 0) lapse.film.push(image);
      },
    }),
  };
  return lapse;
}

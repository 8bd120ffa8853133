import { defineEvents, type Family } from "jetfold";

/** A picture taken: some small fields beside two of bytes. */
export interface FrameCaptured {
  readonly type: "FrameCaptured";
  readonly at: Date;
  /** How much of the picture changed since the one before, 0 to 1. */
  readonly motion: number;
  readonly exposureMicros: number;
  /** A few hundred bytes. */
  readonly thumbnail: Uint8Array;
  /** Tens of kilobytes. */
  readonly image: Uint8Array;
}

/** What was found in a picture: no bytes, but a long list. */
export interface SceneAnalysed {
  readonly type: "SceneAnalysed";
  readonly at: Date;
  readonly model: string;
  readonly objects: readonly SeenObject[];
}

/** One thing in a picture, and where. */
export interface SeenObject {
  readonly label: string;
  readonly score: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Everything a camera reports. */
export type CameraEvent = FrameCaptured | SceneAnalysed;

export const Camera: Family<CameraEvent> = defineEvents<CameraEvent>()({
  name: "Camera",
  types: { FrameCaptured: {}, SceneAnalysed: {} },
});

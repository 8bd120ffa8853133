import { type EventStore, pickFields } from "jetfold";
import { bytesHeld } from "./bytes-copied.ts";
import { Camera } from "./camera-events.ts";
import { arrayBufferBytes } from "./free-memory.ts";

/** What a reader that keeps a small field of every frame keeps alive by it. */
export interface Retention {
  readonly thumbnails: number;
  /** The bytes it wants. */
  readonly wantedBytes: number;
  /** The memory that its views look into. */
  readonly heldByViews: number;
  /** The memory that its copies lie in. */
  readonly heldByCopies: number;
  /** By how much the process's memory shrank when the views went. */
  readonly freedBytes: number;
}

/** Keep every frame's thumbnail as it comes, a view; then let go of the messages with `slice()`. */
export async function retention(store: EventStore): Promise<Retention> {
  let kept: Uint8Array[] = [];
  for await (const envelope of store.replay(Camera.only("FrameCaptured"))) {
    kept.push(pickFields(envelope, "thumbnail").thumbnail);
  }
  const heldByViews = bytesHeld(kept);
  const before = arrayBufferBytes();
  kept = kept.map((thumbnail) => thumbnail.slice());
  return {
    thumbnails: kept.length,
    wantedBytes: kept.reduce((sum, { byteLength }) => sum + byteLength, 0),
    heldByViews,
    heldByCopies: bytesHeld(kept),
    freedBytes: before - arrayBufferBytes(),
  };
}

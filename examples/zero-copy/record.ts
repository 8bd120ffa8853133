import { type EventStore, noHead } from "jetfold";
import {
  Camera,
  type CameraEvent,
  type FrameCaptured,
  type SceneAnalysed,
} from "./camera-events.ts";
import { Gate, type GatePassed } from "./gate-events.ts";

/** What {@link recordFrames} and {@link recordRest} store. */
export const recorded = {
  cameras: 4,
  framesPerCamera: 60,
  imageBytes: 32_768,
  thumbnailBytes: 256,
  analysesPerCamera: 15,
  objectsPerAnalysis: 200,
  gateCommits: 40,
  passagesPerCommit: 50,
} as const;

/** The pictures of all cameras, each a commit of its own. */
export async function recordFrames(store: EventStore): Promise<void> {
  const { cameras, framesPerCamera } = recorded;
  await Promise.all(list(cameras, (camera) => recordCamera(store, camera, framesPerCamera, frame)));
}

/** The long lists of further cameras, and the small events of a gate. */
export async function recordRest(store: EventStore): Promise<void> {
  const { cameras, analysesPerCamera, gateCommits, passagesPerCommit } = recorded;
  await Promise.all(
    list(cameras, (camera) => recordCamera(store, cameras + camera, analysesPerCamera, analysis)),
  );
  let head = noHead;
  for (let i = 0; i < gateCommits; i++) {
    const events = list(passagesPerCommit, (n) => passage(i * passagesPerCommit + n));
    ({ head } = await store.publish({ family: Gate, id: "north", expect: head, events }));
  }
}

async function recordCamera(
  store: EventStore,
  camera: number,
  count: number,
  event: (n: number) => CameraEvent,
): Promise<void> {
  let head = noHead;
  for (let n = 0; n < count; n++) {
    const commit = { family: Camera, id: `camera-${camera}`, expect: head, events: [event(n)] };
    ({ head } = await store.publish(commit));
  }
}

function frame(n: number): FrameCaptured {
  return {
    type: "FrameCaptured",
    at: at(n),
    motion: noise(n) / 256,
    exposureMicros: 8_000 + noise(n + 1),
    thumbnail: picture(recorded.thumbnailBytes, n),
    image: picture(recorded.imageBytes, n),
  };
}

function analysis(n: number): SceneAnalysed {
  const objects = list(recorded.objectsPerAnalysis, (i) => ({
    label: ["person", "bicycle", "car"][i % 3]!,
    score: noise(n * 7 + i) / 256,
    x: noise(n + i) * 4.5,
    y: noise(n + 2 * i) * 2.5,
    width: 20 + noise(i),
    height: 40 + noise(i),
  }));
  return { type: "SceneAnalysed", at: at(n), model: "gate-watch 4", objects };
}

function passage(n: number): GatePassed {
  return {
    type: "GatePassed",
    badge: `B-${10_000 + n}`,
    direction: n % 2 === 0 ? "in" : "out",
    openMs: 2_000 + noise(n) * 10,
    temperatureC: 20 + noise(n) / 100,
    escorted: n % 50 === 0,
  };
}

function picture(byteLength: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(byteLength);
  for (let i = 0; i < byteLength; i++) bytes[i] = noise(seed * byteLength + i);
  return bytes;
}

/** A byte that looks like chance, the same for the same number. */
function noise(n: number): number {
  return Math.imul(n + 1, 0x9e3779b1) >>> 24;
}

function at(n: number): Date {
  return new Date(Date.UTC(2026, 2, 1) + n * 1_000);
}

function list<T>(length: number, item: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => item(index));
}

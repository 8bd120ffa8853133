import type { Envelope, EventStore, Selectable } from "jetfold";
import { bytesCopied } from "./bytes-copied.ts";
import { Camera } from "./camera-events.ts";
import { Gate } from "./gate-events.ts";
import { interleaved, micros } from "./stopwatch.ts";
import { waysToRead, type WayToRead } from "./ways-to-read.ts";

/** A kind of event, and the two small fields that are asked for where only some are read. */
export interface Sample {
  readonly name: string;
  readonly selection: Selectable;
  readonly fields: readonly [string, string];
}

/** One with much in bytes, one with much in a list, one with little. */
export const samples: readonly Sample[] = [
  { name: "frame", selection: Camera.only("FrameCaptured"), fields: ["at", "motion"] },
  { name: "analysis", selection: Camera.only("SceneAnalysed"), fields: ["at", "model"] },
  { name: "passage", selection: Gate, fields: ["badge", "openMs"] },
];

/** What reading one kind of event cost in each way. */
export interface Reading {
  readonly sample: Sample;
  readonly events: number;
  /** The size of a body, in bytes, on average. */
  readonly bodyBytes: number;
  readonly costs: ReadonlyMap<WayToRead, Cost>;
}

/** What one way of reading cost. */
export interface Cost {
  /** Bytes of byte fields that were copied, for all events. */
  readonly copiedBytes: number;
  /** Microseconds for one event; the median of the rounds. */
  readonly micros: number;
}

/** Read all events of a kind in all ways, in each round received anew. */
export async function measure(store: EventStore, sample: Sample, rounds: number): Promise<Reading> {
  const envelopes = await receive(store, sample);
  const bytes = envelopes.reduce((sum, { body }) => sum + body.length, 0);
  const times = await interleaved(
    () => receive(store, sample),
    waysToRead.map((way) => (received: Envelope[]) => timeOf(way, sample, received)),
    rounds,
  );
  const costOf = (way: WayToRead, i: number): [WayToRead, Cost] => {
    return [way, { copiedBytes: copiedBy(way, sample, envelopes), micros: times[i]! }];
  };
  const events = envelopes.length;
  return { sample, events, bodyBytes: bytes / events, costs: new Map(waysToRead.map(costOf)) };
}

/** All events of a kind, as the store hands them over. */
export async function receive(store: EventStore, { selection }: Sample): Promise<Envelope[]> {
  const envelopes: Envelope[] = [];
  for await (const envelope of store.replay(selection)) envelopes.push(envelope);
  return envelopes;
}

function timeOf(way: WayToRead, { fields }: Sample, envelopes: readonly Envelope[]): number {
  const received = envelopes.map((envelope) => way.receive(envelope));
  const start = micros();
  for (const one of received) way.read(one as never, fields);
  return (micros() - start) / received.length;
}

function copiedBy(way: WayToRead, { fields }: Sample, envelopes: readonly Envelope[]): number {
  let copied = 0;
  for (const envelope of envelopes) {
    const received = way.receive(envelope);
    copied += bytesCopied(way.read(received as never, fields), envelope.body);
  }
  return copied;
}

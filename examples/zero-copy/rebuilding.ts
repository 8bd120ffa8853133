import { type EventStore, rebuild } from "jetfold";
import { interleaved, micros } from "./stopwatch.ts";
import { plainTimeLapse, type TimeLapse, timeLapse } from "./time-lapse.ts";

/** What building a read model from all of history took, in microseconds. */
export interface Rebuilding {
  /** Every event decoded, its bytes copied. */
  readonly plainMicros: number;
  /** 95 % of the events never decoded. */
  readonly skippingMicros: number;
}

/** Build the time-lapse film both ways, again and again; all of it, the way from the store included. */
export async function measureRebuilds(store: EventStore, rounds: number): Promise<Rebuilding> {
  const timed = [plainTimeLapse, timeLapse].map((create) => () => timeOf(store, create()));
  const [plainMicros, skippingMicros] = await interleaved(() => Promise.resolve(), timed, rounds);
  return { plainMicros: plainMicros!, skippingMicros: skippingMicros! };
}

async function timeOf(store: EventStore, { projection }: TimeLapse): Promise<number> {
  const start = micros();
  await rebuild(store, projection);
  return micros() - start;
}

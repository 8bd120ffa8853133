import type { EventStore } from "jetfold";
import type { Backend } from "./backends.ts";
import {
  type Check,
  checkLazyFields,
  checkRetention,
  checkSkipping,
  checkViews,
} from "./checks.ts";
import { countingCodec } from "./counting-codec.ts";
import { findingsOf, verdictsOf } from "./findings.ts";
import { measure, type Reading, samples } from "./reading.ts";
import { measureRebuilds } from "./rebuilding.ts";
import { recordFrames, recordRest } from "./record.ts";
import { retention } from "./retention.ts";
import { tableOf } from "./table.ts";

/** What must be true on a backend, checked there. */
export async function checkAll(backend: Backend, store: EventStore): Promise<Check[]> {
  const codec = countingCodec();
  await using counted = await backend.open(codec);
  await recordFrames(counted);
  return [
    await checkViews(store),
    await checkLazyFields(store),
    await checkSkipping(counted, codec),
    checkRetention(await retention(store)),
  ];
}

/** Store everything that is read here. */
export async function record(store: EventStore): Promise<void> {
  await recordFrames(store);
  await recordRest(store);
}

/** What reading costs on this machine, as lines to print. */
export async function measureAll(store: EventStore, rounds: number): Promise<string[]> {
  const readings: Reading[] = [];
  for (const sample of samples) readings.push(await measure(store, sample, rounds));
  const rebuilding = await measureRebuilds(store, rounds);
  return [...tableOf(readings), "", ...verdictsOf(findingsOf(readings, rebuilding))];
}

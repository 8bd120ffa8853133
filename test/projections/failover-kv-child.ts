/**
 * Appends every event to a file, checkpoints in the store, and stands by for others:
 * `<nats url> <store> <file> <number> <takeOverMs> <mode>`. A line says who, after how many standbys,
 * when (in milliseconds since 1970) and what.
 */
import { openSync, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { defineProjection, type Envelope, kvCheckpoints, observe } from "jetfold";
import { selected } from "./busy-writers.ts";
import { letGo, openStore, stay, termTeller } from "./child.ts";

const [url, storeName, file, number, takeOverMs, mode] = process.argv.slice(2);
await letGo();
const descriptor = openSync(file!, "a");
const { onState, onEvent, standbys } = termTeller();

async function append(envelopes: readonly Envelope[]): Promise<void> {
  // It may be frozen with the event in hand.
  await turn();
  for (const { family, id, revision } of envelopes) {
    const line = `${number} ${standbys()} ${Date.now()} ${family}.${id}#${revision}\n`;
    writeSync(descriptor, line);
  }
  onEvent();
}

const store = await openStore(url!, storeName!);
const projection = defineProjection({
  name: "file",
  events: selected,
  ...(mode === "batch"
    ? { projectBatch: append }
    : { project: (envelope: Envelope) => append([envelope]) }),
});
const standby = { takeOverMs: Number(takeOverMs) };
await stay(observe(store, projection, { checkpoints: kvCheckpoints(store), onState, standby }));

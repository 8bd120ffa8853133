/** Appends every event to a file, checkpoints in the store: `<nats url> <store> <file> <mode>`. */
import { openSync, writeSync } from "node:fs";
import { defineProjection, type Envelope, kvCheckpoints, observe } from "jetfold";
import { selected } from "./busy-writers.ts";
import { beginner, letGo, openStore, stay, tellState } from "./child.ts";

const [url, storeName, file, mode] = process.argv.slice(2);
await letGo();
const descriptor = openSync(file!, "a");
const begin = beginner();

function append(envelopes: readonly Envelope[]): void {
  begin();
  // One by one: a kill may come between any two.
  for (const { family, id, revision } of envelopes) {
    writeSync(descriptor, `${family}.${id}#${revision}\n`);
  }
}

const store = await openStore(url!, storeName!);
const projection = defineProjection({
  name: "file",
  events: selected,
  ...(mode === "batch"
    ? { projectBatch: append }
    : { project: (envelope: Envelope) => append([envelope]) }),
});
await stay(observe(store, projection, { checkpoints: kvCheckpoints(store), onState: tellState }));

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes in ArrayBuffers that something still holds, after all others were collected. */
export function arrayBufferBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Memory outside the heap is given back once the objects that held it are gone.
  for (let i = 0; i < 3; i++) collect();
  return process.memoryUsage().arrayBuffers;
}

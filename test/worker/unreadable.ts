import { type Transfer, transfer } from "jetfold/worker";

/** What Node sends and nobody can read: its buffer goes elsewhere while it is sent. */
export function unreadable(): Transfer<unknown> {
  const bytes = new Uint8Array(8);
  let looks = 0;
  const value = {
    bytes,
    get trap(): number {
      // After the last look at it that comes before the sending.
      if (++looks === 2) structuredClone(bytes, { transfer: [bytes.buffer] });
      return 1;
    },
  };
  return transfer(value, [bytes]);
}

import { eventBytes } from "../work/account.ts";
import type { Scale } from "../harness/scale.ts";

/** How it was measured, in sentences that hold for every key. */
export function methodText({ name, rounds }: Scale): string {
  return `Scale: ${name}. Events of ${eventBytes} bytes as JSON. The contenders of a key take turns (A B C, B C A …) on one server in one process, each on a connection of its own: a warm-up that is dropped, then ${rounds} rounds; the figure is the median of the rounds, ± how far they lie apart, (highest - lowest) / median. Every append is conditional and of a new aggregate, so that what goes over the wire can be built before the clock starts. _wire_: jetfold's own frames and headers, prebuilt, by \`nc.publish\` with one wildcard reply inbox, acknowledgements counted and not parsed; for reads a raw push subscription with flow control, nothing decoded. _natsjs_: nats.js as its documentation has it, with the same events as JSON. _emmett-pg_: Emmett on PostgreSQL with its default settings, and with \`fsync\` off, since JetStream by default does not wait for the disk either; its projections without the rests between batches that are its default.`;
}

import { type Head, msgpackCodec } from "jetfold";
import { encodeFrame } from "../../src/event/wire/frame-format.ts";
import { counted } from "../faults/counter.ts";
import type { Client } from "../faults/site.ts";

/** A commit of one step, as somebody might write it whose back-links lead anywhere. */
export interface RawCommit {
  readonly id: string;
  /** What it is written on; its links are those given. */
  readonly head: Head;
  readonly links: readonly number[];
}

/** Store a commit past all checks of the library. @returns the head after it, with its own links */
export async function putRaw(
  { connection, store }: Client,
  { id, head, links }: RawCommit,
): Promise<Head> {
  const revision = head.revision + 1;
  const { type, ...body } = counted(id, revision);
  const events = [{ type, version: 1, body: msgpackCodec.encode(body, "Counter") }];
  const place = { family: "Counter", id, head: { ...head, links }, part: 1, parts: 1 };
  const content = { commitId: `raw-${revision}`, codec: msgpackCodec.name, events };
  const { bytes, checksum } = encodeFrame(place, content);
  const reply = await connection.request(`${store.name}.Counter.${id}`, bytes);
  const { seq: sequence } = reply.json<{ readonly seq: number }>();
  const older = links.filter((link) => link < sequence);
  return { sequence, revision, checksum, links: [sequence, ...older].slice(0, 16) };
}

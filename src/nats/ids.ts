import type { StreamInfo } from "@nats-io/jetstream";
import { callApi } from "./api.ts";
import { parseSubject, type Stream, subjectOf } from "./stream.ts";

/**
 * The ids of a family's aggregates, a page of subjects at a time (`STREAM.INFO` with a
 * `subjects_filter`: sorted, 100,000 a page in nats-server 2.15). A subject that appears while
 * paging moves the later ones back, so those not beyond the last one are dropped.
 */
export async function* aggregateIds(
  stream: Stream,
  family: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const filter = subjectOf(stream, family, "*");
  let last = "";
  for (let offset = 0; ;) {
    const body = { subjects_filter: filter, offset };
    const info = await callApi<StreamInfo>(stream, `STREAM.INFO.${stream.name}`, body, signal);
    const subjects = Object.keys(info.state.subjects ?? {}).sort(byCodeUnits);
    for (const subject of subjects) {
      if (subject <= last) continue;
      last = subject;
      yield parseSubject(stream, subject).id;
      signal?.throwIfAborted();
    }
    offset += subjects.length;
    if (subjects.length === 0 || offset >= ((info as { total?: number }).total ?? 0)) return;
  }
}

/** As Go compares strings of ASCII, which is how the server sorts them. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}

import type { StreamInfo } from "@nats-io/jetstream";
import { callApi } from "./requests/api.ts";
import type { Stream } from "./stream.ts";

/**
 * The subjects of a stream that match a filter and hold a message, a page at a time (`STREAM.INFO`
 * with a `subjects_filter`: sorted, 100,000 a page in nats-server 2.15). A subject that appears
 * while paging moves the later ones back, so those not beyond the last one are dropped.
 */
export async function* subjectsOf(
  stream: Stream,
  filter: string,
  signal?: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  let last = "";
  for (let offset = 0; ;) {
    const body = { subjects_filter: filter, offset };
    const info = await callApi<SubjectPage>(stream, `STREAM.INFO.${stream.name}`, body, signal);
    const subjects = Object.keys(info.state.subjects ?? {}).sort(byCodeUnits);
    for (const subject of subjects) {
      if (subject <= last) continue;
      last = subject;
      yield subject;
      signal?.throwIfAborted();
    }
    offset += subjects.length;
    if (subjects.length === 0 || offset >= (info.total ?? 0)) return;
  }
}

/** The server tells the number of all subjects beside a page of them. */
type SubjectPage = Pick<StreamInfo, "state"> & {
  readonly total?: number;
};

/** As Go compares strings of ASCII, which is how the server sorts them. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}

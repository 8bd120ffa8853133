import type { Event } from "@event-driven-io/emmett";

/**
 * The events as Emmett takes them: each object is the data as it is, and its `type`, when it has
 * one, is also the event's type.
 */
export function emmettEvents(events: readonly object[]): Event[] {
  return events.map((event) => {
    const data = event as Readonly<Record<string, unknown>>;
    const type = data["type"];
    return { type: typeof type === "string" ? type : "Event", data };
  });
}
